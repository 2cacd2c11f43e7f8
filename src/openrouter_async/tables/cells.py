"""The cells of a data frame as text, for prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

import pyarrow as pa

from ..errors import ConfigurationError

__all__ = ["RowTexts", "check_column", "texts_of_rows"]

RowTexts: TypeAlias = Mapping[str, str] | str
"""The cells of a row as text, by their column; or why the row has no prompt."""


def check_column(field: pa.Field) -> None:
    """Raise `ConfigurationError` if the cells of a column have no text: those of bytes."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    ):
        raise ConfigurationError(
            f"the column {field.name!r} contains bytes ({field.type}), which a prompt cannot; expected text or values"
        )


def texts_of_rows(batch: pa.RecordBatch, columns: tuple[str, ...]) -> list[RowTexts]:
    """Return the cells of these columns as text, row by row."""
    values = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in columns]
    return [_row(columns, cells) for cells in zip(*values, strict=True)] if columns else [{}] * batch.num_rows


def _row(columns: tuple[str, ...], cells: tuple[object, ...]) -> RowTexts:
    if None in cells:
        missing = columns[cells.index(None)]
        return f"not asked: the column {missing!r} is null"
    return {name: _text(cell) for name, cell in zip(columns, cells, strict=True)}


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)
