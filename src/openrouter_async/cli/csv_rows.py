"""Rows of CSV files as people have them: separated by commas, semicolons or tabs, with fields of any length.

The first line is the witness of what separates the others: the character by which it has a column for prompts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO

from ..errors import ConfigurationError

__all__ = ["KEYS", "PROMPTS", "rows", "utf8"]

KEYS = ("key", "custom_id", "id")
PROMPTS = ("messages", "prompt", "text", "question")
NUMBERS = frozenset(
    [
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "top_a",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "seed",
    ]
)
"""Parameters whose cell is a number."""
WORDS = frozenset({"preset", "reasoning_effort", "service_tier", "verbosity"})
"""Parameters whose cell is text."""
KNOWN = {*KEYS, *PROMPTS, *WORDS, *NUMBERS, "system", "model"}

SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""What Excel reads, and some programs write for it, above the header."""

csv.field_size_limit(2**31 - 1)  # of 131,072 characters; the greatest that every system takes


class _Lines:
    """The lines of a file, with what was taken since the last row."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0
        self.raw = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.raw += line
        return line


def rows(file: Iterable[str]) -> Iterator[tuple[int, str, Callable[[], Mapping[str, object]]]]:
    """Yield number, text and reader of each row that is not empty; the reader raises `ValueError`.

    Raises:
        ConfigurationError: no column is one of prompts.
    """
    lines = _Lines(file)
    header = next(csv.reader(lines), [])
    if given := _SEPARATOR_LINE.fullmatch(lines.raw):
        lines.raw = ""
        header = next(csv.reader(lines), [])
    separator, names = _columns(lines.raw, given[1] if given else "", header)
    reader = csv.reader(lines, delimiter=separator)
    while True:
        lines.raw = ""
        row = next(reader, None)
        if row is None:
            return
        if any(row):
            raw, number = lines.raw, lines.number
            yield number, raw, lambda row=row, raw=raw: _cells(names, row, raw, separator)  # type: ignore[misc]  # bound now


def _columns(line: str, given: str, header: list[str]) -> tuple[str, list[str]]:
    """Return what separates the columns, and their names."""
    found = [(each, _names(line, each)) for each in given or SEPARATORS]
    for separator, names in found:
        if not set(PROMPTS).isdisjoint(names):
            return separator, names
    if header and all(len(names) == 1 for _, names in found):  # one column, which can only be of prompts
        return given or ",", ["prompt"]
    if not header:
        return ",", []
    shown = max((names for _, names in found), key=len)
    raise ConfigurationError(
        f"the first line has the columns {', '.join(shown)[:200]}; expected one of them to be {', '.join(PROMPTS)}"
    )


def _names(line: str, separator: str) -> list[str]:
    names = [name.strip() for name in next(csv.reader(StringIO(line, newline=""), delimiter=separator), [])]
    return [name.lower() if name.lower() in KNOWN else name for name in names]


def _cells(names: list[str], row: list[str], raw: str, separator: str) -> Mapping[str, object]:
    """Return the cells of one row that mean something, by their column."""
    if raw.count('"') % 2 and _is_open(raw, separator):
        raise ValueError("a quotation mark opens a text that has no end")
    while len(row) > len(names) and not row[-1]:
        row.pop()  # spreadsheets end lines with empty cells
    if len(row) != len(names):
        raise ValueError(f"{len(row)} cells; expected {len(names)}, as many as the first line has")
    cells: dict[str, object] = {name: utf8(cell) for name, cell in zip(names, row, strict=True) if cell}
    numbers = {name: _number(name, str(cells[name]), separator) for name in NUMBERS & cells.keys()}
    return {name: cell for name, cell in cells.items() if name in KNOWN} | numbers


def _is_open(raw: str, separator: str) -> bool:
    """Whether the row ends within a quoted text, which only strict reading detects."""
    try:
        list(csv.reader(StringIO(raw, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _number(name: str, cell: str, separator: str) -> float:
    # Where commas do not separate cells, they do separate decimals.
    text = cell.strip().replace(",", ".") if separator == ";" else cell.strip()
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"{name} is {cell[:40]!r}; expected a number") from None


def utf8(text: str) -> str:
    """Return a text that was decoded with `surrogateescape`; raises `ValueError` where that was needed."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8") from None
    return text
