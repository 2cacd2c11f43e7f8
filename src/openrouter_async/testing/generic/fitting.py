"""Values of a shape that take over as much as they can of a value there is, such as the body of a request.

A field of the shape that the given value lacks is left out where it is optional, null where it may be, else it gets the
value that a fresh entry has: a new id, the present time, `false`, nothing.
"""

from __future__ import annotations

import time
from random import Random
from uuid import UUID

from pydantic import JsonValue

from ..facts.judging import complaints
from ..facts.samples import minimal_sample
from ..facts.shapes import Member, Shape, Shapes, fields_of, members, tags_of
from ..json_values import JSON, as_object
from ..state.keys import iso_now

__all__ = ["Fitting"]

_FRESH: JSON = {
    "deleted": True,
    "downloadable": False,
    "enabled": True,
    "is_active": True,
    "passed": True,
    "success": True,
    "workspace_id": "00000000-0000-4000-8000-000000000000",
    "creator_user_id": "user_emulated",
    "created_by": "user_emulated",
}
"""Values of a fresh entry that are not the emptiest ones."""


class Fitting:
    """Makes values; ids are the same each time for the same seed."""

    def __init__(self, shapes: Shapes, seed: int) -> None:
        self._shapes = shapes
        self._random = Random(f"{seed} ids")

    def fit(self, shape: Shape, given: JsonValue, name: str = "") -> JsonValue:
        """Return a value of a shape, as much as possible like the one given."""
        if not complaints(given, shape, self._shapes, name):
            return given
        possible, null = members(shape, self._shapes)
        objects = [member for member in possible if member["type"] == "object"]
        if isinstance(given, dict) and objects:
            return self._object(self._nearest(objects, given), given)
        if isinstance(given, list):
            for member in possible:
                if member["type"] == "array":
                    return [self.fit(member.get("items", "any"), item, name) for item in given]
        return None if null else self.fresh(shape, name)

    def fresh(self, shape: Shape, name: str = "") -> JsonValue:
        """Return the value that a field has where nothing was given for it."""
        candidates: tuple[JsonValue, ...] = ()
        if name in _FRESH:
            candidates = (_FRESH[name],)
        elif name == "id" or name.endswith("_id"):
            candidates = (self._uuid(),)
        elif name in ("created_at", "created", "as_of"):
            candidates = (iso_now(), int(time.time()))
        for candidate in candidates:
            if not complaints(candidate, shape, self._shapes, name):
                return candidate
        possible, null = members(shape, self._shapes)
        if not null and possible and possible[0]["type"] == "object":
            return self._object(possible[0], {})
        return minimal_sample(shape, self._shapes, where=name or "text")

    def _object(self, member: Member, given: JSON) -> JSON:
        value: JSON = {}
        for name, field in fields_of(member).items():
            if name in given:
                value[name] = self.fit(field.shape, given[name], name)
            elif field.is_required:
                value[name] = self.fresh(field.shape, name)
        if "map" in member or member.get("open"):
            value = {**given, **value}
        return value

    def _nearest(self, objects: list[Member], given: JSON) -> Member:
        """Return the object whose tags the given one has, else the one with most of its fields."""

        def likeness(member: Member) -> tuple[int, int, int]:
            known = {name: value for name, value in tags_of(member).items() if name in given}
            same = sum(given[name] == value for name, value in known.items())
            return same - len(known), same, len(fields_of(member).keys() & given.keys())

        return max(objects, key=likeness)

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def item_shape(self, shape: Shape | None) -> Shape | None:
        """Return the shape of the entries that an answer has in `data`, or of the entry that the answer is."""
        if shape is None:
            return None
        data = self.fields(shape).get("data")
        if data is None:
            return shape
        arrays = [member for member in members(data, self._shapes)[0] if member["type"] == "array"]
        items = [member.get("items", "any") for member in arrays]
        return data if not items else items[0] if len(items) == 1 else Member(type="any", any=items)

    def fields(self, shape: Shape) -> dict[str, Shape]:
        """Return the fields of the objects that a shape may be; one that several have may be as in any of them."""
        found: dict[str, list[Shape]] = {}
        for member in members(shape, self._shapes)[0]:
            for name, field in fields_of(member).items():
                found.setdefault(name, []).append(field.shape)
        return {
            name: each[0] if len(each) == 1 else Member(type="any", any=each) for name, each in found.items()
        }

    def is_list(self, shape: Shape | None) -> bool:
        """Whether an answer is a list of entries."""
        if shape is None:
            return False
        data = self.fields(shape).get("data")
        return data is not None and any(m["type"] == "array" for m in members(data, self._shapes)[0])

    def envelope(self, shape: Shape, data: JsonValue, **others: JsonValue) -> JSON:
        """Return an answer with entries in `data`, and with those of the other fields that its shape has."""
        given = {"data": data, **{name: v for name, v in others.items() if name in self.fields(shape)}}
        return as_object(self.fit(shape, given))
