"""`Codec`: the strict form of each construct of a schema, and the translation of values in both directions.

`encode` takes a value of the original schema, `decode` one of the strict one; both raise `ShapeError` for a value of
another shape, though neither validates: the original schema does that afterwards. With `partial` the value may be
incomplete, as in a stream; missing parts are left out.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from pydantic_core import from_json

from ..schemas.json_text import parsed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "ABSENT", "Absent", "ArrayCodec", "Codec", "Document", "JSONTextCodec", "Kind", "NotJSON", "RefCodec",
    "ScalarCodec", "ShapeError", "TranslatedCodec", "UnsupportedSchema", "are_same", "kind_of", "noted",
]  # fmt: skip

Kind: TypeAlias = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
Document: TypeAlias = "dict[str, JsonValue]"


class Absent:
    """Stands for the missing default of a property."""


ABSENT = Absent()


class ShapeError(ValueError):
    """A value does not have the shape that is translated."""


class NotJSON(ShapeError):
    """A string that should contain JSON does not; it may be meant literally, or be written carelessly."""


class UnsupportedSchema(ValueError):
    """No strict schema says what one demands."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason: str = reason
        self.place: str = place
        """A JSON pointer into the schema; "" until the converter has added it."""

    def __str__(self) -> str:
        return f"{self.reason}, at {self.place}"


class Codec(ABC):
    """One construct of a schema."""

    _kinds: ClassVar[frozenset[Kind]]

    @property
    def kinds(self) -> frozenset[Kind]:
        """The JSON types that its strict form has."""
        return self._kinds

    @abstractmethod
    def schema(self) -> Document:
        """Return the strict schema."""

    @abstractmethod
    def encode(self, value: JsonValue) -> JsonValue:
        """Return a value of the original schema in its strict form."""

    @abstractmethod
    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        """Return a strict value in its original form."""

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        """Whether a strict value looks like one of these, seen from outside."""
        return kind_of(value) in self.kinds


@dataclass(frozen=True)
class ScalarCodec(Codec):
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
            raise ShapeError
        return value

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return value

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        if kind_of(value) not in self.kinds:
            return False
        return self.choices is None or partial or any(are_same(value, choice) for choice in self.choices)


@dataclass(frozen=True)
class JSONTextCodec(Codec):
    """Any JSON value, as a string that contains JSON."""

    note: str = ""
    _kinds = frozenset({"string"})

    def schema(self) -> Document:
        return {
            "type": "string",
            "description": f"{self.note} Any JSON value, written as JSON in this text.".lstrip(),
        }

    def encode(self, value: JsonValue) -> JsonValue:
        return json.dumps(value, ensure_ascii=False)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, str):
            raise ShapeError
        try:
            if not partial:
                return parsed(value)
            part: JsonValue = from_json(value, allow_inf_nan=False, allow_partial="trailing-strings")
        except ValueError as problem:
            raise NotJSON(f"{value[:40]!r} is not JSON: {problem}") from None
        return part


@dataclass(frozen=True)
class ArrayCodec(Codec):
    """An array of one kind of item."""

    items: Codec
    note: str = ""
    _kinds = frozenset({"array"})

    def schema(self) -> Document:
        return noted({"type": "array", "items": self.items.schema()}, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, list):
            raise ShapeError
        return [self.items.encode(item) for item in value]

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, list):
            raise ShapeError
        decoded: list[JsonValue] = []
        for number, item in enumerate(value, 1):
            is_open = partial and number == len(value)
            try:
                decoded.append(self.items.decode(item, partial=is_open))
            except ShapeError:
                if not is_open:
                    raise
        return decoded


@dataclass(frozen=True, eq=False)
class RefCodec(Codec):
    """A definition in a table, because it is recursive or used more than once."""

    name: str
    table: Mapping[str, Codec]

    @property
    def target(self) -> Codec:
        """The definition itself; another reference may be."""
        return self.table[self.name]

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.target.kinds

    def schema(self) -> Document:
        return {"$ref": f"#/$defs/{self.name}"}

    def encode(self, value: JsonValue) -> JsonValue:
        return self.target.encode(value)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return self.target.decode(value, partial=partial)

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return self.target.matches(value, partial=partial)


class TranslatedCodec(Codec):
    """A construct that has no strict form, whose values are written as those of another one."""

    @cached_property
    def form(self) -> Codec:
        """What its values are written as; each construct says its own."""
        raise NotImplementedError

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.form.kinds

    @abstractmethod
    def to_form(self, value: JsonValue) -> JsonValue:
        """Return a value of this construct as one of its form."""

    @abstractmethod
    def from_form(self, value: JsonValue, *, partial: bool) -> JsonValue:
        """Return a value of its form as one of this construct."""

    def schema(self) -> Document:
        return self.form.schema()

    def encode(self, value: JsonValue) -> JsonValue:
        return self.form.encode(self.to_form(value))

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return self.from_form(self.form.decode(value, partial=partial), partial=partial)

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return self.form.matches(value, partial=partial)


def kind_of(value: JsonValue) -> Kind:
    """Return the JSON type of a value; `2.0` is an integer (JSON Schema 2020-12, validation, 6.1.1)."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def noted(schema: Document, note: str) -> Document:
    """Return a schema with a note for the model, if there is one."""
    return {**schema, "description": note} if note else schema


def are_same(a: JsonValue, b: JsonValue) -> bool:
    """Whether two scalars are the same in JSON, where true is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)
