"""Codecs of what holds no properties: scalars, any JSON, arrays, and references to definitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import from_json

from ..json_text import parsed
from .codec import Codec, Document, Kind, NoJSON, Unfit, are_same, kind_of, noted

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["HOLDS_JSON", "AnyJSON", "Array", "Ref", "Scalar"]


HOLDS_JSON = "Any JSON value, written as JSON in this text."
"""What the strict form says to a model of such a text."""


@dataclass(frozen=True)
class Scalar:
    """A text, number, truth value or null, perhaps one of a few."""

    kind: Kind
    choices: tuple[JsonValue, ...] | None = None
    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"integer", "number"} if self.kind == "number" else {self.kind})

    def schema(self) -> Document:
        schema: Document = {"type": self.kind}
        if self.choices is not None:
            schema["enum"] = list(self.choices)
        return noted(schema, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not self.matches(value, partial=False):
            raise Unfit
        return value

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return value

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        if kind_of(value) not in self.kinds:
            return False
        return self.choices is None or partial or any(are_same(value, choice) for choice in self.choices)


@dataclass(frozen=True)
class AnyJSON:
    """Any JSON value, as text that holds JSON."""

    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"string"})

    def schema(self) -> Document:
        return {"type": "string", "description": f"{self.note} {HOLDS_JSON}".strip()}

    def encode(self, value: JsonValue) -> JsonValue:
        return json.dumps(value, ensure_ascii=False)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, str):
            raise Unfit
        try:
            if not partial:
                return parsed(value)
            part: JsonValue = from_json(value, allow_inf_nan=False, allow_partial="trailing-strings")
        except ValueError as problem:
            raise NoJSON(f"{value[:40]!r} is no JSON: {problem}") from None
        return part

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return isinstance(value, str)


@dataclass(frozen=True)
class Array:
    """An array of one kind of item."""

    items: Codec
    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"array"})

    def schema(self) -> Document:
        return noted({"type": "array", "items": self.items.schema()}, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, list):
            raise Unfit
        return [self.items.encode(item) for item in value]

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, list):
            raise Unfit
        return _decode_items(self.items, value, partial=partial)

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return isinstance(value, list)


def _decode_items(codec: Codec, items: list[JsonValue], *, partial: bool) -> list[JsonValue]:
    """Return the items decoded; of partial ones the last is left out if nothing can be made of it yet."""
    decoded: list[JsonValue] = []
    for index, item in enumerate(items):
        try:
            decoded.append(codec.decode(item, partial=partial and index == len(items) - 1))
        except Unfit:
            if not (partial and index == len(items) - 1):
                raise
    return decoded


@dataclass(frozen=True, eq=False)
class Ref:
    """A definition that stands in a table, since it is recursive or used more than once."""

    name: str
    table: Mapping[str, Codec]

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.table[self.name].kinds

    def schema(self) -> Document:
        return {"$ref": f"#/$defs/{self.name}"}

    def encode(self, value: JsonValue) -> JsonValue:
        return self.table[self.name].encode(value)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return self.table[self.name].decode(value, partial=partial)

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return self.table[self.name].matches(value, partial=partial)
