"""The output of commands: formatted on a terminal, plain in a pipe, JSON on request.

Results go to standard output, everything else to standard error. Text from models and from the service passes
`printable`, and JSON `escaped`, wherever it is printed: control characters could move a terminal's cursor and rewrite
its content, and a pipe may end in a terminal too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from io import TextIOBase
from itertools import compress

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .streams import console, json_for, notes, results

__all__ = ["Output", "WholeLineEnds", "dollars", "escaped", "printable", "to_json"]

GAP, LEAST_ROOM = 2, 8
"""Columns between two cells of a table, and those without which a cell says nothing."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return text with its control characters made visible; line ends and tabs stay."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r\n", "\n"))


class WholeLineEnds:
    """Passes on text that comes in pieces, so that none ends between the two characters of a line end."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._waiting = ""

    def write(self, text: str) -> None:
        """Pass it on, except for a `\\r` at its end."""
        text = self._waiting + text
        self._waiting = "\r" if text.endswith("\r") else ""
        self._write(text.removesuffix(self._waiting))

    def end(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            self._write(self._waiting)


def escaped(text: str) -> str:
    """Return JSON text whose control characters are escapes; it means the same."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def dollars(amount: Decimal | None) -> str:
    """Return an amount for people: cents, and as many more digits as it needs."""
    if amount is None:
        return "unknown"
    if amount and abs(amount) < Decimal("0.01"):
        return f"${amount:.6f}".rstrip("0")
    return f"${amount:.2f}"


def to_json(value: object, *, to: TextIOBase, indent: int | None = None) -> str:
    """Return JSON text for a stream; amounts become numbers."""
    return json_for(to, escaped(json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)))


def _plain(value: object) -> float | str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else str(value)


class Output:
    """Where a command writes to."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.is_terminal = results.isatty()
        self.console = console(results, highlight=False, markup=False)
        self.notes = console(notes, highlight=False, markup=False)

    @property
    def has_colour(self) -> bool:
        """Whether standard output shows colours: a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise."""
        return self.console.color_system is not None and not self.console.no_color

    @property
    def draws(self) -> bool:
        """Whether standard output is a terminal that can move its cursor, and shows every character."""
        return (
            self.is_terminal
            and not self.as_json
            and not self.console.is_dumb_terminal
            and results.encoding.lower().startswith("utf")
        )

    def write(self, text: str, *, end: str = "") -> None:
        """Print part of a result immediately."""
        results.write(printable(text) + end)
        results.flush()

    def json(self, value: object) -> None:
        """Write one value as JSON: over several lines on a terminal, on one in a pipe."""
        self.write(to_json(value, to=results, indent=2 if self.is_terminal else None), end="\n")

    def note(self, text: str, *, style: str = "dim") -> None:
        """Tell the person at the terminal something beside the result; nobody else."""
        if notes.isatty() and not self.as_json:
            self.notes.print(Text(printable(text), style=style))

    def warn(self, text: str) -> None:
        """Warn whoever runs the command, on a terminal or not."""
        self.tell(text, style="yellow")

    def tell(self, text: str, *, style: str = "") -> None:
        """Tell whoever runs the command, on a terminal or not."""
        self.notes.print(Text(printable(text), style=style), soft_wrap=not notes.isatty())

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        right: Sequence[str] = (),
        dim: Sequence[str] = (),
    ) -> None:
        """Draw a table on a terminal; in a pipe, print one line per row, with cells separated by tabs.

        On a terminal each row fits on one line: the columns in `dim` shrink to the remaining width, or disappear.
        Others that do not fit are printed below the first.
        """
        if not self.is_terminal:
            for row in rows:
                self.write("\t".join(" ".join(cell.split()) for cell in row), end="\n")
            return
        widths = {
            column: max(map(len, cells)) for column, *cells in zip(columns, columns, *rows, strict=True)
        }
        needed = sum(width + GAP for column, width in widths.items() if column not in dim)
        room = self.console.width - needed
        if room < 0:
            self._below_each_other(columns, rows)
            return
        shown = [column not in dim or room >= LEAST_ROOM for column in columns]
        drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
        for column in compress(columns, shown):
            drawn.add_column(
                column,
                justify="right" if column in right else "left",
                style="dim" if column in dim else "",
                no_wrap=True,
                width=min(widths[column], room) if column in dim else widths[column],
            )
        for row in rows:
            drawn.add_row(*(Text(printable(cell)) for cell in compress(row, shown)))
        self.console.print(drawn)

    def _below_each_other(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows that are wider than the terminal: the first cell, and below it the others with their names."""
        for first, *others in rows:
            self.console.print(Text(printable(first)))
            named = [f"{name} {cell}" for name, cell in zip(columns[1:], others, strict=True) if cell]
            self.console.print(Padding(Text(printable(" · ".join(named)), style="dim"), (0, 0, 0, GAP)))

    def facts(self, facts: Mapping[str, str]) -> None:
        """Write names and values, a line each."""
        if not self.is_terminal:
            self.table((), list(facts.items()))
            return
        grid = Table.grid(padding=(0, 2))
        for name, value in facts.items():
            grid.add_row(Text(name, style="dim"), Text(printable(value)))
        self.console.print(grid)
