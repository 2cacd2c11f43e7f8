"""The codec of choices, and how their arms are distinguished."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .codecs import (
    Absent,
    ArrayCodec,
    Codec,
    Document,
    Kind,
    RefCodec,
    ScalarCodec,
    ShapeError,
    TranslatedCodec,
    are_same,
    noted,
)  # fmt: skip
from .objects import FieldCodec, ObjectCodec, TupleCodec, arms_of

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["UnionCodec", "are_disjoint", "changes_nothing"]


@dataclass(frozen=True)
class UnionCodec(Codec):
    """One of several. Arms that could be mistaken for each other carry their name, as `{"kind", "value"}`."""

    arms: tuple[Codec, ...]
    labels: tuple[str, ...]
    """A name for each arm."""
    note: str = ""

    @cached_property
    def is_named(self) -> bool:
        """Whether arms carry their names; known only once every definition is, since arms may be references."""
        return not all(
            (_is_identity(arm) and _is_identity(other)) or are_disjoint(arm, other)
            for index, arm in enumerate(self.arms)
            for other in self.arms[:index]
        )

    @cached_property
    def forms(self) -> tuple[Codec, ...]:
        """The arms as they are written."""
        if not self.is_named:
            return self.arms
        return tuple(_NamedArm(name, arm) for name, arm in zip(self.labels, self.arms, strict=True))

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset().union(*(form.kinds for form in self.forms))

    def schema(self) -> Document:
        return noted({"anyOf": [each for form in self.forms for each in arms_of(form.schema())]}, self.note)

    def encode(self, value: JsonValue) -> JsonValue:
        for form in self.forms:
            try:
                return form.encode(value)
            except ShapeError:
                continue
        raise ShapeError

    def decode(self, value: JsonValue, *, partial: bool) -> JsonValue:
        for form in self.forms:
            if form.matches(value, partial=partial):
                return form.decode(value, partial=partial)
        raise ShapeError

    def matches(self, value: JsonValue, *, partial: bool) -> bool:
        return any(form.matches(value, partial=partial) for form in self.forms)


@dataclass(frozen=True)
class _NamedArm(TranslatedCodec):
    """An arm with its name beside it."""

    name: str
    arm: Codec

    @cached_property
    def form(self) -> ObjectCodec:
        name = ScalarCodec("string", (self.name,))
        return ObjectCodec((FieldCodec("kind", name), FieldCodec("value", self.arm)))

    def to_form(self, value: JsonValue) -> JsonValue:
        return {"kind": self.name, "value": value}

    def from_form(self, value: JsonValue, *, partial: bool) -> JsonValue:
        if not isinstance(value, dict) or "value" not in value:
            raise ShapeError
        return value["value"]


def _is_identity(codec: Codec) -> bool:
    """Whether values are the same in both forms, so their arm of a union does not matter."""
    return isinstance(codec, ScalarCodec) or (isinstance(codec, ArrayCodec) and _is_identity(codec.items))


def changes_nothing(codec: Codec) -> bool:
    """Whether all values are the same in both forms; not determined for recursive ones."""
    match codec:
        case ScalarCodec():
            return True
        case ArrayCodec():
            return changes_nothing(codec.items)
        case UnionCodec():
            return not codec.is_named and all(map(changes_nothing, codec.arms))
        case ObjectCodec():
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
    if isinstance(a, ScalarCodec) and isinstance(b, ScalarCodec):
        return a.choices is not None and b.choices is not None and not _overlap(a.choices, b.choices)
    left, right = _outside(a), _outside(b)
    if left is None or right is None or a.kinds & b.kinds != {"object"}:
        return False
    return bool(left.needed - right.keys or right.needed - left.keys) or _have_other_constants(left, right)


def _have_other_constants(left: ObjectCodec, right: ObjectCodec) -> bool:
    """Whether both need a property that can be few things only, of which none is in both."""
    common = left.constants.keys() & right.constants.keys()
    return any(not _overlap(left.constants[name], right.constants[name]) for name in common)


def _overlap(these: tuple[JsonValue, ...], those: tuple[JsonValue, ...]) -> bool:
    return any(are_same(this, that) for this in these for that in those)


def _outside(codec: Codec) -> ObjectCodec | None:
    """Return the object that the strict form of a construct is, if it is one."""
    while isinstance(codec, RefCodec):
        codec = codec.target
    if isinstance(codec, TupleCodec):
        return codec.form
    return codec if isinstance(codec, ObjectCodec) else None
