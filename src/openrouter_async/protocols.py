"""What the layers above the I/O shell need of it, and nothing more, so that a test can fake it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from ._sansio.request import RequestData
from .options import RequestOptions

if TYPE_CHECKING:
    from ._sansio.request import DeferredRequest
    from .streaming.source import ContinuableSource
    from .streaming.stream import EventStream, OnBadEvent
    from .types._base import ResponseMeta
    from .types.chat.completion import ChatCompletion
    from .types.chat.messages import MessagesLike

__all__ = [
    "Capabilities",
    "ChatCompleter",
    "ListedModel",
    "Reply",
    "Sender",
]

T = TypeVar("T")
OutputT = TypeVar("OutputT", covariant=True)


class Reply(Protocol):
    """A whole 2xx answer."""

    @property
    def body(self) -> bytes: ...

    @property
    def meta(self) -> ResponseMeta: ...


class Sender(Protocol):
    """Sends requests with a client's settings."""

    def send(
        self, data: RequestData, read: Callable[[Reply], T], options: RequestOptions | None = None
    ) -> Awaitable[T]:
        """Send, retry as the rules say, and return what `read` makes of the answer.

        An `InvalidResponseError` or `APIStatusError` that `read` raises counts as a failed attempt.
        """
        ...

    def stream(
        self, data: RequestData | DeferredRequest, options: RequestOptions | None = None
    ) -> ContinuableSource:
        """Return a source that has not sent anything yet."""
        ...

    def default_model(self, options: RequestOptions | None = None) -> str | None:
        """The model used where a call names none."""
        ...

    def params(self, options: RequestOptions | None = None) -> Mapping[str, object]:
        """The parameters of requests for text that do not give them themselves."""
        ...

    def once(self, options: RequestOptions | None = None) -> tuple[str, Mapping[str, str]] | None:
        """The key and the headers of a request that is to be billed once; None where it need not be."""
        ...


class ChatCompleter(Protocol[OutputT]):
    """Asks a model; what runs, conversations and batches need of `client.chat`."""

    def params(self, options: RequestOptions | None) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        ...

    async def create(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
    ) -> ChatCompletion[OutputT]:
        """Return the whole reply."""
        ...

    def stream(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
        on_bad_event: OnBadEvent,
    ) -> EventStream[OutputT]:
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
