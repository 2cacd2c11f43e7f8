"""`ValueColumn`: the Arrow type of the requested values, and the values as cells of it.

One rule: values with one fixed form become that type of Arrow, at any depth; all others (unions, maps, recursive
types, tuples, any value) become their JSON as text. The type follows from the schema alone, so it is the same for all
parts of a data set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import JsonValue

if TYPE_CHECKING:
    from ..structured.schema import Schema

__all__ = ["ValueColumn", "value_column"]

_ERRORS = (pa.ArrowException, OverflowError, TypeError, ValueError)
"""What pyarrow raises for a value that is not of the type; a text with half a surrogate is a ValueError."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A type of Arrow, and the function that converts a JSON value for pyarrow."""

    type: pa.DataType
    cell: Callable[[JsonValue], object] = lambda value: value


class ValueColumn:
    """The column of the values."""

    def __init__(self, form: _Form, write: Callable[[object], JsonValue]) -> None:
        """Use `value_column`."""
        self._form = form
        self._write = write
        self.type = form.type
        """Of Arrow."""

    def array(self, values: Sequence[object], errors: list[str | None]) -> pa.Array:
        """Return values as a column; one that is not of its type is null, and its reason is put among the `errors`.

        A place that has an error already is null.
        """
        cells: list[object] = [None] * len(values)
        for index, value in enumerate(values):
            if errors[index] is None:
                try:
                    cells[index] = self._form.cell(self._write(value))
                except _ERRORS as error:
                    errors[index] = self._reason(error)
        try:
            return pa.array(cells, self.type)
        except _ERRORS:
            for index, cell in enumerate(cells):
                try:
                    pa.array([cell], self.type)
                except _ERRORS as error:
                    cells[index], errors[index] = None, self._reason(error)
            return pa.array(cells, self.type)

    def _reason(self, error: Exception) -> str:
        return f"the value is not a {self.type}, the type of its column: {type(error).__name__}"


def value_column(schema: Schema[object] | None) -> ValueColumn:
    """Return the column for values of a schema; None: for the texts of replies."""
    if schema is None:
        return ValueColumn(_Form(pa.string(), _whole_characters), lambda value: str(value))
    document = schema.dumped_schema
    return ValueColumn(_form(document, document, frozenset({"#"})), schema.dump)


def _whole_characters(value: JsonValue) -> str:
    """Return a text without halves of surrogates, which Arrow cannot have."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_TEXT = _Form(pa.string(), lambda value: None if value is None else json.dumps(value, ensure_ascii=False))
_SIMPLE = {
    "string": _Form(pa.string()),
    "integer": _Form(pa.int64()),
    "number": _Form(pa.float64()),
    "boolean": _Form(pa.bool_()),
}


def _form(schema: JsonValue, document: Mapping[str, JsonValue], within: frozenset[str]) -> _Form:
    """Return the form of the values of a schema of a document, `within` what the references so far point to."""
    if not isinstance(schema, Mapping):
        return _TEXT
    arms = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    kind = schema.get("type")
    if isinstance(ref := schema.get("$ref"), str):
        return _TEXT if ref in within else _form(_target(ref, document), document, within | {ref})
    if isinstance(arms, list):
        others = [arm for arm in arms if not (isinstance(arm, Mapping) and arm.get("type") == "null")]
        return _form(others[0], document, within) if len(others) == 1 else _TEXT
    if isinstance(kind, list):
        kinds = [name for name in kind if name != "null"]
        return _form({**schema, "type": kinds[0]}, document, within) if len(kinds) == 1 else _TEXT
    match kind:
        case "object":
            return _struct(schema, document, within)
        case "array" if "items" in schema and "prefixItems" not in schema:
            return _list(_form(schema["items"], document, within))
        case str() if kind in _SIMPLE:
            return _SIMPLE[kind]
        case _:
            return _TEXT


def _struct(
    schema: Mapping[str, JsonValue], document: Mapping[str, JsonValue], within: frozenset[str]
) -> _Form:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties or schema.get("additionalProperties"):
        return _TEXT
    forms = {name: _form(each, document, within) for name, each in properties.items()}

    def cell(value: JsonValue) -> object:
        if not isinstance(value, Mapping):
            return value
        return {
            name: None if value.get(name) is None else form.cell(value[name]) for name, form in forms.items()
        }

    return _Form(pa.struct([pa.field(name, form.type) for name, form in forms.items()]), cell)


def _list(items: _Form) -> _Form:
    def cell(value: JsonValue) -> object:
        if not isinstance(value, list):
            return value
        return [None if each is None else items.cell(each) for each in value]

    return _Form(pa.list_(items.type), cell)


def _target(ref: str, document: Mapping[str, JsonValue]) -> JsonValue:
    """Return what a reference of a schema points to within its document; None where that is not there."""
    found: JsonValue = dict(document)
    for part in ref.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found if ref.startswith("#") else None
