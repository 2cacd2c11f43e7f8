"""`RunningRelays`: the relays of an application, which end before its lifespan does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from starlette.types import Scope

    from .producing import Producer

__all__ = ["RELAYS", "RunningRelays", "running_relays", "running_relays_of"]

RELAYS = "openrouter_relays"
"""Its name in the state of the application."""

END_S = 10.0
"""Seconds that relays have at the end of the application to say so, and to call `on_end`."""


class RunningRelays:
    """The relays that run, and the tasks of those that outlive their request."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.stopping = anyio.Event()
        self._tasks = tasks
        self._running: dict[object, Callable[[], None] | None] = {}
        self._idle = anyio.Event()

    def start(self, producer: Producer) -> None:
        """Run a producer until it is done, or the application ends."""
        self._tasks.start_soon(self._produce, producer, name="upstream of a resumable relay")

    async def _produce(self, producer: Producer) -> None:
        with self.counted(producer.shut_down):
            await producer.produce()

    @contextmanager
    def counted(self, shut_down: Callable[[], None] | None = None) -> Iterator[None]:
        """Return a block whose end the application awaits; `shut_down` is called when it ends."""
        key = object()
        self._running[key] = shut_down
        if shut_down is not None and self.stopping.is_set():
            shut_down()
        try:
            yield
        finally:
            del self._running[key]
            if not self._running:
                self._idle.set()

    async def end(self) -> None:
        """End all producers, and wait for all relays."""
        self.stopping.set()
        for shut_down in list(self._running.values()):
            if shut_down is not None:
                shut_down()
        with anyio.move_on_after(END_S):
            while self._running:
                self._idle = anyio.Event()
                await self._idle.wait()


@asynccontextmanager
async def running_relays() -> AsyncIterator[RunningRelays]:
    """Return the relays of an application, until it ends."""
    tasks = anyio.create_task_group()
    await tasks.__aenter__()
    relays = RunningRelays(tasks)
    try:
        yield relays
    finally:
        with anyio.CancelScope(shield=True):
            await relays.end()
        tasks.cancel_scope.cancel()
        # What went wrong in the block is not told to the group, which would wrap it.
        await tasks.__aexit__(None, None, None)


def running_relays_of(scope: Scope) -> RunningRelays | None:
    """Return those of the application that a request came to; None if it has no lifespan of ours."""
    found = scope.get("state", {}).get(RELAYS)
    return found if isinstance(found, RunningRelays) else None
