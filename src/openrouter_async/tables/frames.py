"""Data frames of several libraries as Arrow tables, and back with the columns of the answers.

No library is imported here but pyarrow: a frame of pandas or polars comes with its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import cast

import pyarrow as pa

from ..errors import ConfigurationError
from .table_batch import ArrowFrame

__all__ = ["as_arrow", "extend_frame"]


def as_arrow(frame: object) -> ArrowFrame:
    """Return a frame as Arrow; a mapping has its columns as arrays or lists.

    The index of a pandas frame is not a column, and is left out.

    Raises:
        ConfigurationError: the object is not a data frame.
    """
    if _is_of("pandas", frame):
        return cast("ArrowFrame", pa.Table.from_pandas(frame, preserve_index=False))
    if isinstance(frame, Mapping):
        return cast("ArrowFrame", pa.table({name: _array(cells) for name, cells in frame.items()}))
    if isinstance(frame, ArrowFrame):
        return frame
    raise ConfigurationError(
        f"frame is a {type(frame).__name__}; expected a data frame of pyarrow, polars or pandas,"
        " or a dict of columns"
    )


def extend_frame(frame: object, answered: pa.Table, names: list[str]) -> object:
    """Return a frame of pandas or polars with these columns of a table added, any other as the table.

    The added columns of pandas are of Arrow's types, which are the same in all parts of a data set.
    """
    if _is_of("pandas", frame):
        pandas = sys.modules["pandas"]
        added = answered.select(names).to_pandas(types_mapper=pandas.ArrowDtype)
        return frame.assign(**{name: added[name].array for name in names})  # type: ignore[attr-defined]
    if _is_of("polars", frame):
        polars = sys.modules["polars"]
        return polars.DataFrame(frame).hstack(polars.from_arrow(answered.select(names)))
    return answered


def _is_of(library: str, frame: object) -> bool:
    return type(frame).__module__.partition(".")[0] == library


def _array(cells: object) -> pa.Array:
    """Return a column, whose cells may be arrays of numpy."""
    nested = getattr(cells, "tolist", None) if getattr(cells, "ndim", 1) > 1 else None
    return pa.array(cells if nested is None else nested())
