"""`HTTPByteSource`: the bytes of one call whose answer is a file, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ResponseTooLarge
from .stream_source import HTTPStreamSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._sansio.request import DeferredRequest, RequestData
    from ..options import Limits
    from ..streaming.source import StreamItem
    from .call import Call

__all__ = ["HTTPByteSource"]


class HTTPByteSource(HTTPStreamSource):
    """A stream whose items are pieces of the body, and nothing in them is read."""

    def __init__(
        self,
        data: RequestData | DeferredRequest,
        begin: Callable[[RequestData], Call],
        limits: Limits,
        *,
        is_whole: bool,
    ) -> None:
        """Send nothing yet; `is_whole` says that all of it will be in memory, and so has a limit."""
        super().__init__(data, begin, limits, logs_bodies=False)
        self._most = limits.body_bytes if is_whole else None

    async def read(self) -> list[StreamItem] | None:
        """Return the next piece; None when the body ends."""
        call, exchange = await self._opened()
        timeouts = call.attempts.timeouts
        piece = await exchange.read((timeouts.total,))
        if self._most is not None and exchange.bytes_read > self._most:
            raise ResponseTooLarge(
                f"the file is larger than {self._most} bytes; see Limits(body_bytes=...), or save it to the disk",
                limit=self._most,
            )
        return None if piece is None else [piece]
