"""`Producer`: reads one resumable stream to its end and keeps its events in a store, whoever reads them.

```
begun ── pieces, buffered ── appended to the store, all that wait together ──> finished
   ├── failure ──> the format's error, as the last event
   └── stopped, nobody reads for `grace`, the application ends ──> upstream cancelled, and the same
```
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

import anyio

from ...errors import OpenRouterError
from .failures import ServerStopping, Stopped, WebError

if TYPE_CHECKING:
    from .outcome import RelayEnd
    from .streams.store import StreamStore
    from .work import Work

__all__ = ["Producer", "events_of"]

LOGGER = logging.getLogger("openrouter_async")

MOST_WAITING = 256
"""Events that wait for the store; then the upstream waits too."""
ATTEND_S = 1.0
"""How often a reader says that it is there."""


class Producer:
    """One stream on its way into a store."""

    def __init__(self, work: Work, store: StreamStore, *, grace: float) -> None:
        self.run = secrets.token_hex(8)
        self.failed_early: Exception | None = None
        """Why nothing came at all."""
        self._work = work
        self._store = store
        self._grace = grace
        self._kind: RelayEnd | None = None
        self._failure: Exception | None = None
        self._scope: anyio.CancelScope | None = None
        self._buffer: list[bytes] = []
        self._events = 0
        self._bytes = 0
        self._filled = anyio.Event()
        self._emptied = anyio.Event()

    def shut_down(self) -> None:
        """End it, for the application ends."""
        self._end_by("shut_down")

    def _end_by(self, kind: RelayEnd) -> None:
        self._kind = self._kind or kind
        self._cancel()

    def _cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    async def refuse(self, error: Exception) -> None:
        """Tell the application that it did not begin."""
        await self._work.end("failed", error)

    async def produce(self) -> None:
        """Produce the stream, until it is over in one way or another; raises nothing."""
        with anyio.CancelScope() as self._scope:
            if self._kind is not None:
                self._cancel()
            await self._carry()
        with anyio.CancelScope(shield=True):
            await self._conclude()

    async def _carry(self) -> None:
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._beat, name="heartbeat of a stream")
            beside.start_soon(self._flush_as_it_comes, name="a stream into its store")
            if self._work.events is not None:
                beside.start_soon(self._work.pass_events_on, self._write, name="events of the application")
            try:
                await self._work.pump(self._write)
            except Exception as error:  # noqa: BLE001 - told to the readers, and to the log unless it is of the service
                self._failure = self._failure or error
            beside.cancel_scope.cancel()

    async def _conclude(self) -> None:
        work, kind = self._work, self._kind or "left"
        try:
            await work.end("failed" if self._failure is not None else kind, self._failure)
        except Exception as error:  # noqa: BLE001 - of the application; told and logged below
            self._failure = self._failure or error
        if self._failure is not None and not isinstance(self._failure, OpenRouterError | WebError):
            LOGGER.error("a resumable relay failed", exc_info=self._failure)
        is_broken = False
        if self._failure is None and work.ending is not None:
            told = work.ending
        elif self._failure is not None:
            self.failed_early = self._failure if self._events == 0 else None
            told = work.format.fail(self._failure)
            is_broken = not told
        else:
            cause = ServerStopping() if kind == "shut_down" else Stopped()
            cause.partial = work.so_far()
            told = work.format.fail(cause) if kind == "shut_down" else work.format.stop(cause)
            is_broken = not told
        self._put((work.format.begin() if self._events == 0 else b"") + told)
        try:
            await self._flush()
            await self._store.end(self.run, "broken" if is_broken else "over")
        except Exception:
            LOGGER.exception("the end of a resumable relay cannot be stored")

    async def _write(self, data: bytes) -> None:
        if self._events == 0:
            data = self._work.format.begin() + data
        self._put(data)
        limits = self._store.limits
        if self._events > limits.max_events or self._bytes > limits.max_bytes:
            raise WebError(
                507,
                f"the answer has more than {limits.max_events} events or {limits.max_bytes} bytes, and cannot be kept",
                kind="StreamTooLarge",
            )
        while len(self._buffer) > MOST_WAITING:
            self._emptied = anyio.Event()
            await self._emptied.wait()

    def _put(self, data: bytes) -> None:
        events = (
            events_of(data) if self._work.format.media_type == "text/event-stream" else [data] if data else []
        )
        self._buffer += events
        self._events += len(events)
        self._bytes += len(data)
        self._filled.set()

    async def _flush(self) -> None:
        """Append what waits; not cancelled half-way, so it is known what is stored."""
        with anyio.CancelScope(shield=True):
            while self._buffer:
                batch = self._buffer[:]
                await self._store.append(self.run, batch)
                del self._buffer[: len(batch)]
        self._emptied.set()

    async def _flush_as_it_comes(self) -> None:
        try:
            while True:
                await self._filled.wait()
                self._filled = anyio.Event()
                await self._flush()
        except Exception as error:  # noqa: BLE001 - it ends the stream, and is told and logged there
            self._fail(error)

    async def _beat(self) -> None:
        wait = min(self._store.limits.beat_s, self._grace)
        try:
            while True:
                pulse = await self._store.beat(self.run, wait)
                if pulse.is_stopped:
                    return self._end_by("stopped")
                if pulse.is_full:
                    return self._fail(
                        WebError(
                            507,
                            "the store of the streams is full, and cannot keep the answer",
                            kind="StreamTooLarge",
                        )
                    )
                if pulse.unattended_s > self._grace + ATTEND_S:
                    return self._end_by("left")
        except Exception as error:  # noqa: BLE001 - it ends the stream, and is told and logged there
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._cancel()


def events_of(data: bytes) -> list[bytes]:
    """Return the server-sent events in a piece, each with its end."""
    return [event + b"\n\n" for event in data.split(b"\n\n") if event]
