"""`Halves`: characters of which one half ends an event, and the other half begins the next. No I/O here."""

from __future__ import annotations

from json import JSONDecodeError

from pydantic_core import from_json

from ..._sansio.parse import ParseFailure, load, written
from ...types.common import JsonObject

__all__ = ["Halves"]


class Halves:
    """Reads events in which surrogates stand alone, which are no JSON to a strict parser.

    Two halves become one character; a half that stays alone becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], str] = {}  # by what the text belongs to

    @property
    def is_waiting(self) -> bool:
        """Whether a first half has come, so that the next event must be seen."""
        return bool(self._first)

    def parse(self, data: bytes) -> JsonObject:
        """Return the event in the data; raises `ParseFailure`."""
        try:
            event = load(data)
        except (JSONDecodeError, RecursionError) as error:
            raise ParseFailure(f"no JSON: {error}") from None
        if not isinstance(event, dict):
            raise ParseFailure("no object")
        text = event.get("delta")
        if isinstance(text, str) and text:
            names = ("type", "output_index", "item_id", "content_index", "summary_index")
            key = tuple(event.get(name) for name in names)
            before = self._first.pop(key, "")
            if before and not "\udc00" <= text[0] <= "\udfff":
                before = "\ufffd"
            text = (before + text).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            if "\ud800" <= text[-1] <= "\udbff":
                self._first[key] = text[-1]
                text = text[:-1]
            event["delta"] = text
        value: JsonObject = from_json(written(event))
        return value
