"""`PartialReader`: the unfinished value of a streamed reply. Pure.

Text is added piece by piece; a snapshot is the value as if it were closed there. Prose, fences and reasoning before
the value are skipped as in whole replies. Each parse starts at the value, at the speed of the parser's core; a long
value is parsed only after it has grown by a fraction of its length, so the parsing of a reply takes time proportional
to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import from_json

from .candidates import END_OF_THOUGHT, LOOKS_LIKE_JSON, TOKEN, end_of_value

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..schema import Schema

__all__ = ["Partial", "PartialReader"]

ALWAYS = 16 * 1024
"""Characters up to which a value is parsed with every piece."""

GROWTH = 64
"""After that, once it has grown by a 64th."""

TAG_LENGTH = 70
"""Characters at the end of the text in which a tag may have begun."""

_VISIBLE = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Partial:
    """The value as far as it has been written; not validated."""

    value: JsonValue


class PartialReader:
    """The value of one reply, while it is written."""

    def __init__(self, schema: Schema[object], *, is_native: bool) -> None:
        self._schema = schema
        self._is_native = is_native
        self._is_wrapped = schema.is_wrapped
        stands_in_object = is_native or self._is_wrapped or "object" in schema.root_kinds
        self._opening = "{" if stands_in_object else "["
        self._text = ""
        """The text from the value on; before the value starts, the end of the skipped text."""
        self._pieces: list[str] = []
        """The text after that, and its length."""
        self._pending = 0
        self._is_thinking = False
        self._has_begun = False
        self._is_done = False

    def add(self, text: str, *, is_last: bool = False) -> list[JsonValue]:
        """Add a piece, and return the snapshot to give, if there is one; with `is_last` it is not put off."""
        if self._is_done:
            return []
        self._pieces.append(text)
        self._pending += len(text)
        if not self._has_begun:
            self._join()
            self._has_begun = self._skip_prose()
            return self._snapshot() if self._has_begun else []
        length = len(self._text) + self._pending
        if not is_last and length > ALWAYS and self._pending * GROWTH < length:
            return []
        self._join()
        return self._snapshot()

    def _join(self) -> None:
        self._text += "".join(self._pieces)
        self._pieces.clear()
        self._pending = 0

    def _skip_prose(self) -> bool:
        """Drop the text before the value; False if there is only such text."""
        passed = 0
        while True:
            if self._is_thinking:
                end = END_OF_THOUGHT.search(self._text, passed)
                if end is None:
                    break
                self._is_thinking = False
                passed = end.end()
            match = TOKEN.search(self._text, passed)
            if match is None:
                break
            if match["open"] is not None:
                if _VISIBLE.search(self._text, match.end()) is None:
                    self._text = self._text[match.start() :]
                    return False  # what follows tells whether it is a bracket of prose
                if match["open"] == self._opening and LOOKS_LIKE_JSON.match(self._text, match.start()):
                    self._text = self._text[match.start() :]
                    return True
            elif match["thought"]:
                self._is_thinking = True
            passed = match.end()
        self._text = self._text[max(passed, len(self._text) - TAG_LENGTH) :]
        return False

    def _snapshot(self) -> list[JsonValue]:
        try:
            value: JsonValue = from_json(self._text, allow_inf_nan=False, allow_partial="trailing-strings")
        except ValueError:
            self._is_done = True
            end = end_of_value(self._text, 0)
            try:
                value = from_json(self._text[:end], allow_inf_nan=False) if end else None
            except ValueError:
                return []
            return self._plain(value, partial=False) if end else []
        return self._plain(value, partial=True)

    def _plain(self, value: JsonValue, *, partial: bool) -> list[JsonValue]:
        """Return the value in the form that was asked for; none while nothing can be said yet."""
        if self._is_native:
            try:
                return [self._schema.strict.undo(value, partial=partial)]
            except ValueError:
                if partial:
                    return []
        if self._is_wrapped and isinstance(value, dict) and value.keys() <= {"value"}:
            return [value["value"]] if "value" in value else []
        return [value]
