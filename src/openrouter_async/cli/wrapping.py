"""`WordWrap`: plain text that arrives in pieces, broken between words where the terminal ends."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import cell_len, chop_cells

__all__ = ["WordWrap"]

_PARTS = re.compile(r"\n|[^\S\n]+|\S+")
WIDE = 2
"""Columns of a character of scripts that are written without blanks; a line may be broken after each."""


class WordWrap:
    """Passes on what is written; a word waits until its end is known."""

    def __init__(self, width: int, write: Callable[[str], None]) -> None:
        self._width = width
        self._write = write
        self._column = 0
        self._gap = ""
        self._word = ""

    def write(self, text: str) -> None:
        """Write all whole words; the last one may still grow."""
        *parts, last = _PARTS.findall(self._word + text) or [""]
        self._word = ""
        for part in parts:
            self._put(part)
        if last.isspace() or cell_len(last[-1:]) == WIDE:
            self._put(last)
        else:
            self._word = last

    def end(self) -> None:
        """Write what waits, and end the line if one has begun."""
        word, self._word = self._word, ""
        self._put(word)
        if self._column:
            self._put("\n")

    def _put(self, part: str) -> None:
        if part == "\n":
            self._write("\n")
            self._column, self._gap = 0, ""
        elif part.isspace():
            self._gap = part
        elif part:
            self._put_word(part)

    def _put_word(self, word: str) -> None:
        room = self._width - self._column - len(self._gap)
        if cell_len(word) > room and self._column and (cell_len(word) <= self._width or room < WIDE):
            self._write("\n")
            self._column, self._gap = 0, ""
            room = self._width
        first, *others = _chopped(word, room, self._width)
        self._write("".join([self._gap, first, *(f"\n{line}" for line in others)]))
        self._column = cell_len(others[-1]) if others else self._column + len(self._gap) + cell_len(first)
        self._gap = ""


def _chopped(word: str, room: int, width: int) -> list[str]:
    """Return a word in pieces for the rest of a line and the lines after it."""
    if cell_len(word) <= room:
        return [word]
    first = chop_cells(word, room)[0]
    return [first, *chop_cells(word[len(first) :], width)]
