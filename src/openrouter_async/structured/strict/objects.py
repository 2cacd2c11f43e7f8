"""Codecs of what becomes an object, or was one: properties, objects, maps and tuples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ..schemas.json_text import are_equal
from .codecs import (
    ABSENT,
    Absent,
    ArrayCodec,
    Codec,
    Document,
    ScalarCodec,
    ShapeError,
    TranslatedCodec,
    are_same,
    noted,
)  # fmt: skip

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["FieldCodec", "MapCodec", "ObjectCodec", "TupleCodec", "arms_of", "closed_object"]


@dataclass(frozen=True)
class FieldCodec:
    """A property of an object, which may be absent."""

    name: str
    codec: Codec
    is_optional: bool = False
    """Whether the original form may lack it; a reply may too: a model that leaves out a null is understood."""
    default: JsonValue | Absent = ABSENT
    fills_default: bool = False
    """Whether the original form has the default where the strict form has null."""

    @cached_property
    def absence(self) -> Literal["never", "null", "boxed"]:
        """How its absence is written: not at all, as null, or as null where a value is written as `{"value": ...}`.

        It depends on the form of unions, so unions must not ask their arms for it.
        """
        if not self.is_optional:
            return "never"
        if "null" not in self.codec.kinds:
            return "null"
        return "never" if self.default is None else "boxed"

    @property
    def replacement(self) -> JsonValue | Absent:
        """The original form of an absent value: a default that fits, or nothing."""
        return self.default if self.fills_default else ABSENT

    def schema(self) -> Document:
        schema = self.codec.schema()
        if self.absence == "never":
            return schema
        if self.absence == "boxed":
            schema = closed_object({"value": schema})
        has_default = not isinstance(self.default, Absent)
        note = f"null means the default, {json.dumps(self.default)}." if has_default else ""
        return noted({"anyOf": [*arms_of(schema), {"type": "null"}]}, note)

    def encode(self, value: JsonValue | Absent) -> JsonValue:
        if isinstance(value, Absent):
            if not self.is_optional:
                raise ShapeError
            return None
        encoded = self.codec.encode(value)
        return {"value": encoded} if self.absence == "boxed" else encoded

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue | Absent:
        if self.absence != "never" and value is None:
            return self.replacement
        if self.absence == "boxed":
            if not isinstance(value, dict) or value.keys() - {"value"}:
                raise ShapeError
            if "value" not in value:
                return ABSENT
            value = value["value"]
        return self.codec.decode(value, partial=partial)


@dataclass(frozen=True)
class ObjectCodec(Codec):
    """An object of known properties, and possibly others, in a list of pairs under `rest_name`."""

    fields: tuple[FieldCodec, ...]
    rest: MapCodec | None = None
    rest_name: str = ""
    note: str = ""
    _kinds = frozenset({"object"})

    @cached_property
    def keys(self) -> frozenset[str]:
        """The properties of the strict form."""
        return frozenset([*(field.name for field in self.fields), *([self.rest_name] if self.rest else ())])

    @cached_property
    def needed(self) -> frozenset[str]:
        """Those that a reply must have."""
        return frozenset(field.name for field in self.fields if not field.is_optional)

    @cached_property
    def constants(self) -> dict[str, tuple[JsonValue, ...]]:
        """The properties with few possible values, which distinguish the arms of a union."""
        return {
            field.name: field.codec.choices
            for field in self.fields
            if isinstance(field.codec, ScalarCodec)
            and field.codec.choices is not None
            and not field.is_optional
        }

    def schema(self) -> Document:
        properties: dict[str, JsonValue] = {field.name: field.schema() for field in self.fields}
        if self.rest:
            properties[self.rest_name] = self.rest.schema()
        return closed_object(properties, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            raise ShapeError
        encoded = {field.name: field.encode(value.get(field.name, ABSENT)) for field in self.fields}
        others = {key: item for key, item in value.items() if key not in encoded}
        if self.rest:
            encoded[self.rest_name] = self.rest.encode(others)
        elif others:
            raise ShapeError
        return encoded

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, dict) or not self.matches(value, partial=partial):
            raise ShapeError
        decoded: dict[str, JsonValue] = {}
        last = next(reversed(value), None)
        for field in self.fields:
            is_open = partial and field.name == last
            item: JsonValue | Absent = ABSENT
            try:
                if field.name in value:
                    item = field.decode(value[field.name], partial=is_open)
                elif not partial:
                    item = field.replacement
            except ShapeError:
                if not is_open:
                    raise
            if not isinstance(item, Absent):
                decoded[field.name] = item
        if self.rest and self.rest_name in value:
            others = self.rest.decode(value[self.rest_name], partial=partial)
            assert isinstance(others, dict)
            if others.keys() & {field.name for field in self.fields}:
                raise ShapeError
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
class MapCodec(TranslatedCodec):
    """An object of any keys, as a list of pairs."""

    values: Codec
    note: str = ""

    @cached_property
    def form(self) -> ArrayCodec:
        pair = ObjectCodec((FieldCodec("key", ScalarCodec("string")), FieldCodec("value", self.values)))
        note = f"{self.note} An object, as a list of its keys and values; each key once.".lstrip()
        return ArrayCodec(pair, note)

    def to_form(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            raise ShapeError
        return [{"key": key, "value": item} for key, item in value.items()]

    def from_form(self, value: JsonValue, *, partial: bool) -> JsonValue:
        assert isinstance(value, list)
        decoded: dict[str, JsonValue] = {}
        for number, pair in enumerate(value, 1):
            is_open = partial and number == len(value)
            match pair:
                case {"key": str() as key, "value": item}:
                    if not are_equal(decoded.setdefault(key, item), item) and not is_open:
                        raise ShapeError(f"the key {key[:80]!r} appears twice in a list of keys and values")
                case _ if not is_open:
                    raise ShapeError
        return decoded


@dataclass(frozen=True)
class TupleCodec(TranslatedCodec):
    """An array whose positions have a meaning each, as an object; later positions may be absent."""

    items: tuple[Codec, ...]
    least: int
    """Positions that are never absent."""
    rest: Codec | None = None
    note: str = ""

    @cached_property
    def form(self) -> ObjectCodec:
        fields = [
            FieldCodec(f"item_{number}", codec, is_optional=number > self.least)
            for number, codec in enumerate(self.items, 1)
        ]
        if self.rest is not None:
            fields.append(FieldCodec("more_items", ArrayCodec(self.rest)))
        return ObjectCodec(tuple(fields), note=self.note)

    def to_form(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, list) or len(value) < self.least:
            raise ShapeError
        named: dict[str, JsonValue] = {
            f"item_{number}": item for number, item in enumerate(value[: len(self.items)], 1)
        }
        more = value[len(self.items) :]
        if more and self.rest is None:
            raise ShapeError
        return named if self.rest is None else {**named, "more_items": more}

    def from_form(self, value: JsonValue, *, partial: bool) -> JsonValue:
        assert isinstance(value, dict)
        more = value.pop("more_items", None)
        items: list[JsonValue] = []
        while (name := f"item_{len(items) + 1}") in value:
            items.append(value[name])
        if (len(items) < len(value) or (more and len(items) < len(self.items))) and not partial:
            raise ShapeError  # a gap
        return items + more if isinstance(more, list) and len(items) == len(self.items) else items


def closed_object(properties: Document, note: str = "") -> Document:
    """Return the schema of an object that has exactly these properties."""
    schema: Document = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return noted(schema, note)


def arms_of(schema: Document) -> list[JsonValue]:
    """Return the arms of a choice that is nothing more; of anything else itself."""
    arms = schema.get("anyOf")
    return list(arms) if isinstance(arms, list) and len(schema) == 1 else [schema]
