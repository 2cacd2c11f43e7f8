"""Follows a job through the files of the package: how often one file calls into another, and how many files there are.

What a reader has to follow is what is counted: each call of a function of ours, and each resumption of a coroutine,
is a step, and a step that lands in another file than the last one is a crossing. Files of other packages are left
out, so code that goes through them counts as one step from ours to ours.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType

import openrouter_async

__all__ = ["Crossings", "crossings_of"]

SOURCE = str(Path(openrouter_async.__file__).parent) + "/"


class Crossings:
    """The steps of this thread through files of ours, while it is entered."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        """File, below the package, and function."""

    def __enter__(self) -> Crossings:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and (path := frame.f_code.co_filename).startswith(SOURCE):
            self.steps.append((path.removeprefix(SOURCE), frame.f_code.co_qualname))

    @property
    def count(self) -> int:
        """Changes from one file to another."""
        files = [file for file, _ in self.steps]
        return sum(file != before for before, file in pairwise(files))

    @property
    def files(self) -> Counter[str]:
        """How many steps each file has."""
        return Counter(file for file, _ in self.steps)

    def __str__(self) -> str:
        """Return the way, a line for each stay in a file; what a failed test shows."""
        lines: list[str] = []
        last = None
        for file, function in self.steps:
            if file == last:
                lines[-1] += f", {function}"
            else:
                lines.append(f"{file}: {function}")
            last = file
        return f"{self.count} crossings in {len(self.files)} files:\n" + "\n".join(lines)


async def crossings_of(job: Callable[[], Awaitable[object]]) -> Crossings:
    """Return the way of a job that was done before, so that nothing is imported or made for the first time."""
    await job()
    with Crossings() as crossings:
        await job()
    return crossings
