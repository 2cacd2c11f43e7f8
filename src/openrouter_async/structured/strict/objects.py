"""Codecs of what becomes an object, or was one: properties, objects, maps and tuples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ..json_text import are_equal
from .codec import ABSENT, Absent, Codec, Document, Kind, Unfit, are_same, arms_of, closed_object, noted
from .values import Array, Scalar

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["LISTS_KEYS", "Field", "Object", "Pairs", "Tuple"]


LISTS_KEYS = "An object, as a list of its keys and values; each key once."
"""What the strict form says to a model of such a list."""


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
        """Whether a reply must have it; a model that leaves out what may be null is understood.

        It must not ask for `absence`: that asks what a union looks like, which asks this of its arms.
        """
        return not self.is_optional

    @cached_property
    def replacement(self) -> JsonValue | Absent:
        """What stands in the original form where the strict one has none: a default that fits, or nothing."""
        if not self.fills_default or isinstance(self.default, Absent):
            return ABSENT
        try:
            self.codec.encode(self.default)
        except Unfit:
            return ABSENT
        return self.default

    def schema(self) -> Document:
        schema = self.codec.schema()
        if self.absence == "never":
            return schema
        if self.absence == "boxed":
            schema = closed_object({"value": schema})
        note = (
            "" if isinstance(self.default, Absent) else f"null means the default, {json.dumps(self.default)}."
        )
        return noted({"anyOf": [*arms_of(schema), {"type": "null"}]}, note)

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


@dataclass(frozen=True)
class Object:
    """An object of known properties, and perhaps others, which stand in a list of pairs under `rest_name`."""

    fields: tuple[Field, ...]
    rest: Pairs | None = None
    rest_name: str = ""
    note: str = ""
    was_open: bool = False
    """The original one may have keys that are not known."""

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"object"})

    @cached_property
    def keys(self) -> frozenset[str]:
        """The properties of the strict form."""
        names = {field.name for field in self.fields}
        return frozenset(names | {self.rest_name} if self.rest else names)

    @cached_property
    def needed(self) -> frozenset[str]:
        """Those that a reply must have."""
        return frozenset(field.name for field in self.fields if field.is_needed)

    @cached_property
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
                codec = field if field.absence != "never" else field.codec
                item = codec.decode(value[field.name], partial=is_open)
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
            name not in value or name == last or any(are_same(value[name], choice) for choice in choices)
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
        return {"type": "array", "items": pair, "description": f"{self.note} {LISTS_KEYS}".strip()}

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
            if not isinstance(key, str) or "value" not in pair:
                raise Unfit
            try:
                item = self.values.decode(pair["value"], partial=is_open)
            except Unfit:
                if is_open:
                    break
                raise
            if not is_open and not are_equal(decoded.setdefault(key, item), item):
                raise Unfit(f"the key {key[:80]!r} stands twice in a list of keys and values")
            decoded.setdefault(key, item)
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
