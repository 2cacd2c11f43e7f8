"""The codec of choices, and how their arms are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .codec import Absent, Codec, Document, Kind, Unfit, are_same, arms_of, closed_object, noted
from .objects import Object, Pairs, Tuple
from .values import AnyJSON, Array, Ref, Scalar

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Union", "are_disjoint", "changes_nothing", "exclude_each_other"]


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
                if not (_is_identity(arm) and _is_identity(other)) and not are_disjoint(arm, other):
                    return self.labels
        return ()

    @property
    def kinds(self) -> frozenset[Kind]:
        if self.names:
            return frozenset({"object"})
        return frozenset().union(*(arm.kinds for arm in self.arms))

    def schema(self) -> Document:
        if not self.names:
            arms: list[JsonValue] = [each for arm in self.arms for each in arms_of(arm.schema())]
        else:
            arms = [
                closed_object({"kind": {"type": "string", "enum": [name]}, "value": arm.schema()})
                for name, arm in zip(self.names, self.arms, strict=True)
            ]
        return noted({"anyOf": arms}, self.note)

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


def _is_identity(codec: Codec) -> bool:
    """Whether values are the same in both forms, so that it does not matter which arm of a union they are of."""
    return isinstance(codec, Scalar) or (isinstance(codec, Array) and _is_identity(codec.items))


def changes_nothing(codec: Codec) -> bool:
    """Whether all values are the same in both forms; of what is recursive that is not found out."""
    match codec:
        case Scalar():
            return True
        case Array():
            return changes_nothing(codec.items)
        case Union():
            return not codec.names and all(map(changes_nothing, codec.arms))
        case Object():
            return codec.rest is None and all(
                field.absence == "never"
                and isinstance(field.replacement, Absent)
                and changes_nothing(field.codec)
                for field in codec.fields
            )
        case _:
            return False


def are_disjoint(a: Codec, b: Codec) -> bool:
    """Whether no strict value looks like one of both from outside."""
    if not a.kinds & b.kinds:
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar) and a.choices is not None and b.choices is not None:
        return not any(are_same(x, y) for x in a.choices for y in b.choices)
    left, right = _outside(a), _outside(b)
    if left is None or right is None or a.kinds & b.kinds != {"object"}:
        return False
    if left.needed - right.keys or right.needed - left.keys:
        return True
    return _have_other_constants(left, right)


def _have_other_constants(left: Object, right: Object) -> bool:
    """Whether both need a property that can be few things only, of which none is in both."""
    return any(
        not any(are_same(x, y) for x in choices for y in right.constants[name])
        for name, choices in left.constants.items()
        if name in right.constants
    )


def _outside(codec: Codec) -> Object | None:
    while isinstance(codec, Ref):
        codec = codec.table[codec.name]
    if isinstance(codec, Tuple):
        return codec.as_object
    return codec if isinstance(codec, Object) else None


def exclude_each_other(a: Codec, b: Codec) -> bool:
    """Whether no value of the original schema can be of both, as far as can be told; what is not closed may be."""
    if not _kinds_before(a) & _kinds_before(b):
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return are_disjoint(a, b)
    left, right = _outside(a), _outside(b)
    if left is None or right is None or isinstance(a, Tuple) or isinstance(b, Tuple):
        return False
    if (left.needed - right.keys and _is_closed(right)) or (right.needed - left.keys and _is_closed(left)):
        return True
    return _have_other_constants(left, right)


def _is_closed(codec: Object) -> bool:
    return codec.rest is None and not codec.was_open


def _kinds_before(codec: Codec) -> frozenset[Kind]:
    """Return the JSON types that values have in their original form."""
    match codec:
        case AnyJSON():
            return frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
        case Ref():
            return _kinds_before(codec.table[codec.name])
        case Union():
            return frozenset().union(*map(_kinds_before, codec.arms))
        case Pairs():
            return frozenset({"object"})
        case Tuple():
            return frozenset({"array"})
        case _:
            return codec.kinds
