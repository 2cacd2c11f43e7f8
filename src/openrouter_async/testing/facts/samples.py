"""Values of a shape: a full one, with every field and nothing null, and a minimal one, with what is required.

A sample is the same each time, and the values of different fields differ where the shape allows it: what reads it
cannot take one field for another unseen.
"""

from __future__ import annotations

import math
import re
import zlib
from uuid import NAMESPACE_URL, uuid5

from pydantic import JsonValue

from .shapes import Member, Shape, Shapes, fields_of, members

__all__ = ["choices", "full_sample", "minimal_sample"]

_TEXTS = ("text", "2026-11-28", "a" * 64, "https://user@example.com/1")
"""Candidates for text with a pattern, after the name of the field."""
_DEEPEST = 24
_TIME = "2026-11-28T12:00:00Z"


def full_sample(shape: Shape, shapes: Shapes, *, choice: int = 0, where: str = "value") -> JsonValue:
    """Return a value with every field and without nulls.

    Args:
        shape: Of the value.
        shapes: The named ones.
        choice: Which member of each union it has: the lowest digit for the outermost union, as with a number whose
            bases are the widths of the unions; the remainder decides the value of each enum. Each member comes up
            with a number below `choices`.
        where: The name of the place; it makes values differ.
    """
    return _Full(shapes).value(shape, where, (), choice)


def minimal_sample(shape: Shape, shapes: Shapes, *, where: str = "value") -> JsonValue:
    """Return a value without its optional fields, null wherever it may be, else `false`, 0, an empty array or text."""
    possible, null = members(shape, shapes)
    if null or not possible:
        return None
    member = possible[0]
    if member["type"] == "object":
        return {
            name: minimal_sample(field.shape, shapes, where=f"{where}.{name}")
            for name, field in fields_of(member).items()
            if field.is_required
        }
    if member["type"] == "array":
        items = member.get("items", "any")
        return [
            minimal_sample(items, shapes, where=f"{where}[{n}]") for n in range(member.get("min_items", 0))
        ]
    if member["type"] in ("boolean", "integer", "number") and "enum" not in member:
        return False if member["type"] == "boolean" else _within(0, member)
    return _scalar(member, where, 0)


def choices(shape: Shape, shapes: Shapes) -> int:
    """Return how many choices it takes until every member of every union in a shape comes up, within unions too."""
    return _choices(shape, shapes, ())


def _choices(shape: Shape, shapes: Shapes, above: tuple[int, ...]) -> int:
    possible, _ = members(shape, shapes)
    fresh = [member for member in possible if id(member) not in above]
    most = 1
    for member in fresh:
        inner = [field.shape for field in fields_of(member).values()]
        inner += [each for each in (member.get("items"), member.get("map")) if each is not None]
        within = (*above, id(member))
        most = max([most, *(_choices(each, shapes, within) for each in inner)])
    return max(1, len(fresh)) * most


class _Full:
    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def value(self, shape: Shape, where: str, above: tuple[int, ...], choice: int) -> JsonValue:
        """Return a value; `above` are the objects around it, which end a recursive shape."""
        possible, null = members(shape, self._shapes)
        fresh = [member for member in possible if id(member) not in above] or possible
        if not fresh:
            return None
        choice, place = divmod(choice, len(fresh))
        member = fresh[place]
        if member["type"] == "array":
            return self._array(member, where, above, choice)
        if member["type"] == "object":
            if null and above.count(id(member)) > 1:
                return None
            return self._object(member, where, above, choice)
        return _scalar(member, where, choice)

    def _array(self, member: Member, where: str, above: tuple[int, ...], choice: int) -> JsonValue:
        items, least = member.get("items", "any"), member.get("min_items", 0)
        inner, _ = members(items, self._shapes)
        if least == 0 and inner and all(above.count(id(each)) > 1 for each in inner):
            return []
        return [self.value(items, f"{where}[{number}]", above, choice) for number in range(max(1, least))]

    def _object(self, member: Member, where: str, above: tuple[int, ...], choice: int) -> JsonValue:
        again, within = id(member) in above, (*above, id(member))
        fields = fields_of(member)
        if len(within) > _DEEPEST:
            raise RecursionError(f"{where}: a shape that requires itself has no sample")
        value: dict[str, JsonValue] = {
            name: self.value(field.shape, f"{where}.{name}", within, choice)
            for name, field in fields.items()
            if field.is_required or not again
        }
        if not fields and "map" in member and not again:
            value["key"] = self.value(member["map"], f"{where}.key", within, choice)
        return value


def _scalar(member: Member, where: str, choice: int) -> JsonValue:
    if values := member.get("enum"):
        return values[choice % len(values)]
    number = zlib.crc32(where.encode()) % 900 + 100
    match member["type"]:
        case "boolean":
            return True
        case "integer":
            return int(_within(number, member))
        case "number":
            return _within(number / 8, member)
        case "string":
            return _text(member, where)
        case _:
            return where


def _within(number: float, member: Member) -> float:
    if "above" in member:
        number = max(number, member["above"] + 1)
    return min(max(number, member.get("min", number)), member.get("max", math.inf))


def _text(member: Member, where: str) -> str:
    name = re.split(r"[.\[]", where)[-1].rstrip("]") or "text"
    match member.get("format"):
        case "uuid":
            return str(uuid5(NAMESPACE_URL, where))
        case "date-time":
            return _TIME
        case "date":
            return _TIME[:10]
        case "uri":
            return f"https://example.com/{name}"
    least, most = member.get("min_length", 0), member.get("max_length", 1_000)
    candidates = (_TIME,) if name.endswith("_at") else (name, *_TEXTS)
    for text in candidates:
        fitted = text.ljust(least, "-")[:most] if "pattern" not in member else text
        if least <= len(fitted) <= most and re.search(member.get("pattern", ""), fitted):
            return fitted
    raise ValueError(f"{where}: no sample for the pattern {member.get('pattern')!r}")
