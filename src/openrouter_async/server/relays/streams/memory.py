"""`MemoryStreams`: streams that are kept in one process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from ...._checks import whole
from ..failures import WebError
from .doorbell import Doorbell
from .store import MOST_IN_PART, KeptStream, Part, Pulse, StreamLimits, StreamState

__all__ = ["MemoryStreams"]


class _Stream:
    def __init__(self, id: str, format: str) -> None:
        self.id = id
        self.format = format
        self.events: list[bytes] = []
        self.state: StreamState = "running"
        self.size = 0
        """Bytes."""
        self.is_stopped = False
        self.is_full = False
        self.attended_at = time.monotonic()
        self.forget_at = float("inf")


class MemoryStreams:
    """Streams that end with the process, for an application with one worker."""

    def __init__(
        self,
        *,
        max_streams: int = 1000,
        max_events: int = 100_000,
        max_bytes: int = 16 * 1024 * 1024,
        max_total_bytes: int = 256 * 1024 * 1024,
        keep: float = 300.0,
    ) -> None:
        """Make an empty store.

        Args:
            max_streams: Running streams; more get a 503. As many that are over are kept.
            max_events: Events of one stream; one with more ends with an error.
            max_bytes: Bytes of one stream; one with more ends with an error.
            max_total_bytes: Bytes of all streams. Beyond it the oldest that are over are forgotten; where that is not
                enough, a stream that grows ends with an error, and a new one gets a 503.
            keep: Seconds for which a stream is kept after its end.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        self.limits = StreamLimits(
            max_streams=max_streams, max_events=max_events, max_bytes=max_bytes, keep=keep
        )
        whole("max_total_bytes", max_total_bytes)
        self._max_total_bytes = max_total_bytes
        self._total_bytes = 0
        self._streams: dict[str, _Stream] = {}
        """By their runs, the oldest first."""
        self._newest: dict[str, str] = {}
        self._bell = Doorbell()

    async def begin(self, id: str, run: str, format: str) -> None:
        """Begin a stream; one that runs under the same id is stopped."""
        self._forget(makes_room=True)
        self.limits.check_room(sum(stream.state == "running" for stream in self._streams.values()))
        if self._total_bytes >= self._max_total_bytes:
            raise WebError(
                503,
                f"the streams that run have {self._total_bytes} bytes; try again when one is over",
                kind="TooManyStreams",
                headers={"retry-after": "1"},
            )
        await self.stop(id)
        self._streams[run] = _Stream(id, format)
        self._newest[id] = run

    async def append(self, run: str, events: Sequence[bytes]) -> None:
        """Add events to a stream."""
        stream = self._streams[run]
        stream.events += events
        size = sum(map(len, events))
        stream.size += size
        self._total_bytes += size
        if self._total_bytes > self._max_total_bytes:
            self._forget(makes_room=True)
            stream.is_full = self._total_bytes > self._max_total_bytes
        self._bell.ring(run)

    async def end(self, run: str, state: Literal["over", "broken"]) -> None:
        """End a stream, which is kept for a while."""
        stream = self._streams[run]
        stream.state = state
        stream.forget_at = time.monotonic() + self.limits.keep
        self._bell.ring(run)
        self._forget()

    async def beat(self, run: str, wait: float) -> Pulse:
        """Return after `wait` seconds, or as soon as a stop is known."""
        stream = self._streams[run]
        until = time.monotonic() + wait
        while not (stream.is_stopped or stream.is_full) and (left := until - time.monotonic()) > 0:
            await self._bell.wait(run, left)
        return Pulse(stream.is_stopped, time.monotonic() - stream.attended_at, stream.is_full)

    async def attend(self, run: str) -> None:
        """Say that a reader is there."""
        if run in self._streams:
            self._streams[run].attended_at = time.monotonic()

    async def find(self, id: str, run: str | None = None) -> KeptStream | None:
        """Return the newest stream of an id, or the one with this run; None if it is not kept."""
        self._forget()
        run = run or self._newest.get(id, "")
        stream = self._streams.get(run)
        return None if stream is None or stream.id != id else KeptStream(run, stream.format, stream.state)

    async def read(self, run: str, after: int, wait: float) -> Part | None:
        """Return the events after a number, waiting up to `wait` seconds for the first; None if it is not kept."""
        stream = self._streams.get(run)
        if stream is None:
            return None
        if len(stream.events) <= after and stream.state == "running":
            await self._bell.wait(run, wait)
        return Part(stream.events[after : after + MOST_IN_PART], stream.state)

    async def stop(self, id: str) -> bool:
        """End the stream that runs under an id; return whether there was one."""
        run = self._newest.get(id, "")
        stream = self._streams.get(run)
        if stream is None or stream.state != "running":
            return False
        stream.is_stopped = True
        self._bell.ring(run)
        return True

    def _forget(self, *, makes_room: bool = False) -> None:
        """Forget streams whose time is over, and the oldest of too many or, to make room, of too many bytes."""
        now = time.monotonic()
        over = [run for run, stream in self._streams.items() if stream.state != "running"]
        excess = len(over) - self.limits.max_streams
        for number, run in enumerate(over):
            stream = self._streams[run]
            too_much = makes_room and self._total_bytes >= self._max_total_bytes
            if too_much or number < excess or stream.forget_at <= now:
                self._total_bytes -= stream.size
                del self._streams[run]
                if self._newest.get(stream.id) == run:
                    del self._newest[stream.id]
