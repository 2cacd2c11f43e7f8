"""Shapes: the values that a field may have, in the form of the table.

- A text is a plain type (`"string"`, `"any"`), or `"#Name"`, a named shape; `"|null"` at its end allows null.
- An object says more: `type`, `enum`, bounds, `fields` (an optional one ends in `?`), `items`, `map`; `any` is a union,
  `all` an intersection.
- `open` beside `enum` says that other values may come, beside `fields` that other fields may; `closed` that none may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Required, TypeAlias, TypedDict

from pydantic import JsonValue

__all__ = ["Field", "Member", "Shape", "Shapes", "fields_of", "members", "names_in", "tags_of"]

Shape: TypeAlias = "str | Member"
Shapes: TypeAlias = Mapping[str, Shape]
"""Named shapes."""


class Member(TypedDict, total=False):
    """One possibility, or what combines several."""

    type: Required[str]
    """`boolean`, `integer`, `number`, `string`, `array`, `object`; `any`, or `never`. A shape that combines several
    has no kind in the table."""
    null: bool
    enum: list[JsonValue]
    open: bool
    format: str
    """Of text: `date`, `date-time`, `uuid`, `uri`, `binary`."""
    pattern: str
    min: float
    max: float
    above: float
    below: float
    min_length: int
    max_length: int
    min_items: int
    max_items: int
    items: Shape
    fields: dict[str, Shape]
    map: Shape
    closed: bool
    any: list[Shape]
    all: list[Shape]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    shape: Shape
    is_required: bool


def members(shape: Shape, shapes: Shapes) -> tuple[list[Member], bool]:
    """Return the possibilities of a shape, each with its `type`, and whether null is one."""
    if isinstance(shape, str):
        name = shape.removesuffix("|null")
        null = name != shape or name in ("null", "any")
        if name.startswith("#"):
            found, inner = members(shapes[name[1:]], shapes)
            return found, null or inner
        return ([] if name == "null" else [Member(type=name)]), null
    null = shape.get("null", False)
    if "any" in shape:
        parts = [members(part, shapes) for part in shape["any"]]
        return [member for found, _ in parts for member in found], null or any(inner for _, inner in parts)
    if "all" in shape:
        parts = [members(part, shapes) for part in shape["all"]]
        return [_merged([found[0] for found, _ in parts if found])], null or all(inner for _, inner in parts)
    return [shape], null


def fields_of(member: Member) -> dict[str, Field]:
    """Return the fields of an object by name."""
    return {
        name.removesuffix("?"): Field(shape, is_required=not name.endswith("?"))
        for name, shape in member.get("fields", {}).items()
    }


def tags_of(member: Member) -> dict[str, JsonValue]:
    """Return the fields that have one possible value, which tell an object from the others of a union."""
    listed = {
        name: field.shape.get("enum", [])
        for name, field in fields_of(member).items()
        if not isinstance(field.shape, str)
    }
    return {name: values[0] for name, values in listed.items() if len(values) == 1}


def names_in(shape: Shape) -> Iterator[str]:
    """Yield the names that a shape refers to."""
    if isinstance(shape, str):
        if shape.startswith("#"):
            yield shape[1:].removesuffix("|null")
        return
    for part in (
        shape.get("items", "any"),
        shape.get("map", "any"),
        *shape.get("any", ()),
        *shape.get("all", ()),
        *shape.get("fields", {}).values(),
    ):
        yield from names_in(part)


def _merged(parts: list[Member]) -> Member:
    """Return the object that has the fields of all parts, and requires what any of them does.

    If a part is not an object, this is the one with an enum, or the last.
    """
    if any(part["type"] != "object" for part in parts):
        return next((part for part in parts if "enum" in part), parts[-1])
    fields: dict[str, Field] = {}
    merged = Member(type="object")
    for part in parts:
        for name, field in fields_of(part).items():
            former = fields.get(name)
            if former is None:
                fields[name] = field
            else:
                both: list[Shape] = [each for each in (former.shape, field.shape) if each != "any"]
                shape = Member(type="any", all=both) if len(both) == 2 else (both or ["any"])[0]
                fields[name] = Field(shape, is_required=field.is_required or former.is_required)
        if "map" in part:
            merged["map"] = part["map"]
    if fields:
        merged["fields"] = {
            name if field.is_required else f"{name}?": field.shape for name, field in fields.items()
        }
    return merged
