"""`StrictSchema`: the result of a conversion: the schema, both translations, and the changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .codecs import Codec, RefCodec, ShapeError
from .objects import ObjectCodec, closed_object
from .unions import changes_nothing

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Change", "Effect", "StrictSchema"]

Effect: TypeAlias = Literal["same", "fewer", "more"]
"""The effect of a change on the accepted values."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the strict schema says otherwise than the original."""

    place: str
    """A JSON pointer into the original schema."""
    what: str
    effect: Effect

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class StrictSchema:
    """A schema in the strict subset, and the translation of values."""

    schema: Mapping[str, JsonValue]
    """The schema to send. Its root is an object; other values are inside it as `{"value": ...}`."""
    changes: tuple[Change, ...]
    accepts: Literal["same", "fewer", "more", "other"]
    """The values it accepts, compared with the original schema: `other` is some more, and some not."""
    is_original: bool
    """Whether values have the same form as in the original schema, so nothing needs undoing."""
    _root: Codec
    _is_wrapped: bool

    @classmethod
    def of(cls, root: Codec, table: Mapping[str, Codec], changes: tuple[Change, ...]) -> StrictSchema:
        """Put the strict schema together."""
        outer = root
        while isinstance(outer, RefCodec):
            outer = outer.target
        is_wrapped = not isinstance(outer, ObjectCodec) and "properties" not in outer.schema()
        schema = closed_object({"value": root.schema()}) if is_wrapped else dict(outer.schema())
        if is_wrapped:
            changes = (*changes, Change("#", "a value that is no object stands in one", "same"))
        if table:
            schema["$defs"] = {name: codec.schema() for name, codec in table.items()}
        is_original = not is_wrapped and changes_nothing(root)
        return cls(schema, changes, _accepted(changes), is_original, root, is_wrapped)

    def convert(self, value: JsonValue) -> JsonValue:
        """Return a value of the original schema as the strict one has it.

        Raises:
            ValueError: the value has another shape.
        """
        converted = self._root.encode(value)
        return {"value": converted} if self._is_wrapped else converted

    def undo(self, value: JsonValue, *, partial: bool = False) -> JsonValue:
        """Return a value of the strict schema as the original one has it; it is not validated yet.

        With `partial` it may end anywhere.

        Raises:
            ValueError: the value has another shape.
        """
        if self._is_wrapped:
            if not isinstance(value, dict) or set(value) != {"value"}:
                raise ShapeError("an object with 'value' alone is expected")
            value = value["value"]
        return self._root.decode(value, partial=partial)


def _accepted(changes: tuple[Change, ...]) -> Literal["same", "fewer", "more", "other"]:
    effects = {change.effect for change in changes}
    if {"fewer", "more"} <= effects:
        return "other"
    return "fewer" if "fewer" in effects else "more" if "more" in effects else "same"
