"""The part of the I/O shell that upper layers need, and nothing more, so a test can replace it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from ._sansio.request import RequestData
from ._sansio.response import Reply as Reply
from .options import RequestOptions
from .types.common import OutputT

if TYPE_CHECKING:
    from ._sansio.chat_body import ChatCall
    from ._sansio.request import DeferredRequest, ModelCall
    from .special_options import ResponseCache
    from .streaming.source import ContinuableSource, StreamSource
    from .streaming.stream import EventStream, OnBadEvent, ReplyStream
    from .types.chat.completion import ChatCompletion
    from .types.chat.model_reply import ModelReply
    from .types.chat.tool_calls import ToolCall
    from .types.common import Usage

__all__ = [
    "BatchSpan",
    "CallSettings",
    "Capabilities",
    "ChatCompleter",
    "Completer",
    "FeatureSpans",
    "ListedModel",
    "Reply",
    "RunSpan",
    "Sender",
    "SpanSource",
    "ToolSpan",
]

T = TypeVar("T")


class CallSettings(Protocol):
    """The settings of a client, or of one call, that determine the content of its requests."""

    @property
    def base_url(self) -> str:
        """Where requests go, without a slash at the end."""
        ...

    @property
    def default_model(self) -> str | None:
        """The model used where a call names none."""

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests for text that do not give them themselves."""
        ...

    @property
    def once(self) -> bool | str:
        """Whether requests are to be billed once; or the key by which the service knows a repetition."""
        ...

    @property
    def session_id(self) -> str | None:
        """What groups requests, and keeps them with one provider."""

    @property
    def prompt_cache(self) -> Literal["auto"] | None:
        """Whether requests mark what their provider should cache."""

    @property
    def cache(self) -> ResponseCache | None:
        """The settings for the service's response cache."""


class RunSpan(Protocol):
    """The span of a run, while it is that of the task."""

    def ended(self, usage: Usage, steps: int, error: BaseException | None) -> None:
        """Tell what all its replies used, how many there were, and why it failed."""


class ToolSpan(Protocol):
    """The span of a call of a tool, while it is that of the task."""

    def ended(self, content: object, error: str | None) -> None:
        """Tell its result, and why it is none."""


class BatchSpan(Protocol):
    """The span of a batch."""

    def work(self) -> None:
        """Link the calls that the running task makes from now on."""

    def ended(self, done: int, failed: int, resumed: int, cost: Decimal) -> None:
        """Tell what became of its items."""


class FeatureSpans(Protocol):
    """Starts spans of work that is larger than a call."""

    def run(self, model: str | None, session_id: str | None) -> AbstractContextManager[RunSpan]:
        """Make the span of a run that of the task."""
        ...

    def tool(self, call: ToolCall) -> AbstractContextManager[ToolSpan]:
        """Make the span of a call of a tool that of the task."""
        ...

    def batch(self) -> BatchSpan:
        """Begin the span of a batch."""
        ...


class SpanSource(Protocol):
    """Has what begins spans, once there is somebody to tell of them."""

    @property
    def spans(self) -> FeatureSpans | None: ...


class Sender(Protocol):
    """Sends requests with the settings of a client, or of one call."""

    @property
    def settings(self) -> CallSettings:
        """The settings that apply to its requests now."""
        ...

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features; None without telemetry."""

    def with_options(self, options: RequestOptions | None) -> Sender:
        """Return a sender with these options applied over its settings; itself without options.

        Raises:
            ConfigurationError: an option is unknown, or its value wrong.
        """
        ...

    def send(self, data: RequestData, read: Callable[[Reply], T]) -> Awaitable[T]:
        """Send, retry as the rules say, and return what `read` makes of the answer.

        An `InvalidResponseError` or `APIStatusError` that `read` raises counts as a failed attempt.
        """
        ...

    def stream(self, data: RequestData | DeferredRequest) -> ContinuableSource:
        """Return a source that has not sent anything yet."""
        ...

    def download(self, data: RequestData | DeferredRequest, *, is_whole: bool = False) -> StreamSource:
        """Return the source of a file, whose items are its pieces; nothing was sent yet.

        `is_whole` says that all of it will be in memory, so a size limit applies.
        """
        ...


class Completer(Protocol[OutputT]):
    """Asks a model in one dialect; what runs and conversations need of it."""

    @property
    def kind(self) -> type[ModelCall]:
        """The type of a call of the dialect; its messages take replies and results of tools in any form."""
        ...

    def with_options(self, options: RequestOptions | None) -> Completer[OutputT]:
        """Return the same with these options applied over its settings; itself without options."""
        ...

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none."""
        ...

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        ...

    @property
    def session_id(self) -> str | None:
        """What groups requests, and keeps them with one provider."""

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features; None without telemetry."""

    async def create(self, call: Any, /) -> ModelReply[OutputT]:
        """Return the whole reply to a call, which is of the `kind`."""
        ...

    def stream(self, call: Any, /) -> ReplyStream[Any, ModelReply[OutputT]]:
        """Return the reply as a stream; nothing is sent before its first event is requested."""
        ...


class ChatCompleter(Completer[OutputT], Protocol[OutputT]):
    """Asks a model in the dialect of chat; what batches need of `client.chat`."""

    def with_options(self, options: RequestOptions | None) -> ChatCompleter[OutputT]:
        """Return the same with these options applied over its settings; itself without options."""
        ...

    async def create(self, call: ChatCall, /) -> ChatCompletion[OutputT]:
        """Return the whole reply."""
        ...

    def stream(self, call: ChatCall, /, *, on_bad_event: OnBadEvent = "raise") -> EventStream[OutputT]:
        """Return the reply as a stream; nothing is sent before its first event is requested."""
        ...


class ListedModel(Protocol):
    """A model of the service's list."""

    @property
    def id(self) -> str: ...


class Capabilities(Protocol):
    """The facts about models that features need; a part of the model catalogue."""

    def __iter__(self) -> Iterator[ListedModel]: ...

    def supports(self, model: str, capability: str) -> bool | None:
        """Whether a model has a capability; None where nobody knows."""
