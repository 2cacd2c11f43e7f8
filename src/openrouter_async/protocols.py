"""What the layers above the I/O shell need of it, and nothing more, so that a test can fake it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from ._sansio.request import RequestData
from .options import RequestOptions, ResponseCache
from .types.common import OutputT

if TYPE_CHECKING:
    from ._sansio.chat_body import ChatCall
    from ._sansio.request import DeferredRequest
    from .streaming.source import ContinuableSource
    from .streaming.stream import EventStream, OnBadEvent
    from .types.chat.completion import ChatCompletion
    from .types.meta import ResponseMeta

__all__ = [
    "CallSettings",
    "Capabilities",
    "ChatCompleter",
    "ListedModel",
    "Reply",
    "Sender",
]

T = TypeVar("T")


class Reply(Protocol):
    """A whole 2xx answer."""

    @property
    def body(self) -> bytes: ...

    @property
    def meta(self) -> ResponseMeta: ...


class CallSettings(Protocol):
    """The settings of a client, or of one call, that decide what its requests hold."""

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
    def cache(self) -> ResponseCache | None:
        """What is said of the service's response cache."""


class Sender(Protocol):
    """Sends requests with the settings of a client, or of one call."""

    @property
    def settings(self) -> CallSettings:
        """What holds for its requests now."""
        ...

    def with_options(self, options: RequestOptions | None) -> Sender:
        """Return a sender with these options laid over its settings; itself where there are none.

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


class ChatCompleter(Protocol[OutputT]):
    """Asks a model; what runs, conversations and batches need of `client.chat`."""

    def with_options(self, options: RequestOptions | None) -> ChatCompleter[OutputT]:
        """Return the same with these options laid over its settings; itself where there are none."""
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

    async def create(self, call: ChatCall) -> ChatCompletion[OutputT]:
        """Return the whole reply."""
        ...

    def stream(self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise") -> EventStream[OutputT]:
        """Return the reply as a stream; nothing is sent before its first event is asked for."""
        ...


class ListedModel(Protocol):
    """A model of the service's list."""

    @property
    def id(self) -> str: ...


class Capabilities(Protocol):
    """What is known of the models; the part of a model catalogue that features need."""

    def __iter__(self) -> Iterator[ListedModel]: ...

    def supports(self, model: str, capability: str) -> bool | None:
        """Whether a model has a capability; None where nobody knows."""
