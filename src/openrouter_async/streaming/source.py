"""The source of a stream's items: the I/O that a stream needs, so a test can replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .._sansio.sse import SSEItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._sansio.request import DeferredRequest
    from ..errors import OpenRouterError
    from ..types.meta import ResponseMeta

__all__ = ["ContinuableSource", "PlainBody", "SearchingSource", "StreamItem", "StreamSource"]


class PlainBody(bytes):
    """A whole body that came instead of an event stream (a JSON completion, an HTML page)."""


StreamItem = SSEItem | PlainBody


class StreamSource(Protocol):
    """The bytes of one streamed call as items; it owns connection, clocks, slot and attempts."""

    @property
    def meta(self) -> ResponseMeta | None:
        """The HTTP side of the attempt that is being read; None before its headers."""

    async def read(self) -> list[StreamItem] | None:
        """Return the items of the next read, which may be empty; None when the body ends.

        The first call sends the request. Raises the errors of the status, the connection and the timeouts.
        """

    async def retry(self, error: OpenRouterError) -> None:
        """Close this attempt and wait for the next; raises `error` if no attempt is left."""

    async def finish(self, answer: object = None) -> None:
        """Release the connection after the last wanted item, for reuse if its body ends within 50 ms.

        `answer` is the whole reply; later estimates learn from its usage.
        """

    async def aclose(self) -> None:
        """Close the connection immediately and release the slot; harmless if already done."""

    def abort(self) -> None:
        """Close the connection without waiting, for a stream that was dropped; callable from any thread."""

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Put ids and attempts on an error found above the source, tell the hooks, and return it."""
        ...


class ContinuableSource(StreamSource, Protocol):
    """A source that can continue in another request after a piece was delivered."""

    async def continue_with(self, data: DeferredRequest, error: OpenRouterError) -> None:
        """Close this attempt and send `data` next, which continues what the caller was given.

        It waits, is paid for and counted as a retry is, on the same total clock; raises `error` where none is allowed.
        """
        ...


@runtime_checkable
class SearchingSource(Protocol):
    """A source that searches all events for what the request cost, unless its reader tells which may say it."""

    def let_reader_tell(self) -> Callable[[Sequence[StreamItem]], None]:
        """Search no events from now on, and return what the reader calls with those that it parses.

        Those that differ only in their text from one before say nothing new. A search took 3 % of a stream.
        """
        ...
