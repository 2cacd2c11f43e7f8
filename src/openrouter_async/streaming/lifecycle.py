"""The life of a stream, the same for all kinds: its queue, its reader, its end.

Theory of operation. A view of a stream takes from the queue; if the queue is empty it calls `_refill`, and no other
code waits. So a view that finds something does not wait, and nothing is read ahead of a slow consumer. `OwnedStream`
fills the queue from a source: it reads once and passes the items to its reader. A failure that came with items is
raised after these are delivered. A failure before the first piece goes back to the source, which may retry the
request. Any other exception of a read, above all a cancellation, closes the connection immediately.

```
new ── first read ──> reading ──> complete ──> released     the connection may serve the next call
                         ├──> failed                        connection closed; the error is raised
                         └──> left, cancelled, dropped      connection closed
```
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..errors import (
    ConfigurationError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidResponseError,
    OpenRouterError,
    RequestTimeout,
)

if TYPE_CHECKING:
    from types import TracebackType
    from typing import NoReturn, Self

    from ..types.meta import ResponseMeta
    from .source import StreamItem, StreamSource

__all__ = ["ItemReader", "OwnedStream", "QueuedItems", "lots_of"]

ItemT = TypeVar("ItemT")

_NO_MORE_CAME = (ConnectionLost, InvalidResponseError, RequestTimeout, DeadlineExceeded)


class QueuedItems(ABC, Generic[ItemT]):
    """An async iterator over a queue that is filled when it is empty; one task at a time may read it."""

    _NOUN = "stream"

    def __init__(self) -> None:
        self._queue: deque[ItemT] = deque()
        self._is_reading = False
        self._is_closed = False
        self._has_ended = False

    if not TYPE_CHECKING:

        def __await__(self) -> NoReturn:
            raise TypeError(
                f"a {self._NOUN} cannot be awaited; write `async with client....stream(...) as stream:`, or await"
                " `create(...)` for the whole reply"
            )

    def __aiter__(self) -> Self:
        self._check_unread()
        return self

    def _check_unread(self) -> None:
        """Raise if the end has been read, since a second iteration would find nothing."""
        if self._has_ended and not self._queue:
            raise ConfigurationError(
                f"the {self._NOUN} was read to its end, and can be iterated once; call again for another answer, or"
                " keep the items of the first iteration"
            )

    async def __anext__(self) -> ItemT:
        """Return the next item.

        Raises:
            APIStatusError: the service refused the request, or reported an error within the stream.
            StreamError: the stream was cut off, ended too early, or contained invalid data.
            OpenRouterError: any other failure of a call. `error.partial` has the reply so far.
        """
        if self._queue or await self._refill():
            return self._queue.popleft()
        raise StopAsyncIteration

    async def _refill(self, wanted: Sized | None = None) -> bool:
        """Wait until there is something in the queue, or in `wanted`; False at the end."""
        if self._is_reading:
            raise ConfigurationError(
                f"the {self._NOUN} is being read by another task; read it in one, and hand its events on"
            )
        self._is_reading = True
        try:
            is_more = await self._fill(self._queue if wanted is None else wanted)
            self._has_ended = not is_more
            return is_more
        finally:
            self._is_reading = False

    async def _next_lot(self) -> list[ItemT]:
        """Return all items that have come, waiting for the first; an empty list at the end."""
        if not self._queue and not await self._refill():
            return []
        lot = [*self._queue]
        self._queue.clear()
        return lot

    @abstractmethod
    async def _fill(self, wanted: Sized) -> bool:
        """Put what comes next into the queue until `wanted` has something; False at the end."""


def lots_of(stream: AsyncIterator[ItemT]) -> Callable[[], Awaitable[list[ItemT]]]:
    """Return a function that awaits all items that have come, at least one; an empty list is the end.

    It raises as the stream does, after the items that came before.
    """
    if isinstance(stream, QueuedItems):
        stream._check_unread()
        return stream._next_lot
    items = aiter(stream)

    async def next_item() -> list[ItemT]:
        try:
            return [await anext(items)]
        except StopAsyncIteration:
            return []

    return next_item


class ItemReader(Protocol[ItemT]):
    """The specific part of a kind of stream: turns the items of its source into its own. It never waits."""

    is_complete: bool
    """Whether all has come; nothing is read after that."""

    @property
    def has_piece(self) -> bool:
        """Whether a piece of the answer has arrived; the request must then not be repeated."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the mark of the end is missing."""
        ...

    @property
    def reply(self) -> object:
        """The whole reply; None for streams without one, or before the end."""
        ...

    def feed(self, items: list[StreamItem]) -> tuple[list[ItemT], OpenRouterError | None]:
        """Return the items of one read, and the failure at its end, if there is one."""
        ...

    def feed_eof(self) -> tuple[list[ItemT], OpenRouterError | None]:
        """Return the items when the body ends, or the error of a premature end."""
        ...

    def enrich(self, error: OpenRouterError) -> OpenRouterError:
        """Return the error to raise for one that ended the stream, with what had arrived."""
        ...

    def restart(self) -> None:
        """Forget what has arrived; the request is sent again."""


class OwnedStream(QueuedItems[ItemT]):
    """A stream that owns a source: an async context manager that closes it, and an async iterator."""

    _MADE_BY = "client.chat.stream(...) as stream"

    def __init__(self, source: StreamSource, reader: ItemReader[ItemT]) -> None:
        super().__init__()
        self._source = source
        self._items = reader
        self._late_error: OpenRouterError | None = None  # came with items that are handed out first
        self._failure: OpenRouterError | None = None
        self._has_started = False

    @property
    def meta(self) -> ResponseMeta | None:
        """Status, headers, ids and attempts of the answer; None before its headers."""
        return self._source.meta

    async def __aenter__(self) -> Self:
        if self._is_closed:
            raise ConfigurationError("the stream is closed; make a new one for another request")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; harmless when done before. A reply that is complete stays in `final()`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._queue.clear()
        try:
            if self._items.is_complete:
                await self._source.finish(self._items.reply)
            else:
                await self._source.aclose()
        except BaseException:
            self._source.abort()
            raise

    def __del__(self) -> None:
        # One whose `__init__` raised has no attributes.
        if not getattr(self, "_has_started", False) or self._is_closed:
            return
        self._source.abort()
        if not self._items.is_complete:
            warnings.warn(
                f"a stream was dropped before its end; write 'async with {self._MADE_BY}:'"
                " to close it at the end of the block",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    async def _fill(self, wanted: Sized) -> bool:
        try:
            while not self._items.is_complete:
                if self._failure is not None:
                    raise self._failure
                if self._is_closed:
                    raise ConfigurationError("the stream was closed before its end; read it inside its block")
                error, self._late_error = self._late_error, None
                if error is None:
                    error = await self._read(self._items)
                    if wanted:
                        self._late_error = error
                        return True
                if error is not None:
                    await self._recover(error)
                    if self._queue:
                        return True
        except BaseException as error:
            if isinstance(error, OpenRouterError) and self._failure is None:
                self._failure = error
            await self.aclose()
            raise
        await self.aclose()
        return False

    async def _read(self, reader: ItemReader[ItemT]) -> OpenRouterError | None:
        """Queue the items of one read; return the failure at its end, if there is one."""
        self._has_started = True
        try:
            read = await self._source.read()
        except OpenRouterError as error:
            if not (isinstance(error, _NO_MORE_CAME) and reader.is_whole):
                return error
            read = None
        items, failure = reader.feed_eof() if read is None else reader.feed(read)
        self._queue.extend(items)
        return failure

    async def _recover(self, error: OpenRouterError) -> None:
        """Start the next attempt; raises the error if no attempt is left."""
        error = self._items.enrich(error)
        if self._items.has_piece or self._is_closed:
            raise self._source.fail(error)
        await self._source.retry(error)
        self._items.restart()
