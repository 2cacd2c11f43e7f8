"""How a batch stands, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .output import dollars

if TYPE_CHECKING:
    from typing import Self

    from ..batch.accounts import BatchProgress

__all__ = ["ProgressDisplay", "duration"]

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


def duration(seconds: float | None) -> str:
    """Return a time for people."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class ProgressDisplay:
    """Shows a batch until the block is left."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._last = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if sys.stderr.isatty():
            self._bar = Progress(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[facts]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=total, facts="")

    def show(self, progress: BatchProgress) -> None:
        """Show where the batch stands, if it is time to."""
        if self._bar is not None:
            self._bar.update(self._task, completed=progress.done + progress.failed, facts=_facts(progress))
        elif time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            of = "" if self._total is None else f" of {self._total}"
            print(f"{progress.done + progress.failed}{of} · {_facts(progress)}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _facts(progress: BatchProgress) -> str:
    parts = [f"{progress.in_flight} asked", dollars(progress.cost)]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rate:
        parts.append(f"{progress.rate:.1f}/s")
    if progress.time_left is not None:
        parts.append(f"{duration(progress.time_left)} left")
    return " · ".join(parts)
