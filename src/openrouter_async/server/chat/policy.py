"""`ChatPolicy`: what a router lets its callers ask for, and the request that is made of what they sent.

Nothing of a request reaches the client but what is named here: the messages, the model, and parameters of a chat. No
base URL, no header, no option of the client comes from a browser.
"""

from __future__ import annotations

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

__all__ = ["ChatPolicy", "ChatRequest", "json_body"]

_PARAMS = frozenset(ChatParams.__annotations__)

_OLDER_PARAMS = frozenset(REPLACED_PARAMS) - {"prompt", "route", "stream"}
"""Parameters that other clients send, and that we have a better name for."""

_OF_OPENAI = frozenset({"function_call", "functions", "n", "safety_identifier", "store"})
"""What OpenAI's clients may send besides; the service judges it."""

CHANGES_PRICE = frozenset({
    "audio", "cache_control", "image_config", "modalities", "models", "n", "plugins", "prediction", "preset",
    "provider", "service_tier", "speed", "tools", "web_search_options", "x_search_filter",
})  # fmt: skip
"""Parameters by which another model may answer than the one that is named, or the same for another price. Of `tools`
it is those of OpenRouter; functions cost nothing."""

_READ_BY_THE_MODEL = {"id": "file-parser", "pdf": {"engine": "native"}}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a body asks for; the client checks what is in messages and parameters."""

    messages: list[Any]
    model: str | None
    params: dict[str, Any]


class ChatPolicy:
    """The client, and what may be done with it."""

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
        if len(messages) > self._max_messages:
            raise WebError(
                413,
                f"there are {len(messages)} messages; this server takes at most {self._max_messages}",
                kind="TooManyMessages",
            )
        model = params.pop("model", None)
        if model is not None and not isinstance(model, str):
            raise WebError(400, "model must be the name of a model")
        self._check(params, _PARAMS if is_ours else _PARAMS | _OLDER_PARAMS | _OF_OPENAI)
        if is_ours:
            self._check_tools(params)
        if "plugins" in self._refused and not self.client.params.get("plugins") and _has_file(messages):
            # A model that reads no files would be given what a parser makes of it, billed by the page.
            params["plugins"] = [_READ_BY_THE_MODEL]
        return ChatRequest(messages, self._model(model), params)

    def _check(self, params: Mapping[str, object], known: Collection[str]) -> None:
        unknown = sorted(params.keys() - known)
        if unknown:
            raise WebError(400, f"{unknown[0][:64]!r} is not a parameter of a chat that this server takes")
        for name in sorted(self._refused & params.keys()):
            tools = params[name]
            if name != "tools":
                raise WebError(400, f"{name} may not be given, since this server offers certain models only")
            if tools and (not isinstance(tools, list) or any(_kind(tool) != "function" for tool in tools)):
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
    """Return the JSON of a request.

    Raises:
        WebError: it is not valid JSON, or nested too deep.
    """
    try:
        return from_json(await request.body(), allow_inf_nan=False)
    except ValueError as error:
        raise WebError(400, "the body is not valid JSON, or nested too deep") from error


def _has_file(messages: list[object]) -> bool:
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    return any(_kind(part) == "file" for content in contents if isinstance(content, list) for part in content)


def _kind(tool: object) -> object:
    return tool.get("type") if isinstance(tool, dict) else None
