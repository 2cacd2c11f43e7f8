"""`TimedProtocol`: uvicorn's HTTP/1.1 connection with the two timeouts it lacks, and without a delay in sending.

A head that does not arrive within `HEAD_S`, and a client that reads nothing for `STALLED_S`, end the connection, so
neither can block one for ever. Pass it to uvicorn's setting `http`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .no_delay import no_delay

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport

__all__ = ["TimedProtocol"]


class TimedProtocol(H11Protocol):
    """One connection."""

    HEAD_S = 10.0
    """Seconds in which the whole head of a request must come, counted from its first byte or from the connection."""
    STALLED_S = 30.0
    """Seconds for which a client may take nothing while its buffers are full."""

    _head_clock: TimerHandle | None = None
    _stall_clock: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        no_delay(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for clock in (self._head_clock, self._stall_clock):
            if clock is not None:
                clock.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._stall_clock = self.loop.call_later(self.STALLED_S, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._stall_clock is not None:
            self._stall_clock.cancel()
            self._stall_clock = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # else it would wait for a client that does not read
        super().timeout_keep_alive_handler()

    def _watch_head(self) -> None:
        is_awaited = self.conn.their_state is h11.IDLE
        if is_awaited and self._head_clock is None:
            self._head_clock = self.loop.call_later(self.HEAD_S, self.transport.abort)
        elif not is_awaited and self._head_clock is not None:
            self._head_clock.cancel()
            self._head_clock = None
