"""The progress of a batch, on standard error: a bar on a terminal, an occasional line elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ..batch.report import duration
from .output import Output, dollars, printable
from .streams import notes

if TYPE_CHECKING:
    from typing import Self

    from ..batch.stats import BatchProgress

__all__ = ["ProgressDisplay", "duration"]

EVERY = 10.0
"""Seconds between two lines without a terminal."""


class ProgressDisplay:
    """Shows a batch until the block is left."""

    def __init__(self, total: int | None, output: Output) -> None:
        self._total = total
        self._output = output
        self._last = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if notes.isatty():
            self._bar = _Bar(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[facts]}"),
                TimeElapsedColumn(),
                # The console of all notes, so that these stand above the bar; and nothing is taken away from standard
                # output, which may be a file.
                console=output.notes,
                redirect_stdout=False,
                redirect_stderr=False,
                transient=True,
            )
            self._task = self._bar.add_task("", total=total, facts="")

    def show(self, progress: BatchProgress) -> None:
        """Show the progress, if it is time to."""
        if self._bar is not None:
            self._bar.update(self._task, completed=progress.done + progress.failed, facts=_facts(progress))
        elif time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            of = "" if self._total is None else f" of {self._total}"
            print(f"{progress.done + progress.failed}{of} · {_facts(progress)}", file=notes, flush=True)

    def write(self, line: str) -> None:
        """Write a line of the results; above the bar, where both are on the terminal."""
        if self._bar is not None and self._output.is_terminal:
            self._output.notes.print(Text(printable(line)), soft_wrap=True)
        else:
            self._output.write(line, end="\n")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Bar(Progress):
    def get_renderable(self) -> RenderableType:
        return _Narrower(super().get_renderable())


@dataclass
class _Narrower:
    """Leaves two columns free, where the terminal writes `^C`: on the next line, it would keep a copy of the bar."""

    bar: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.bar, options.update(width=options.max_width - 2))


def _facts(progress: BatchProgress) -> str:
    parts = [f"{progress.in_flight} asked", dollars(progress.cost)]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rate:
        parts.append(f"{progress.rate:.1f}/s")
    if progress.time_left is not None:
        parts.append(f"{duration(progress.time_left)} left")
    return " · ".join(parts)
