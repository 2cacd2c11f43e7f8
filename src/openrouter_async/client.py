"""`AsyncOpenRouter`: settings, connections and namespaces in one client.

```
AsyncOpenRouter ── settings + transport ── HTTPSender ── client.chat, client.models, ... (made on first use)
      │                     │
      └── with_options() ───┘ a derived client: other settings, the same transport
```
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, TypeVar

from . import _checks
from ._http.sender import HTTPSender
from ._http.transport import Transport
from ._settings import Settings
from .batching import BatchMaker
from .errors import ConfigurationError
from .namespaces import Namespaces
from .options import ClientOptions, Key, Limits, RequestOptions
from .telemetry.switch import begin_telemetry

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Self

    from typing_extensions import Unpack

    from ._http.http11.parsers import HTTPParser
    from ._http.library import AsyncClient, AsyncTransport
    from .catalogue.namespace import CatalogueCache, Models
    from .catalogue.pricing import Estimate
    from .chat import Chat
    from .ledger.ledger import SharedBudget
    from .messages import Messages
    from .resources.requests import RequestParams
    from .responses import Responses
    from .spending.spend import Spend
    from .streaming.raw import RawStream
    from .telemetry.settings import Telemetry
    from .tokens.learning import TokenLearner
    from .types.chat.messages import MessagesLike
    from .types.chat.request import ChatParams

__all__ = ["AsyncOpenRouter"]

T = TypeVar("T")


class _Known:
    """The knowledge that a client shares with clients derived from it."""

    def __init__(self) -> None:
        self.catalogues: dict[str, CatalogueCache] = {}
        """By base URL."""
        self.native_models: dict[str, bool] = {}
        self.learner: TokenLearner | None = None


class AsyncOpenRouter(Namespaces):
    """The client of one OpenRouter account, for one event loop (asyncio, or trio).

    ```python
    async with AsyncOpenRouter() as client:
        reply = await client.chat.create("Name a colour.", model="openai/gpt-5-mini")
        print(reply.text, reply.cost)
    ```

    Make one and share it: its connections, its limits and its retry budget serve all calls. Making it opens no
    connection. Leaving the block closes its connections, and ends the calls that still run with an error.
    """

    def __init__(
        self,
        api_key: Key | None = None,
        *,
        limits: Limits | None = None,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        transport: AsyncTransport | None = None,
        http_client: AsyncClient | None = None,
        http_parser: HTTPParser = "h11",
        allow_plain_http: Collection[str] = (),
        telemetry: Telemetry | bool | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Create a client; omitted settings come from the environment or the defaults.

        Args:
            api_key: An inference key: a string, a `SecretStr`, or an async function that returns one for each
                request. Default: the environment variable `OPENROUTER_API_KEY`.
            limits: See `Limits`.
            proxy: The URL of a proxy, `http://`, `https://`, `socks5://` or `socks5h://`, with user and password if
                it requires them; SOCKS5 needs the extra `socks`. Default: `HTTPS_PROXY`, `NO_PROXY` and related
                variables of the environment.
            ssl_context: Replaces the default, which trusts certifi's authorities, or those of `SSL_CERT_FILE`.
            transport: A transport of httpx or of httpx2 to use in place of ours; it is not closed with the client.
            http_client: A client of httpx or of httpx2 to use in place of ours; it is not closed with the client. Its
                proxies, TLS, limits of connections, authentication and hooks apply; headers, timeouts and retries are
                those of this client. Neither library encodes or decodes a body.
            http_parser: The parser of responses on the client's own connections. `"httptools"` takes about a third
                less CPU per call, and needs the extra `fast`.
            allow_plain_http: Names of hosts that may be reached over plain HTTP, where the key travels in clear text;
                your own machine is always allowed.
            telemetry: Spans and metrics of OpenTelemetry, for which see `Telemetry`. Default: on once
                the program has set a tracer provider; False: never.
            options: See `ClientOptions`: `default_model`, `timeouts`, `retries`, `params`, `headers` and more, as for
                a derived client and for one call.

        Raises:
            ConfigurationError: an argument is wrong. A missing key is refused by the call that needs it.
        """
        settings = Settings.of_client({"api_key": api_key, **options}, allow_plain_http, os.environ)
        shared = Transport(
            limits=Limits() if limits is None else _checks.instance("limits", limits, Limits),
            proxy=proxy,
            ssl_context=ssl_context,
            transport=transport,
            http_client=http_client,
            http_parser=http_parser,
        )
        begin_telemetry(telemetry, shared)
        self._sender = HTTPSender(shared, settings)
        self._known = _Known()
        self._is_derived = False

    def with_options(self, **options: Unpack[RequestOptions]) -> AsyncOpenRouter:
        """Return a client with other settings on the same connections, limits and retry budget.

        It costs nothing to create, and needs no closing; it closes with the client it came from.

        Raises:
            ConfigurationError: an option is unknown, or its value wrong.
        """
        derived = AsyncOpenRouter.__new__(AsyncOpenRouter)
        derived._sender = HTTPSender(self._sender.transport, self._sender.settings.derive(options))
        derived._known = self._known
        derived._is_derived = True
        return derived

    @property
    def base_url(self) -> str:
        """Where requests go, without a slash at the end."""
        return self._sender.settings.base_url

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none; can be set, for the calls of this client that follow."""
        return self._sender.settings.default_model

    @default_model.setter
    def default_model(self, model: str | None) -> None:
        self._sender.settings = self._sender.settings.derive({"default_model": model})

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of calls that do not give them themselves; can be set, for the calls that follow."""
        return self._sender.settings.params

    @params.setter
    def params(self, params: ChatParams) -> None:
        self._sender.settings = self._sender.settings.with_params(params)

    @cached_property
    def chat(self) -> Chat:
        """Chat completions: `create` for a whole reply, `stream` for its pieces."""
        from .chat import Chat

        return Chat(self._sender, lambda: self.models._for_own_use(), self._known.native_models)

    @cached_property
    def responses(self) -> Responses:
        """Replies as lists of items, in the form of OpenAI's Responses, from any model."""
        from .responses import Responses

        return Responses(self._sender, lambda: self.models._for_own_use(), lambda: self.chat.native_models)

    @cached_property
    def messages(self) -> Messages:
        """Replies as lists of content blocks, in the form of Anthropic's Messages, from any model."""
        from .messages import Messages

        return Messages(self._sender, lambda: self.models._for_own_use(), lambda: self.chat.native_models)

    @cached_property
    def batch(self) -> BatchMaker:
        """Many prompts, a limited number concurrently: `client.batch(prompts)`, or `client.batch.table(frame)`."""
        return BatchMaker(self._sender, lambda: self.chat, lambda: self.models)

    def estimate(
        self,
        messages: MessagesLike,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        tools: Sequence[object] = (),
    ) -> Estimate:
        """Return the possible usage and cost of a call. Sends nothing, and downloads nothing.

        Tokens are estimated from the text, and corrected by the service's counts in earlier calls of this model, see
        `TokenLearner`. Prices come from the catalogue that `models.catalogue()` has loaded, or else from the list
        packaged with the library. The last 32 prompts, at most 1 MiB, are kept until the estimate has learned from
        them.

        Args:
            messages: As for `chat.create`.
            model: Default: the client's.
            max_tokens: The limit of the answer. Default: that of the model.
            tools: The tools to offer, which are part of the prompt.
        """
        from .catalogue.pricing import estimate_call

        name = model or self.default_model
        found = None if name is None else self.models.latest.get(name)
        return estimate_call(
            messages, found, name=name, max_tokens=max_tokens, tools=tools, correct=self._learner().correct
        )

    def _learner(self) -> TokenLearner:
        """Return the corrections learned from the replies so far; learning happens on request, not as replies
        arrive."""
        from .tokens.learning import TokenLearner

        learner = self._known.learner = self._known.learner or TokenLearner()
        catalogue = self.models.latest
        for answered in self._sender.transport.usage_samples.take():
            listed = next((found.id for name in answered.models if (found := catalogue.get(name))), None)
            model = listed or next(iter(answered.models), None)
            if model is not None:
                learner.learn_request(answered.body, model, answered.tokens)
        return learner

    @cached_property
    def models(self) -> Models:  # pyright: ignore[reportIncompatibleMethodOverride]  # a property that is kept
        """The models that the service offers: `list`, `get`, and a `catalogue` that is kept."""
        from .catalogue.namespace import CatalogueCache, Models

        return Models(self._sender, self._known.catalogues.setdefault(self.base_url, CatalogueCache()))

    def track(
        self, budget: Decimal | str | float | SharedBudget | None = None, *, settle: float = 10.0
    ) -> Spend:
        """Return a block that adds up the cost of its calls, and keeps them within a budget.

        ```python
        async with client.track(budget="1.00") as spend:
            await client.chat.create("Name a colour.", model="openai/gpt-5-mini")
        print(spend.cost, spend.calls, spend.unsettled)
        ```

        All calls inside the block count, over this client and over clients that share its connections: streams, runs
        of tools, and tasks started inside. Blocks can be nested; each counts.

        A call raises `BudgetExceeded` and is not sent if the amount spent, the reservations of calls in flight and
        its own possible cost together exceed the budget. Calls whose cost nothing limits in advance are sent one at a
        time until one of them has returned its cost: models without a listed price, searches and other extras, and
        calls without `max_tokens`. Such a first call, and one that costs more than any of its kind before, may exceed
        the budget.

        Args:
            budget: US dollars, or a budget that several processes share, see `open_ledger`. With a budget, the client
                first loads the catalogue of models for its prices.
            settle: Seconds for which the possible cost of a call that was cut off stays reserved while its billing
                record is read; after that it is released, and listed in `unsettled`. Leaving the block waits at most
                that long for such records, and not at all without any.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        from .spending.spend import Spend

        return Spend(
            transport=self._sender.transport, prices=self.models._for_own_use, budget=budget, settle=settle
        )

    async def request(self, method: str, path: str, *, into: type[T], **params: Unpack[RequestParams]) -> T:
        """Call an operation that does not have a method of its own yet.

        Args:
            method: The HTTP method. A GET is retried after any failure; other methods only if the service cannot have
                performed the request.
            path: Below the base URL, such as `/key`, percent-encoded where necessary.
            into: The type of the response: any type that pydantic can validate, such as `dict[str, JsonValue]` or a
                model of yours; `bytes` returns the raw body, `str` its text, `type(None)` reads nothing.
            params: See `RequestParams`: `body`, `query`, `key`, `options`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        from .resources.requests import Requests

        return await Requests(self._sender).send(method, path, into=into, **params)

    def stream_request(
        self, method: str, path: str, *, into: type[T], **params: Unpack[RequestParams]
    ) -> RawStream[T]:
        """Call an operation that answers with an event stream; each event is validated as `into`.

        ```python
        async with client.stream_request("POST", "/responses", body=body, into=dict[str, JsonValue]) as events:
            async for event in events:
                print(event["type"])
        ```

        Ends at `[DONE]`, or when the body ends. The arguments, and the errors, are those of `request`.
        """
        from .resources.requests import Requests

        return Requests(self._sender).stream(method, path, into=into, **params)

    def _open_again(self) -> Self:
        """Open the connections again, for an application that is started several times."""
        if not self._is_derived:
            self._sender.transport.open_again()
        return self

    async def aclose(self) -> None:
        """Close all connections; calls that still run end with an error. Harmless when done before."""
        if self._is_derived:
            raise ConfigurationError("a client made by with_options() is closed with the client it came from")
        await self._sender.transport.aclose()

    async def __aenter__(self) -> Self:
        self._sender.transport.check()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._is_derived:
            await self._sender.transport.aclose()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client has connections and a key, and is never pickled or copied; make one in each process"
        )

    def __repr__(self) -> str:
        sender: HTTPSender | None = getattr(self, "_sender", None)
        if sender is None:  # one that could not be made, shown with the locals of its traceback
            return "<AsyncOpenRouter not made>"
        return f"<AsyncOpenRouter {sender.settings.base_url} default_model={sender.settings.default_model!r}>"
