"""The display of a batch's progress: drawn over on a terminal and in a notebook, and lines elsewhere.

The command and `client.batch(..., progress=True)` show the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, Self, cast

from .progress_text import progress_line

if TYPE_CHECKING:
    from rich.console import Console

    from .stats import BatchProgress

__all__ = ["Display", "Lines", "Notebook", "display"]

LINES_EVERY = 10.0
"""Seconds between two lines where nothing can be drawn over."""


class Display(AbstractContextManager["Display"], Protocol):
    """Shows a batch until its block is left."""

    def show(self, progress: BatchProgress) -> None:
        """Show the progress; called several times a second."""
        ...

    def end(self, progress: BatchProgress) -> None:
        """Leave the last state behind."""
        ...


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
        return Notebook(cast("_Displaying", import_module("IPython.display")))
    if find_spec("rich") is not None:
        from .drawn import Drawn, can_draw, standard_error

        shown_on = console or standard_error()
        if can_draw(shown_on):
            return Drawn(shown_on, is_alone=console is None)
    file = sys.stderr if console is None else console.file
    return Lines(lambda line: print(line, file=file, flush=True))
