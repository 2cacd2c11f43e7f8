"""Results as rows of a table: one flat dict for each, and a CSV file of them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from pydantic_core import to_jsonable_python

from .._files import replace_file
from ..types.chat.completion import OutputT
from .results import Done, Result

__all__ = ["Cell", "Results", "row_of"]

Cell: TypeAlias = str | int | float | bool | Decimal | None
"""A value in one column of a row; a list within a value is JSON text."""

_NUMBER = r"[+-][\d.,]+\s*\Z"
_ITEM = r"[+-](?:\s[^(|!\n]*)?(?:\n|\Z)"
_FORMULA = re.compile(rf"\s*+(?!{_NUMBER}|{_ITEM})[=@+-]")
"""How a formula begins. A number is none, nor is an item of a list, which calls no function and no program."""


def row_of(result: Result[OutputT]) -> dict[str, Cell]:
    """Return a result as a flat dict.

    It has `key`, `index`, `model`, `output`, `error` (its class), `message` of the error, `prompt_tokens`,
    `completion_tokens`, `cost` in US dollars, `elapsed` in seconds, and `attempts`. Of a value with fields there is
    `output.name` for each, in place of `output`.
    """
    row: dict[str, Cell] = {"key": result.key, "index": result.index}
    if isinstance(result, Done):
        usage = result.completion.usage
        row["model"] = result.completion.model
        row.update(_cells("output", to_jsonable_python(result.output)))
        row |= {
            "error": None,
            "message": None,
            "prompt_tokens": None if usage is None else usage.prompt_tokens,
            "completion_tokens": None if usage is None else usage.completion_tokens,
        }
    else:
        row |= {"error": type(result.error).__name__, "message": result.error.message}
    return row | {"cost": result.cost, "elapsed": round(result.elapsed, 3), "attempts": result.attempts}


class Results(list[Result[OutputT]]):
    """All results of a batch, in the order of its items: a list that can be a table.

    ```python
    results = await client.batch(reviews, output=Review)
    results.to_csv("reviews.csv")
    frame = pandas.DataFrame(results.rows())
    ```

    Where you read a batch one by one, collect it: `Results([item async for item in batch])`.
    """

    def rows(self) -> list[dict[str, Cell]]:
        """Return a flat dict for each result, all with the same names; see `row_of`."""
        rows = [row_of(result) for result in self]
        names = dict.fromkeys(name for row in rows for name in row)
        return [{name: row.get(name) for name in names} for row in rows]

    def to_csv(self, path: str | os.PathLike[str], *, formulas: bool = False) -> None:
        """Write the rows to a CSV file in UTF-8, with a line of names; a file that exists is replaced.

        Args:
            formulas: Whether a text that a spreadsheet takes for a formula, such as `=HYPERLINK(...)`, stays as it
                is. By default an apostrophe is before it, since models write what others may have told them.

        Raises:
            OSError: the file cannot be written.
        """
        rows = self.rows()
        replace_file(Path(path), _lines(rows if formulas else map(_without_formulas, rows)))


def _cells(name: str, value: object) -> Iterator[tuple[str, Cell]]:
    if isinstance(value, Mapping) and value:
        for field, inner in value.items():
            yield from _cells(f"{name}.{field}", inner)
    elif value is None or isinstance(value, str | int | float | bool):
        yield name, value
    else:
        yield name, json.dumps(value, ensure_ascii=False)


def _without_formulas(row: Mapping[str, Cell]) -> dict[str, Cell]:
    return {
        name: f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
        for name, cell in row.items()
    }


def _lines(rows: Iterable[Mapping[str, Cell]]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, [*row])
            writer.writeheader()
        writer.writerow(row)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
