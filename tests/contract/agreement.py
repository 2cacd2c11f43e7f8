"""Agreement: where our types say something else than the service's shapes.

Both sides are shapes (see `shapes`); ours come from pydantic's JSON Schema of a type. A difference has a key
such as `missing ChatRequest.route`, made of its kind and of the named shape and field where it is:

- `missing`: the service has the field or union member, we do not;
- `extra`: we have a field, member or value that the service's document lacks;
- `required`: we demand a field the service may leave out, or (in what we send) the reverse;
- `null`: the service allows null and we do not, or (in what we send) the reverse;
- `type`: we do not take a type of value that the service allows;
- `enum`: a value of the service is not among those we name, although we name some;
- `range`: bounds differ (in what we send);
- `untyped`: we take anything where the service says what is in it.

What is received may be wider than the document: nothing is required of it but what the document requires, and
enums are open. What is sent must agree in both directions, but for two things: we need not offer null where leaving
a field out says the same, and we may refuse empty text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from openrouter_async.types.requests.fields import OneOfOrText

from .shapes import Shape, allows_null, canonical, shape_of, tags_of

__all__ = ["Comparison", "shapes_of_type"]

_SCALARS = ("boolean", "integer", "number", "string")
_NUMERIC = ("min", "max", "above", "below", "multiple_of")
_BOUNDS = {
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "string": ("min_length", "max_length", "pattern"),
    "array": ("min_items", "max_items", "unique"),
    "object": ("min_fields", "max_fields"),
    "boolean": (),
}


@dataclass(frozen=True)
class _Member:
    """One possibility of a shape, with references and intersections resolved."""

    shape: dict[str, Any]
    where: str
    """The named shape and field it stands in."""

    @property
    def type(self) -> str:
        return str(self.shape["type"])


@dataclass
class Comparison:
    """Collects the differences between our shapes and the service's."""

    theirs: Mapping[str, Shape]
    documented: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Bounds that the service gives in words only, by named shape and field; they are added to its shapes."""
    found: dict[str, str] = field(default_factory=dict)
    """What differs: key to detail."""
    used: set[str] = field(default_factory=set)
    """Those of `documented` that told something that the shapes do not."""

    def compare(self, ours: Any, name: str, *, sent: bool, apart: Collection[str] = ()) -> None:
        """Compare one of our types, and all it is made of, with the service's shape `name`.

        Fields that are given `apart` from an object of this type are not missing in it.
        """
        root, names = shapes_of_type(ours)
        (whole, *_), _ = _members(root, names, name)
        pair = _Pair(names, self.theirs, sent, self, whole.shape, apart)
        pair.shapes(name, root, f"#{name}")


@dataclass
class _Pair:
    ours: Mapping[str, Shape]
    theirs: Mapping[str, Shape]
    sent: bool
    comparison: Comparison
    whole: dict[str, Any]
    """Our type itself, of which fields may be given"""
    apart: Collection[str]
    seen: set[tuple[str, str]] = field(default_factory=set)

    def shapes(self, where: str, ours: Shape, theirs: Shape, *, optional: bool = False) -> None:
        if (where, canonical(ours)) in self.seen:
            return
        self.seen.add((where, canonical(ours)))
        own, own_null = _members(ours, self.ours, where)
        wanted, null = _members(theirs, self.theirs, where)
        if null and not own_null and not (self.sent and optional):
            self._add("null", where, "may be null; ours may not")
        if self.sent and own_null and not null and not _is_open(own):
            self._add("null", where, "may not be null; ours may")
        anything = _is_open(own)
        used: set[str] = {"integer"} if any(m.type == "number" for m in own) else set()
        for member in wanted:
            matches = [m for m in own if _fits(m, member, exactly=self.sent)]
            used.update(canonical(m.shape) for m in matches)
            if member.type == "object":
                others = set() if self.sent else {name for each in wanted for name in _field_names(each)}
                self._object(member, matches, open_ended=anything, others=others)
            elif member.type == "array" and matches:
                self._array(member, matches[0])
            elif not matches and not anything:
                self._add("type", where, f"may be {member.type}; ours: {', '.join(m.type for m in own)}")
            elif member.type == "array":
                self._add("untyped", where, "is a list; ours takes anything")
        for kind in _SCALARS:
            self._scalars([m for m in own if m.type == kind], [m for m in wanted if m.type == kind])
        if self.sent and not _is_open(wanted):
            for member in own:
                if member.type != "any" and used.isdisjoint((canonical(member.shape), member.type)):
                    tags = "/".join(tags_of(member.shape).values())
                    self._add("extra", f"{where}<{tags or member.type}>", "is not in the document")

    def _object(self, wanted: _Member, matches: list[_Member], *, open_ended: bool, others: Set[str]) -> None:
        """Compare the one of our objects that stands for `wanted`; it may stand for others too, with their fields."""
        inner = wanted.where
        bare = [m for m in matches if "fields" not in m.shape]
        typed = [
            m
            for m in matches
            if "fields" in m.shape and not ((bare or open_ended) and _is_one_kind_of(m, wanted))
        ]
        own = max(typed, key=lambda m: _likeness(m, wanted), default=None)
        if own is None and (bare or open_ended):
            if "fields" in wanted.shape:
                self._add("untyped", inner, "has fields; ours takes any object")
            elif bare:
                self._bounds(inner, bare[0].shape, wanted.shape)
                self.shapes(f"{inner}{{}}", bare[0].shape.get("map", "any"), wanted.shape.get("map", "any"))
        elif own is None:
            self._add("missing", inner, "is no member of ours")
        else:
            self._bounds(inner, own.shape, wanted.shape)
            self._fields(inner, own.shape, wanted.shape, others)

    def _fields(self, where: str, ours: dict[str, Any], theirs: dict[str, Any], others: Set[str]) -> None:
        if self.sent and theirs.get("closed") and not ours.get("closed"):
            self._add("extra", f"{where}.*", "takes no other fields; ours does")
        own = {name.removesuffix("?"): (name, shape) for name, shape in ours["fields"].items()}
        wanted = {name.removesuffix("?"): (name, shape) for name, shape in theirs.get("fields", {}).items()}
        tags = tags_of(theirs)
        for name in own.keys() - wanted.keys() - others:
            self._add("extra", f"{where}.{name}", "is not in the document")
        for name, (label, shape) in wanted.items():
            inner = f"{where}.{name}"
            if name not in own and ours == self.whole and name in self.apart:
                continue
            if name not in own:
                self._add("missing", inner, f"is {canonical(shape)[:80]}")
                continue
            own_label, own_shape = own[name]
            needed, asked = not label.endswith("?"), not own_label.endswith("?")
            if asked and not needed:
                self._add("required", inner, "is optional; ours is required")
            if self.sent and needed and not asked:
                self._add("required", inner, "is required; ours is optional")
            if name not in tags:  # of those, `_fits` has looked at the values
                self.shapes(inner, own_shape, shape, optional=not needed)

    def _array(self, wanted: _Member, ours: _Member) -> None:
        self._bounds(wanted.where, ours.shape, wanted.shape)
        self.shapes(f"{wanted.where}[]", ours.shape.get("items", "any"), wanted.shape.get("items", "any"))

    def _scalars(self, ours: list[_Member], theirs: list[_Member]) -> None:
        """Compare the values and bounds of all possibilities of one scalar type."""
        if not ours or not theirs:
            return
        named = {value for m in ours for value in m.shape.get("enum", [])}
        known = {value for m in theirs for value in m.shape.get("enum", [])}
        free, own_free = _free(theirs), _free(ours)
        for member in theirs if named else ():
            for value in member.shape.get("enum", []):
                if value not in named:
                    self._add("enum", f"{member.where}={value}", "is not among our values")
        if free is not None and own_free is None:
            self._add("enum", free.where, "is free; ours is closed")
        elif free is not None and own_free is not None:
            self._bounds(free.where, own_free.shape, free.shape)
        elif self.sent:
            for value in sorted(named - known):
                self._add("extra", f"{theirs[0].where}={value}", "is not in the document")

    def _bounds(self, where: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        if not self.sent:
            return
        facts = _BOUNDS[theirs["type"]]
        own = {fact: ours[fact] for fact in facts if fact in ours}
        if own.get("min_length") in (0, 1) and "min_length" not in theirs:
            del own["min_length"]
        wanted = {fact: theirs[fact] for fact in facts if fact in theirs}
        documented = {
            fact: value for fact, value in self.comparison.documented.get(where, {}).items() if fact in facts
        }
        if not documented.items() <= wanted.items():
            self.comparison.used.add(where)
            wanted |= documented
        if own != wanted:
            self._add("range", where, f"{wanted or 'no bounds'}; ours: {own or 'none'}")

    def _add(self, kind: str, where: str, detail: str) -> None:
        self.comparison.found[f"{kind} {where}"] = detail


def shapes_of_type(ours: Any) -> tuple[Shape, dict[str, Shape]]:
    """Return the shape of one of our types, and the named shapes it refers to."""
    # An open enum is validated as text; here the values that its annotation names are wanted too.
    with patch.object(
        OneOfOrText, "__get_pydantic_core_schema__", lambda _, source, handler: handler(source)
    ):
        schema = TypeAdapter(ours).json_schema(schema_generator=_Tolerant, mode="validation")
    names = {name: shape_of(inner) for name, inner in schema.pop("$defs", {}).items()}
    return shape_of(schema), names


class _Tolerant(GenerateJsonSchema):
    """Says `anything` where JSON Schema cannot say it, and gives no warnings."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        return {}

    def emit_warning(self, kind: Any, detail: str) -> None:
        pass


def _members(shape: Shape, names: Mapping[str, Shape], where: str) -> tuple[list[_Member], bool]:
    """Return the possibilities of a shape, and whether null is one."""
    members: list[_Member] = []
    null = False
    for part, place, nullable in _resolve(shape, names, where):
        null |= nullable
        if part is not None:
            members.append(_Member(part, place))
    return members, null


def _resolve(
    shape: Shape, names: Mapping[str, Shape], where: str
) -> Iterator[tuple[dict[str, Any] | None, str, bool]]:
    null = allows_null(shape)
    if isinstance(shape, str):
        name = shape.removesuffix("|null")
        if name.startswith("#"):
            if null:
                yield None, where, True
            yield from _resolve(names[name[1:]], names, name[1:])
        elif name == "null":
            yield None, where, True
        else:
            yield {"type": name}, where, null
    elif "any" in shape:
        if null:
            yield None, where, True
        for part in shape["any"]:
            inline = isinstance(part, dict) and part.get("type") == "object"
            tag = "/".join(tags_of(part).values())
            yield from _resolve(part, names, f"{where}<{tag}>" if inline and tag else where)
    elif "all" in shape:
        yield from _intersection(shape, names, where)
    else:
        yield shape, where, null


def _intersection(
    shape: dict[str, Any], names: Mapping[str, Shape], where: str
) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Merge parts that are objects; a part that is a union of objects gives the first of them."""
    fields: dict[str, Shape] = {}
    merged: dict[str, Any] = {"type": "object"}
    nulls: list[bool] = []
    for part in shape["all"]:
        resolved = list(_resolve(part, names, where))
        nulls.append(any(null for _, _, null in resolved))
        inner = next(s for s, _, _ in resolved if s is not None)
        merged |= inner
        for name, value in inner.get("fields", {}).items():
            bare = name.removesuffix("?")
            former = fields.pop(f"{bare}?", fields.pop(bare, "any"))
            fields[name] = former if value == "any" else value
    if fields:
        merged["fields"] = fields
    yield merged, where, all(nulls) or bool(shape.get("null"))


def _fits(ours: _Member, theirs: _Member, *, exactly: bool) -> bool:
    """Whether our member may stand for theirs: the same type, and no field of which the values exclude each other."""
    if ours.type != theirs.type:
        return ours.type == "number" and theirs.type == "integer" and not exactly
    own, wanted = _values(ours), _values(theirs)
    return all(own[name] & wanted[name] for name in own.keys() & wanted.keys())


def _likeness(ours: _Member, theirs: _Member) -> float:
    """Return how much of our object and of theirs is alike: fields, and fields whose values are closed."""
    own, wanted = _names(ours), _names(theirs)
    return len(own & wanted) / len(own | wanted)


def _is_one_kind_of(ours: _Member, theirs: _Member) -> bool:
    """Whether our object is told by the value of a field that is free in theirs, which stands for every other kind."""
    free = _field_names(theirs) - _values(theirs).keys()
    return not tags_of(ours.shape).keys().isdisjoint(free)


def _names(member: _Member) -> set[tuple[str, bool]]:
    closed = _values(member)
    names = _field_names(member)
    return {(name, False) for name in names} | {(name, True) for name in names if name in closed}


def _field_names(member: _Member) -> set[str]:
    return {name.removesuffix("?") for name in member.shape.get("fields", {})}


def _values(member: _Member) -> dict[str, set[Any]]:
    """Return the possible values of those fields of an object that have a closed list of them."""
    fields = member.shape.get("fields", {})
    return {
        name.removesuffix("?"): set(field["enum"])
        for name, field in fields.items()
        if isinstance(field, dict) and "enum" in field
    }


def _free(members: list[_Member]) -> _Member | None:
    """Return the possibility that is not limited to a list of values."""
    return next((member for member in members if "enum" not in member.shape), None)


def _is_open(members: list[_Member]) -> bool:
    return any(member.type == "any" for member in members)
