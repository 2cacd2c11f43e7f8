"""`Codec`: what each construct of a schema becomes: its strict form, and the translation of values there and back.

`encode` takes a value of the original schema, `decode` one of the strict one; both raise `Unfit` for a value of
another shape, though neither validates: that is done with the original schema afterwards. With `partial` the
value may end anywhere, as in a stream; what is not there yet is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "ABSENT",
    "Absent",
    "Codec",
    "Document",
    "Kind",
    "NoJSON",
    "Unfit",
    "are_same",
    "arms_of",
    "closed_object",
    "kind_of",
    "noted",
]

Kind: TypeAlias = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
Document: TypeAlias = "dict[str, JsonValue]"


class Absent:
    """What a property has in place of a default when it has none."""


ABSENT = Absent()


class Unfit(ValueError):
    """A value does not have the shape that is translated."""


class NoJSON(Unfit):
    """A text that should hold JSON does not; it may be meant as it stands, or be written carelessly."""


class Codec(Protocol):
    """One construct of a schema."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The JSON types that its strict form has."""
        ...

    def schema(self) -> Document:
        """Return the strict schema."""
        ...

    def encode(self, value: JsonValue) -> JsonValue:
        """Return a value of the original schema in its strict form."""
        ...

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        """Return a strict value in its original form."""
        ...

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        """Whether a strict value looks like one of these, seen from outside."""
        ...


def kind_of(value: JsonValue) -> Kind:
    """Return the JSON type of a value; a number without a fraction is an integer."""
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


def arms_of(schema: Document) -> list[JsonValue]:
    """Return the arms of a choice that is nothing more; of anything else itself."""
    arms = schema.get("anyOf")
    return list(arms) if isinstance(arms, list) and len(schema) == 1 else [schema]


def closed_object(properties: Mapping[str, JsonValue], note: str = "") -> Document:
    """Return the schema of an object that has exactly these properties."""
    schema: Document = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
    return noted(schema, note)
