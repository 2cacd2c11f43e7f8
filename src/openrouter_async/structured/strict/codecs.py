"""Codecs: for each construct of a schema its strict form, and the translation of values there and back.

`encode` takes a value of the original schema, `decode` one of the strict one; both raise `Unfit` for a value of
another shape, though neither validates: that is done with the original schema afterwards. With `partial` the
value may end anywhere, as in a stream; what is not there yet is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pydantic_core import from_json

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "ABSENT",
    "AnyJSON",
    "Array",
    "Codec",
    "Field",
    "Kind",
    "Object",
    "Pairs",
    "Ref",
    "Scalar",
    "Tuple",
    "Unfit",
    "Union",
    "are_disjoint",
    "is_identity",
]

Kind: TypeAlias = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
Document: TypeAlias = "dict[str, JsonValue]"


class Absent:
    """What a property has in place of a default when it has none."""


ABSENT = Absent()


class Unfit(ValueError):
    """A value does not have the shape that is translated."""


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


def _noted(schema: Document, note: str) -> Document:
    return {**schema, "description": note} if note else schema


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
        return _noted(schema, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not self.matches(value, partial=False):
            raise Unfit
        return value

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        return value

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        if kind_of(value) not in self.kinds:
            return False
        return self.choices is None or partial or any(_same(value, choice) for choice in self.choices)


def _same(a: JsonValue, b: JsonValue) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


@dataclass(frozen=True)
class AnyJSON:
    """Any JSON value, as text that holds JSON."""

    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"string"})

    def schema(self) -> Document:
        note = "Any JSON value, written as JSON in this text."
        return {"type": "string", "description": f"{self.note} {note}".strip()}

    def encode(self, value: JsonValue) -> JsonValue:
        return json.dumps(value, ensure_ascii=False)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, str):
            raise Unfit
        try:
            read: JsonValue = from_json(
                value, allow_inf_nan=False, allow_partial="trailing-strings" if partial else False
            )
        except ValueError:
            raise Unfit from None
        return read

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
        return _noted({"type": "array", "items": self.items.schema()}, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, list):
            raise Unfit
        return [self.items.encode(item) for item in value]

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, list):
            raise Unfit
        return decode_items(self.items, value, partial=partial)

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return isinstance(value, list)


def decode_items(codec: Codec, items: list[JsonValue], *, partial: bool) -> list[JsonValue]:
    """Return the items decoded; of partial ones the last is left out if nothing can be made of it yet."""
    decoded: list[JsonValue] = []
    for index, item in enumerate(items):
        try:
            decoded.append(codec.decode(item, partial=partial and index == len(items) - 1))
        except Unfit:
            if not (partial and index == len(items) - 1):
                raise
    return decoded


@dataclass(frozen=True)
class Field:
    """A property of an object."""

    name: str
    codec: Codec
    is_optional: bool = False
    default: JsonValue | Absent = ABSENT
    fills_default: bool = False
    """Whether the default stands in the original form where the strict one has null."""

    @cached_property
    def absence(self) -> Literal["never", "null", "boxed"]:
        """How its absence is written: it has none, by null, or by null where a value stands as `{"value": ...}`."""
        if not self.is_optional:
            return "never"
        if "null" not in self.codec.kinds:
            return "null"
        return "never" if self.default is None else "boxed"

    @property
    def is_needed(self) -> bool:
        """Whether a reply must have it; a model that leaves out what may be null is understood."""
        return self.absence == "never" and isinstance(self.default, Absent)

    @property
    def replacement(self) -> JsonValue | Absent:
        """What stands in the original form where the strict one has none."""
        return self.default if self.fills_default else ABSENT

    def schema(self) -> Document:
        schema = self.codec.schema()
        if self.absence == "never":
            return schema
        if self.absence == "boxed":
            schema = closed_object({"value": schema})
        note = (
            "" if isinstance(self.default, Absent) else f"null means the default, {json.dumps(self.default)}."
        )
        return _noted({"anyOf": [*_arms(schema), {"type": "null"}]}, note)

    def encode(self, value: JsonValue | Absent) -> JsonValue:
        if isinstance(value, Absent):
            if self.is_needed:
                raise Unfit
            return None
        encoded = self.codec.encode(value)
        return {"value": encoded} if self.absence == "boxed" else encoded

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue | Absent:
        if self.absence == "never":
            return self.codec.decode(value, partial=partial)
        if value is None:
            return self.replacement
        if self.absence == "boxed":
            if not isinstance(value, dict) or value.keys() - {"value"}:
                raise Unfit
            if "value" not in value:
                return ABSENT
            value = value["value"]
        return self.codec.decode(value, partial=partial)


def _arms(schema: Document) -> list[JsonValue]:
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
    return _noted(schema, note)


@dataclass(frozen=True)
class Object:
    """An object of known properties, and perhaps others, which stand in a list of pairs under `rest_name`."""

    fields: tuple[Field, ...]
    rest: Pairs | None = None
    rest_name: str = ""
    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"object"})

    @property
    def keys(self) -> frozenset[str]:
        """The properties of the strict form."""
        names = {field.name for field in self.fields}
        return frozenset(names | {self.rest_name} if self.rest else names)

    @property
    def needed(self) -> frozenset[str]:
        """Those that a reply must have."""
        return frozenset(field.name for field in self.fields if field.is_needed)

    @property
    def constants(self) -> dict[str, tuple[JsonValue, ...]]:
        """The properties that can be few things only, by which arms of a union are told apart."""
        return {
            field.name: field.codec.choices
            for field in self.fields
            if isinstance(field.codec, Scalar) and field.codec.choices is not None and not field.is_optional
        }

    def schema(self) -> Document:
        properties: dict[str, JsonValue] = {field.name: field.schema() for field in self.fields}
        if self.rest:
            properties[self.rest_name] = self.rest.schema()
        return closed_object(properties, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            raise Unfit
        encoded: dict[str, JsonValue] = {}
        for field in self.fields:
            encoded[field.name] = field.encode(value.get(field.name, ABSENT))
        others = {key: item for key, item in value.items() if key not in encoded}
        if self.rest:
            encoded[self.rest_name] = self.rest.encode(others)
        elif others:
            raise Unfit
        return encoded

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, dict) or not self.matches(value, partial=partial):
            raise Unfit
        decoded: dict[str, JsonValue] = {}
        last = next(reversed(value), None)
        for field in self.fields:
            if field.name not in value:
                if not partial and not isinstance(field.replacement, Absent):
                    decoded[field.name] = field.replacement
                continue
            is_open = partial and field.name == last
            try:
                item = field.decode(value[field.name], partial=is_open)
            except Unfit:
                if not is_open:
                    raise
                continue
            if not isinstance(item, Absent):
                decoded[field.name] = item
        if self.rest and self.rest_name in value:
            others = self.rest.decode(value[self.rest_name], partial=partial)
            assert isinstance(others, dict)
            if others.keys() & {field.name for field in self.fields}:
                raise Unfit
            decoded |= others
        return decoded

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        if not isinstance(value, dict) or value.keys() - self.keys:
            return False
        if not partial and self.needed - value.keys():
            return False
        last = next(reversed(value), None) if partial else None
        return all(
            name not in value or name == last or any(_same(value[name], choice) for choice in choices)
            for name, choices in self.constants.items()
        )


@dataclass(frozen=True)
class Pairs:
    """An object of any keys, as a list of pairs."""

    values: Codec
    note: str = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"array"})

    def schema(self) -> Document:
        pair = closed_object({"key": {"type": "string"}, "value": self.values.schema()})
        note = "An object, as a list of its keys and values; each key once."
        return {"type": "array", "items": pair, "description": f"{self.note} {note}".strip()}

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            raise Unfit
        return [{"key": key, "value": self.values.encode(item)} for key, item in value.items()]

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, list):
            raise Unfit
        decoded: dict[str, JsonValue] = {}
        for index, pair in enumerate(value):
            is_open = partial and index == len(value) - 1
            if not isinstance(pair, dict) or pair.keys() - {"key", "value"}:
                raise Unfit
            if is_open and "value" not in pair:
                break
            key = pair.get("key")
            if not isinstance(key, str) or "value" not in pair or key in decoded:
                raise Unfit
            try:
                decoded[key] = self.values.decode(pair["value"], partial=is_open)
            except Unfit:
                if not is_open:
                    raise
        return decoded

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return isinstance(value, list)


@dataclass(frozen=True)
class Tuple:
    """An array whose positions have a meaning each, as an object; later positions may be absent."""

    items: tuple[Codec, ...]
    least: int
    """Positions that are never absent."""
    rest: Codec | None = None
    note: str = ""

    @cached_property
    def as_object(self) -> Object:
        """The object that stands for it."""
        fields = [
            Field(f"item_{number}", codec, is_optional=number > self.least)
            for number, codec in enumerate(self.items, 1)
        ]
        if self.rest is not None:
            fields.append(Field("more_items", Array(self.rest)))
        return Object(tuple(fields), note=self.note)

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"object"})

    def schema(self) -> Document:
        return self.as_object.schema()

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, list) or len(value) < self.least:
            raise Unfit
        named: dict[str, JsonValue] = {
            f"item_{number}": item for number, item in enumerate(value[: len(self.items)], 1)
        }
        more = value[len(self.items) :]
        if self.rest is not None:
            named["more_items"] = more
        elif more:
            raise Unfit
        return self.as_object.encode(named)

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        named = self.as_object.decode(value, partial=partial)
        assert isinstance(named, dict)
        more = named.pop("more_items", None)
        items: list[JsonValue] = []
        for number in range(1, len(self.items) + 1):
            if f"item_{number}" not in named:
                break
            items.append(named[f"item_{number}"])
        if len(items) < len(named) and not partial:
            raise Unfit  # a gap
        if isinstance(more, list) and len(items) == len(self.items):
            items += more
        elif more and not partial:
            raise Unfit
        return items

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return self.as_object.matches(value, partial=partial)


@dataclass(frozen=True)
class Union:
    """One of several. Arms that could be mistaken for each other carry their name, as `{"kind", "value"}`."""

    arms: tuple[Codec, ...]
    labels: tuple[str, ...]
    """A name for each arm."""
    note: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names as far as they are needed; known only once every definition is, since arms may be references."""
        for index, arm in enumerate(self.arms):
            for other in self.arms[:index]:
                if not (is_identity(arm) and is_identity(other)) and not are_disjoint(arm, other):
                    return self.labels
        return ()

    @property
    def kinds(self) -> frozenset[Kind]:
        if self.names:
            return frozenset({"object"})
        return frozenset().union(*(arm.kinds for arm in self.arms))

    def schema(self) -> Document:
        if not self.names:
            arms: list[JsonValue] = [each for arm in self.arms for each in _arms(arm.schema())]
        else:
            arms = [
                closed_object({"kind": {"type": "string", "enum": [name]}, "value": arm.schema()})
                for name, arm in zip(self.names, self.arms, strict=True)
            ]
        return _noted({"anyOf": arms}, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        for index, arm in enumerate(self.arms):
            try:
                encoded = arm.encode(value)
            except Unfit:
                continue
            return {"kind": self.names[index], "value": encoded} if self.names else encoded
        raise Unfit

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if self.names:
            if not isinstance(value, dict) or value.keys() - {"kind", "value"}:
                raise Unfit
            kind = value.get("kind")
            if kind not in self.names or "value" not in value:
                raise Unfit
            return self.arms[self.names.index(str(kind))].decode(value["value"], partial=partial)
        for arm in self.arms:
            if arm.matches(value, partial=partial):
                return arm.decode(value, partial=partial)
        raise Unfit

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        if self.names:
            return isinstance(value, dict) and not value.keys() - {"kind", "value"}
        return any(arm.matches(value, partial=partial) for arm in self.arms)


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


def is_identity(codec: Codec) -> bool:
    """Whether values are the same in both forms, so that it does not matter which arm of a union they are of."""
    return isinstance(codec, Scalar) or (isinstance(codec, Array) and is_identity(codec.items))


def are_disjoint(a: Codec, b: Codec) -> bool:
    """Whether no strict value looks like one of both from outside."""
    if not a.kinds & b.kinds:
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar) and a.choices is not None and b.choices is not None:
        return not any(_same(x, y) for x in a.choices for y in b.choices)
    left, right = _outside(a), _outside(b)
    if left is None or right is None or a.kinds & b.kinds != {"object"}:
        return False
    if left.needed - right.keys or right.needed - left.keys:
        return True
    return any(
        not any(_same(x, y) for x in choices for y in right.constants[name])
        for name, choices in left.constants.items()
        if name in right.constants
    )


def _outside(codec: Codec) -> Object | None:
    while isinstance(codec, Ref):
        codec = codec.table[codec.name]
    if isinstance(codec, Tuple):
        return codec.as_object
    return codec if isinstance(codec, Object) else None
