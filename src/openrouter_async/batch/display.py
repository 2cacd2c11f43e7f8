"""The display of a batch's progress: drawn over on a terminal and in a notebook, and lines elsewhere.

The command and `client.batch(..., progress=True)` show the same. What is drawn has the bar in one line and the facts in
as many as they need, each broken between two facts, so it fits the narrowest terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, Self

from .._sansio.money import format_usd
from .report import duration

if TYPE_CHECKING:
    from rich.console import Console

    from .stats import BatchProgress

__all__ = ["BETWEEN", "Display", "Lines", "Notebook", "broken", "display", "progress_facts", "progress_line"]

LINES_EVERY = 10.0
"""Seconds between two lines where nothing can be drawn over."""
BETWEEN = " · "


class Display(AbstractContextManager["Display"], Protocol):
    """Shows a batch until its block is left."""

    def show(self, progress: BatchProgress) -> None:
        """Show the progress; called several times a second."""
        ...

    def end(self, progress: BatchProgress) -> None:
        """Leave the last state behind."""
        ...


def progress_facts(progress: BatchProgress) -> list[str]:
    """Return the progress in words, which say when limits hold the batch back."""
    of = "" if progress.total is None else f" of {progress.total:,}"
    facts = [f"{progress.done + progress.failed:,}{of}", f"${format_usd(progress.cost)}"]
    if progress.failed:
        facts.append(f"{progress.failed:,} failed")
    if progress.rate:
        facts.append(f"{progress.rate:.1f}/s")
    if progress.time_left is not None:
        facts.append(f"{duration(progress.time_left)} left")
    elif progress.total is None:
        facts.append(duration(progress.elapsed))
    if progress.waiting:
        facts.append(f"limits hold back {progress.waiting:,} of {progress.in_flight:,}")
    elif progress.in_flight:
        facts.append(f"{progress.in_flight:,} in flight")
    return facts


def progress_line(progress: BatchProgress) -> str:
    """Return the same as one line."""
    return BETWEEN.join(progress_facts(progress))


def broken(facts: Iterable[str], width: int) -> list[str]:
    """Return facts as lines of at most so many columns, as far as each fits one."""
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]}{BETWEEN}{fact}" if lines else fact
        if lines and len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines


class Lines:
    """Writes a line now and then."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """Use a function that writes a line."""
        self._write = write
        self._last = time.monotonic()

    def show(self, progress: BatchProgress) -> None:
        """Write a line, if it is time to."""
        if time.monotonic() - self._last >= LINES_EVERY:
            self._last = time.monotonic()
            self._write(progress_line(progress))

    def end(self, progress: BatchProgress) -> None:
        """Write the last line."""
        self._write(progress_line(progress))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Notebook:
    """Draws over one line below the cell, which needs no package but the notebook's own."""

    def __init__(self, ipython: _Displaying) -> None:
        """Use the module `IPython.display` of the notebook."""
        self._ipython = ipython
        self._handle: _Handle | None = None
        self._shown = ""

    def show(self, progress: BatchProgress) -> None:
        """Draw the progress, if it has changed."""
        line = progress_line(progress)
        if self._handle is None:
            self._handle = self._ipython.display({"text/plain": line}, raw=True, display_id=True)
        elif line != self._shown:
            self._handle.update({"text/plain": line}, raw=True)
        self._shown = line

    def end(self, progress: BatchProgress) -> None:
        """Draw the last state."""
        self.show(progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class _Handle(Protocol):
    def update(self, data: object, *, raw: bool) -> None: ...


class _Displaying(Protocol):
    def display(self, data: object, *, raw: bool, display_id: bool) -> _Handle: ...


def display(console: Console | None = None) -> Display:
    """Return what shows progress on standard error; or on a caller's console, where what was drawn is taken away."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        return Notebook(import_module("IPython.display"))
    if find_spec("rich") is not None:
        from .drawn import Drawn, can_draw, standard_error

        shown_on = console or standard_error()
        if can_draw(shown_on):
            return Drawn(shown_on, is_alone=console is None)
    file = sys.stderr if console is None else console.file
    return Lines(lambda line: print(line, file=file, flush=True))
