"""`ChatPolicy`: the requests that a router allows, and their conversion into calls of the client.

Only the messages, the model, and parameters of a chat reach the client. A browser can set no base URL, header or
client option.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from ..._checks import whole
from ..._sansio.chat_body import ChatCall, chat_body
from ...client import AsyncOpenRouter
from ...errors import ConfigurationError
from ...streaming.stream import EventStream
from ...tools.tool import Tool
from ...tools.toolbox import ToolLike
from ...types.chat.request import REPLACED_PARAMS, ChatParams
from ..relays.failures import WebError

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

    from ..relays.formats._format import Relayed

__all__ = ["ChatPolicy", "ChatRequest", "DialectRules", "json_body"]

_PARAMS = frozenset(ChatParams.__annotations__)

_OLDER_PARAMS = frozenset(REPLACED_PARAMS) - {"prompt", "route", "stream"}
"""Parameters that other clients send, and that we have a better name for."""

_OF_OPENAI = frozenset({"function_call", "functions", "n", "safety_identifier", "store"})
"""What OpenAI's clients may send besides; the service judges it."""

CHANGES_PRICE = frozenset({
    "audio", "cache_control", "fallbacks", "image_config", "modalities", "models", "n", "plugins", "prediction",
    "preset", "provider", "service_tier", "speed", "tools", "web_search_options", "x_search_filter",
})  # fmt: skip
"""Parameters by which another model may answer than the one that is named, or the same for another price. Of `tools`
it is those of OpenRouter; functions cost nothing."""

_READ_BY_THE_MODEL = {"id": "file-parser", "pdf": {"engine": "native"}}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """The request in a body; the client validates messages and parameters."""

    messages: list[Any]
    model: str | None
    params: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectRules:
    """What differs in the requests of a dialect, as far as the policy looks at them."""

    history: str
    """The field with the messages, or the input items."""
    known: frozenset[str]
    """The parameters whose meaning is known."""
    own_tools: frozenset[str | None]
    """The types of tools that the caller runs, which cost nothing; None: a tool without a type."""
    file_parts: frozenset[str]
    """The types of parts that are documents."""


class ChatPolicy:
    """The client, and the allowed uses of it."""

    def __init__(
        self,
        client: AsyncOpenRouter,
        *,
        tools: Sequence[ToolLike] = (),
        models: Collection[str] | None = None,
        allowed_params: Collection[str] = (),
        max_messages: int,
    ) -> None:
        if models is not None and (isinstance(models, str) or not models):
            raise ConfigurationError(
                f"models is {models!r}; expected a list of at least one, or None for all"
            )
        whole("max_messages", max_messages)
        for name in [allowed_params] if isinstance(allowed_params, str) else allowed_params:
            if name not in CHANGES_PRICE:
                raise ConfigurationError(
                    f"allowed_params has {name!r}; expected names among {', '.join(sorted(CHANGES_PRICE))}"
                )
        self.client = client
        self.tools = tuple(tools)
        self.models = None if models is None else tuple(dict.fromkeys(models))
        """The models that may be asked; None: all."""
        self._max_messages = max_messages
        self._refused = frozenset() if models is None else CHANGES_PRICE.difference(allowed_params)
        for each in self.tools:
            if isinstance(each, Tool) and (each.needs_approval is not False or each.function is None):
                raise ConfigurationError(
                    f"the tool {each.name!r} waits for a decision, which the chat page cannot ask for; relay a run of"
                    " your own, with an on_finish that keeps run.paused"
                )

    @property
    def default_model(self) -> str | None:
        """The model of requests that name none."""
        default = self.client.default_model
        if self.models is None or default in self.models:
            return default
        return self.models[0]

    def request(self, body: object, *, is_ours: bool) -> ChatRequest:
        """Return what a body asks for; `is_ours` says that it comes from our page, not from a client of OpenAI's.

        Raises:
            WebError: it is not a request for a chat, or asks for what is not offered.
        """
        if not isinstance(body, dict):
            raise WebError(400, "the body must be a JSON object")
        params = dict(body)
        messages = params.pop("messages", None)
        if not isinstance(messages, list) or not messages:
            raise WebError(400, "messages must be a list of at least one message")
        self._check_count(len(messages))
        model = params.pop("model", None)
        if model is not None and not isinstance(model, str):
            raise WebError(400, "model must be the name of a model")
        self._check(params, _PARAMS if is_ours else _PARAMS | _OLDER_PARAMS | _OF_OPENAI)
        if is_ours:
            self._check_tools(params)
        if self._reads_files_itself(messages, ("file",)):
            params["plugins"] = [_READ_BY_THE_MODEL]
        return ChatRequest(messages, self._model(model), params)

    def in_dialect(self, body: object, rules: DialectRules) -> tuple[str | None, dict[str, Any]]:
        """Return the model that a body asks for in another dialect, and its other fields unchanged.

        A parameter that is not known here is passed on, unless only certain models may be asked.

        Raises:
            WebError: it has no history, or asks for what is not offered.
        """
        if not isinstance(body, dict):
            raise WebError(400, "the body must be a JSON object")
        fields = dict(body)
        model = fields.pop("model", None)
        if model is not None and not isinstance(model, str):
            raise WebError(400, "model must be the name of a model")
        history = fields.get(rules.history)
        if not history or not isinstance(history, str | list):
            raise WebError(400, f"{rules.history} must be a list of at least one item")
        if isinstance(history, list):
            self._check_count(len(history))
        params = {name: value for name, value in fields.items() if name != rules.history}
        self._check(params, params if self.models is None else rules.known, rules.own_tools)
        if self._reads_files_itself(history, rules.file_parts):
            fields["plugins"] = [_READ_BY_THE_MODEL]
        return self._model(model), fields

    def _check_count(self, count: int) -> None:
        if count > self._max_messages:
            raise WebError(
                413,
                f"there are {count} messages; this server takes at most {self._max_messages}",
                kind="TooManyMessages",
            )

    def _reads_files_itself(self, messages: object, kinds: Collection[str]) -> bool:
        """Whether the model has to read the files; else a parser may, which is billed by the page."""
        is_free = "plugins" not in self._refused or self.client.params.get("plugins")
        return not is_free and _has_file(messages, kinds)

    def _check(
        self,
        params: Mapping[str, object],
        known: Collection[str],
        own_tools: Collection[str | None] = ("function",),
    ) -> None:
        unknown = sorted(params.keys() - set(known))
        if unknown:
            raise WebError(400, f"{unknown[0][:64]!r} is not a parameter of a chat that this server takes")
        for name in sorted(self._refused & params.keys()):
            tools = params[name]
            if name != "tools":
                raise WebError(400, f"{name} may not be given, since this server offers certain models only")
            if tools and (not isinstance(tools, list) or any(_kind(tool) not in own_tools for tool in tools)):
                raise WebError(
                    400, "tools may be functions only, since this server offers certain models only"
                )

    def _check_tools(self, params: Mapping[str, object]) -> None:
        """Refuse functions, which nobody would run: those of the page's chats are the server's."""
        tools = params.get("tools") or []
        if not isinstance(tools, list) or any(_kind(tool) == "function" for tool in tools):
            raise WebError(400, "tools may hold tools of OpenRouter only; functions are given to the server")

    def _model(self, model: str | None) -> str | None:
        if model is None:
            return self.default_model
        if self.models is not None and model not in self.models:
            names = ", ".join(map(repr, self.models))
            raise WebError(400, f"the model {model[:100]!r} is not offered here; expected one of {names}")
        return model

    def named_model(self, model: object) -> str:
        """Return the model of a request that must name one.

        Raises:
            WebError: it names none, or one that is not offered.
        """
        if not isinstance(model, str) or not model:
            raise WebError(400, "model must be the name of a model")
        return self._model(model) or model

    def reply(self, request: ChatRequest) -> Relayed:
        """Return the stream of the answer, with the server's tools run in it.

        Raises:
            WebError: an argument is wrong.
        """
        try:
            if not self.tools:
                stream: EventStream = self.client.chat.stream(
                    request.messages, model=request.model, **request.params
                )
                return stream
            # A run checks its first request when it begins, so it is checked here.
            chat_body(ChatCall(request.messages, request.model, request.params), stream=True)
        except ConfigurationError as error:
            raise WebError(400, error.message) from error
        params = dict(request.params)
        stop = params.pop("stop", None)  # of a run, that is the name of something else
        tools = [*self.tools, *params.pop("tools", ())]
        extra = None if stop is None else {"stop": stop}
        return self.client.chat.run_stream(
            request.messages, model=request.model, tools=tools, extra_body=extra, **params
        )

    def passed_on(self, request: ChatRequest) -> Relayed:
        """Return the stream of the answer to a request of another client, whose parameters the service judges.

        Raises:
            WebError: the messages are wrong.
        """
        try:
            return self.client.chat.stream(request.messages, model=request.model, extra_body=request.params)
        except ConfigurationError as error:
            raise WebError(400, error.message) from error


async def json_body(request: Request) -> object:
    """Return the JSON of a request; a byte order mark before it is dropped (RFC 8259, 8.1).

    Raises:
        WebError: it is not valid JSON, or nested too deep.
    """
    try:
        return from_json((await request.body()).removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise WebError(400, "the body is not valid JSON, or nested too deep") from error


def _has_file(messages: object, kinds: Collection[str]) -> bool:
    """Whether there is such a part, in the results of tools as well."""
    objects = [each for each in messages if isinstance(each, dict)] if isinstance(messages, list) else []
    inner = [each.get(name) for each in objects for name in ("content", "output")]
    return any(_kind(each) in kinds for each in objects) or any(_has_file(each, kinds) for each in inner)


def _kind(tool: object) -> object:
    return tool.get("type") if isinstance(tool, dict) else None
