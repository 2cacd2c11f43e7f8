"""What attends a running batch: Ctrl-C that finishes what is in flight, and a display of the progress."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

import anyio

from .._sansio.money import format_usd
from .report import duration
from .signals import received_signals

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .settings import BatchSettings
    from .stats import BatchProgress

__all__ = ["Attended", "attend", "progress_line"]

LINES_EVERY = 10.0
"""Seconds between two lines where nothing can be drawn over."""
LOOK_EVERY = 0.2


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
            print(f"finishing {count} in flight; interrupt again to end at once", file=sys.stderr, flush=True)


def progress_line(progress: BatchProgress) -> str:
    """Return the progress as one line, which reports the items that limits delay."""
    ended = progress.done + progress.failed
    of = "" if progress.total is None else f" of {progress.total:,}"
    parts = [f"{ended:,}{of}", f"${format_usd(progress.cost)}"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.rate:
        parts.append(f"{progress.rate:.1f}/s")
    if progress.time_left is not None:
        parts.append(f"{duration(progress.time_left)} left")
    if progress.waiting:
        parts.append(f"limits hold back {progress.waiting:,} of {progress.in_flight:,}")
    return " · ".join(parts)


async def _show(batch: Attended) -> None:
    if find_spec("rich") is not None:
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            from rich.live import Live
            from rich.text import Text

            with Live(console=console, auto_refresh=False) as live:
                try:
                    while True:
                        live.update(Text(progress_line(batch.progress)), refresh=True)
                        await anyio.sleep(LOOK_EVERY)
                finally:
                    live.update(Text(progress_line(batch.progress)), refresh=True)
    last = time.monotonic()
    try:
        while True:
            await anyio.sleep(LOOK_EVERY)
            if time.monotonic() - last >= LINES_EVERY:
                last = time.monotonic()
                print(progress_line(batch.progress), file=sys.stderr, flush=True)
    finally:
        print(progress_line(batch.progress), file=sys.stderr, flush=True)
