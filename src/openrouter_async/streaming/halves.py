"""`Halves`: characters of which one half ends an event, and the other half begins the next. No I/O here."""

from __future__ import annotations

from json import JSONDecodeError

from pydantic_core import from_json

from .._sansio.parse import ParseFailure, load, written
from ..types.common import JsonObject

__all__ = ["Halves"]

_NAMES = ("type", "index", "output_index", "item_id", "content_index", "summary_index")
"""What tells to which text a piece belongs."""


class Halves:
    """Reads events with lone surrogates, which are not JSON to a strict parser.

    A piece is the `delta` of an event of Responses, or a text within the `delta` of one of Messages. Two halves become
    one character; a half that stays alone becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], str] = {}  # by what the text belongs to

    @property
    def is_waiting(self) -> bool:
        """Whether a first half has arrived, so the next event must be seen."""
        return bool(self._first)

    def parse(self, data: bytes) -> JsonObject:
        """Return the event in the data; raises `ParseFailure`."""
        try:
            event = load(data)
        except (JSONDecodeError, RecursionError) as error:
            raise ParseFailure(f"no JSON: {error}") from None
        if not isinstance(event, dict):
            raise ParseFailure("no object")
        belongs_to = tuple(repr(event.get(name)) for name in _NAMES)
        delta = event.get("delta")
        if isinstance(delta, dict):
            for name, text in delta.items():
                if isinstance(text, str) and name != "type":
                    delta[name] = self._joined((*belongs_to, name), text)
        elif isinstance(delta, str):
            event["delta"] = self._joined(belongs_to, delta)
        value: JsonObject = from_json(written(event))
        return value

    def _joined(self, place: tuple[object, ...], text: str) -> str:
        """Return a piece with the half that the one before it left, and without the half that it leaves."""
        if not text:
            return text
        before = self._first.pop(place, "")
        if before and not "\udc00" <= text[0] <= "\udfff":
            before = "\ufffd"
        text = (before + text).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if "\ud800" <= text[-1] <= "\udbff":
            self._first[place] = text[-1]
            text = text[:-1]
        return text
