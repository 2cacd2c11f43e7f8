"""`HTTPByteSource`: the bytes of one call whose answer is a file, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stream_source import HTTPStreamSource

if TYPE_CHECKING:
    from ..streaming.source import StreamItem

__all__ = ["HTTPByteSource"]


class HTTPByteSource(HTTPStreamSource):
    """A stream whose items are pieces of the body: nothing in them is read, and no size is too large."""

    async def read(self) -> list[StreamItem] | None:
        """Return the next piece; None at the end of the body."""
        call, exchange = await self._opened()
        timeouts = call.attempts.timeouts
        piece = await exchange.read((timeouts.total,))
        return None if piece is None else [piece]
