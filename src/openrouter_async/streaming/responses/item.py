"""`ItemBuilder`: one item of a Responses stream, collected piece by piece and joined on request. No I/O here."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import JsonValue

from ...types.common import JsonObject
from ...types.responses.items import texts_of

__all__ = ["ARGUMENTS", "INPUT", "ItemBuilder", "Place"]


class Place(NamedTuple):
    """Where in an item a piece of text belongs."""

    field: str
    """`content` and `summary`, which contain parts, or `arguments` and `input`, which are text."""
    part_type: str = ""
    name: str = ""
    """The field of the part that contains the text."""
    item_type: str = ""
    """Of what an item is that has such text, where the stream has not said it."""


ARGUMENTS = Place("arguments", item_type="function_call")
INPUT = Place("input", item_type="custom_tool_call")


class ItemBuilder:
    """One item."""

    __slots__ = ("call", "index", "is_done", "pieces", "raw", "shown")

    def __init__(self, raw: JsonObject, index: int) -> None:
        self.index = index
        self.raw = raw
        """As it was told last."""
        self.is_done = False
        self.call: int | None = None
        """Its position among the calls of tools."""
        self.pieces: dict[tuple[Place, int], list[str]] = {}
        self.shown: Place | None = None
        """Which of its texts is delivered as reasoning; a model may send its reasoning, and a summary of it."""

    def pieces_of(self, place: Place, index: int) -> list[str]:
        """Return the list of the pieces of one text."""
        return self.pieces.setdefault((place, index), [])

    def as_fields(self, told_last: JsonObject | None = None) -> JsonObject:
        """Return the item as it arrived, with the data that only its pieces have.

        `told_last` is its form in the whole reply; missing data comes from earlier forms.
        """
        if told_last is not None:
            before, fields = self.as_fields(), self._with_pieces(told_last)
            missing = {name: each for name, each in before.items() if fields.get(name) in (None, "", [])}
            return {**fields, **missing}
        return self._with_pieces(self.raw)

    def _with_pieces(self, raw: JsonObject) -> JsonObject:
        fields = dict(raw)
        by_field: dict[str, list[tuple[int, Place, str]]] = {}
        for (place, index), pieces in self.pieces.items():
            by_field.setdefault(place.field, []).append((index, place, "".join(pieces)))
        for field, texts in by_field.items():
            told = fields.get(field)
            if not texts[0][1].part_type:
                if not told:
                    fields[field] = texts[0][2]
            elif not texts_of(told) and not texts_of(told, "refusal"):
                parts: list[JsonValue] = [_part(place, text) for _, place, text in sorted(texts) if text]
                fields[field] = parts or told
        return fields


def _part(place: Place, text: str) -> JsonObject:
    part: JsonObject = {"type": place.part_type, place.name: text}
    return {**part, "annotations": []} if place.part_type == "output_text" else part
