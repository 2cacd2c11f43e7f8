"""The progress of a batch, drawn on a terminal with `rich`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from .progress_text import broken, progress_facts

if TYPE_CHECKING:
    from .stats import BatchProgress

__all__ = ["Drawn", "can_draw", "standard_error"]

WIDEST_BAR = 60
NARROWER = 2
"""Columns left free, where the terminal writes `^C`: on the next line, it would keep a copy of the bar."""


def standard_error() -> Console:
    """Return a console that writes there."""
    return Console(stderr=True)


def can_draw(console: Console) -> bool:
    """Whether it is a terminal that can move its cursor; that colours are forced into a pipe makes it none."""
    return console.file.isatty() and not console.is_dumb_terminal


class Drawn:
    """A bar, and the facts below it. What is printed on the same console appears above."""

    def __init__(self, console: Console, *, is_alone: bool) -> None:
        """Draw on a console; if that is a program's own way to show anything, its `print` goes there too."""
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=not is_alone,
            redirect_stdout=is_alone and sys.stdout.isatty(),  # never what goes into a file
            redirect_stderr=is_alone,
        )

    def show(self, progress: BatchProgress) -> None:
        """Draw the progress."""
        self._live.update(_Progress(progress), refresh=True)

    def end(self, progress: BatchProgress) -> None:
        """Leave the facts behind, without the bar."""
        self._live.update(_Progress(progress, has_bar=False), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class _Progress:
    def __init__(self, progress: BatchProgress, *, has_bar: bool = True) -> None:
        self._progress = progress
        self._has_bar = has_bar

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        progress, width = self._progress, max(1, options.max_width - NARROWER)
        if self._has_bar and progress.total:
            yield ProgressBar(progress.total, progress.done + progress.failed, width=min(width, WIDEST_BAR))
            yield Text()
        yield Text("\n".join(broken(progress_facts(progress), width)))
