"""`Doorbell`: wakes the tasks of this process that wait for something about a stream."""

from __future__ import annotations

import anyio

__all__ = ["Doorbell"]


class Doorbell:
    """One for each store; tasks wait by the run of their stream."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[anyio.Event, int]] = {}

    def ring(self, run: str) -> None:
        """Wake all that wait for a stream."""
        if run in self._waiting:
            self._waiting[run][0].set()

    async def wait(self, run: str, seconds: float) -> None:
        """Return when it rings for a stream, or after so many seconds."""
        event, waiters = self._waiting.get(run, (None, 0))
        if event is None or event.is_set():
            event, waiters = anyio.Event(), 0
        self._waiting[run] = event, waiters + 1
        try:
            with anyio.move_on_after(seconds):
                await event.wait()
        finally:
            current, waiters = self._waiting.get(run, (None, 0))
            if current is event:
                if waiters > 1:
                    self._waiting[run] = event, waiters - 1
                else:
                    del self._waiting[run]
