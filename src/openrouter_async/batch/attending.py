"""What attends a running batch: Ctrl-C that finishes what is in flight, and a display of the progress."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import anyio

from .display import display
from .signals import received_signals

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .settings import BatchSettings
    from .stats import BatchProgress

__all__ = ["LOOK_EVERY", "Attended", "attend"]

LOOK_EVERY = 0.2
"""Seconds between two looks at the progress."""


class Attended(Protocol):
    """A batch, as those who attend it need it."""

    interrupts: int

    @property
    def progress(self) -> BatchProgress: ...

    def stop(self) -> None: ...


def attend(batch: Attended, group: TaskGroup, settings: BatchSettings) -> None:
    """Start the tasks that the settings ask for; they end with the group."""
    if settings.finish_on_interrupt:
        group.start_soon(_obey_signals, batch, group)
    if settings.progress:
        group.start_soon(_show, batch)


async def _obey_signals(batch: Attended, group: TaskGroup) -> None:
    before = signal.getsignal(signal.SIGINT)  # an event loop restores the interpreter's, and not this one
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGINT, before)
        signals = stack.enter_context(received_signals())
        async for _ in signals:
            batch.interrupts += 1
            if batch.interrupts > 1:
                group.cancel_scope.cancel()
                return
            batch.stop()
            count = batch.progress.in_flight
            print(
                f"finishing {count} in flight; interrupt again to end immediately",
                file=sys.stderr,
                flush=True,
            )


async def _show(batch: Attended) -> None:
    with display() as shown:
        try:
            while True:
                shown.show(batch.progress)
                await anyio.sleep(LOOK_EVERY)
        finally:
            shown.end(batch.progress)
