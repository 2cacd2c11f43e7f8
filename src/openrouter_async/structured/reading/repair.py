"""Mends text that is nearly JSON, by the package json-repair, and refuses what it had to guess.

json-repair always returns something. So the text is read here too, more strictly: quotes, commas, comments, literals
and line breaks in text may be written otherwise, and nothing else. Only what both read alike is returned. Linear in the
length of the text, which is limited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import TYPE_CHECKING

from ..schemas.json_text import KEPT_DIGITS, are_equal

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["MAX_LENGTH", "RepairNotInstalled", "repaired"]

MAX_LENGTH = 128 * 1024
"""Characters; a model writes hardly more in one reply."""

MAX_NESTING = 100
"""Both ways work by recursion."""

_SPACE_OR_COMMENT = re.compile(r"(?:[\s,]++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)+")
_COMMENT = re.compile(r"//[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/")
_LEFT_OUT = re.compile(r",\s*,")
_ADDED = re.compile(r"\s*\+\s*[\"'“‘]")
_WORD = re.compile(r"[^\s,:;{}\[\]()\"'“”„‘’]++")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
_LITERALS: dict[str, JsonValue] = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None
}  # fmt: skip
_CLOSING_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“”", "‘": "’", "’": "’"}
_AFTER_STRING = re.compile(r"[ \t]*+(?:[,:}\])]|\Z|(?://|/\*|\#)|\r?\n\s*+[\"'“‘}\])/#])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = frozenset("\"'\\/bfnrtu")
_ESCAPES_OF_PYTHON = frozenset("xUN01234567")
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class RepairNotInstalled(Exception):
    """json-repair is not installed."""


def repaired(text: str) -> JsonValue:
    """Return the value that broken JSON means.

    Raises:
        RepairNotInstalled: see there.
        ValueError: it cannot be known.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH:,} characters")
    _check_escapes(text)
    meant = _Reader(text).whole()
    try:
        import json_repair
    except ImportError as error:
        raise RepairNotInstalled from error
    try:
        value: JsonValue = json_repair.loads(text, skip_json_loads=True)  # type: ignore[assignment]  # no log is asked for
    except (ValueError, RecursionError) as error:
        raise ValueError("json-repair cannot read it") from error
    if not are_equal(meant, value):
        raise ValueError("json-repair would have to guess")
    return value


def _check_escapes(text: str) -> None:
    """Raise where a backslash may be one or begin an escape: in `C:\\dir\\new` the second is as the first."""
    escaped = {match[1] for match in _ESCAPED.finditer(text)}
    if escaped & _ESCAPES_OF_PYTHON:
        raise ValueError("it has escapes that are none of JSON")
    if escaped - _ESCAPES - {"\n", "\r"} and escaped & _ESCAPES - set("\"'"):
        raise ValueError("a backslash may be an escape or not")


class _Reader:
    """One way through a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> JsonValue:
        self._skip()
        value = self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise ValueError("something follows it")
        return value

    def _skip(self) -> str:
        """Pass over what is no value, and return it without comments."""
        skipped = _SPACE_OR_COMMENT.match(self._text, self._at)
        if skipped is None:
            return ""
        self._at = skipped.end()
        gap = _COMMENT.sub("", skipped[0])
        if _LEFT_OUT.search(gap):
            raise ValueError("an item is left out")
        return gap

    def _take(self, characters: str) -> str:
        """Return the next character, and pass it, if it is one of these."""
        character = self._text[self._at : self._at + 1]
        if not character or character not in characters:
            return ""
        self._at += 1
        return character

    def _value(self, depth: int) -> JsonValue:
        opening = self._take("{[(")
        if not opening:
            return self._scalar(is_key=False)
        if depth == MAX_NESTING:
            raise ValueError("it is nested too deeply")
        if opening != "{":
            return [self._value(depth + 1) for _ in self._until("]" if opening == "[" else ")")]
        holder: dict[str, JsonValue] = {}
        for _ in self._until("}"):
            key = str(self._scalar(is_key=True))
            self._skip()
            if not self._take(":") or key in holder:
                raise ValueError(f"{key[:40]!r} has no value, or two")
            self._skip()
            holder[key] = self._value(depth + 1)
        return holder

    def _until(self, closing: str) -> Iterator[None]:
        """Give each place where an item begins, until the bracket closes."""
        is_first = True
        while True:
            gap = self._skip()
            if self._take(closing):
                return
            if not is_first and "," not in gap and not (closing == "}" and "\n" in gap):
                raise ValueError("a comma is left out")
            is_first = False
            yield

    def _scalar(self, *, is_key: bool) -> JsonValue:
        if self._text[self._at : self._at + 1] in _CLOSING_QUOTES:
            text, self._at = _string(self._text, self._at)
            return text
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise ValueError(f"there is no value at {self._at}")
        self._at = word.end()
        return word[0] if is_key else _word(word[0])


def _word(word: str) -> JsonValue:
    if word in _LITERALS:
        return _LITERALS[word]
    if _NUMBER.match(word) and len(word) <= 40:
        if re.fullmatch(r"[+-]?\d+", word):
            return int(word)
        number = float(word)
        if not isinf(number) and sum(map(str.isdigit, word)) <= KEPT_DIGITS:
            return number
    raise ValueError(f"{word[:40]!r} is no value")


def _string(text: str, start: int) -> tuple[str, int]:
    """Return the string that opens at `start`, and where it ends: at the first quote that something may follow."""
    closing = _CLOSING_QUOTES[text[start]]
    position = start + 1
    pieces: list[str] = []
    quotes = 0
    stop = re.compile(rf"[^\\{closing}]*+")
    while True:
        run = stop.match(text, position)
        assert run is not None  # it may be empty
        pieces.append(run[0])
        position = run.end()
        if position >= len(text):
            raise ValueError("a text does not end")
        if text[position] != "\\":
            if _AFTER_STRING.match(text, position + 1):
                if quotes % 2:
                    raise ValueError("a quote within a text has no other one")
                return "".join(pieces), position + 1
            if _ADDED.match(text, position + 1):
                raise ValueError("texts are added up")
            pieces.append(text[position])
            quotes += 1
            position += 1
            continue
        piece, position = _escape(text, position + 1)
        pieces.append(piece)


def _escape(text: str, position: int) -> tuple[str, int]:
    """Return what an escape means, and where it ends; one that JSON does not know means itself."""
    escape = text[position : position + 1]
    if escape == "u":
        code = re.compile(r"(?:[0-9a-fA-F]{4})(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?").match(text, position + 1)
        if code is None:
            raise ValueError("an escape is incomplete")
        character = json.loads(f'"\\u{code[0]}"')
        if "\ud800" <= character <= "\udfff":
            raise ValueError("an escape is incomplete")
        return character, code.end()
    if escape in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[escape], position + 1
    if escape and escape in "\"'\\/":
        return escape, position + 1
    if escape in ("\n", "\r"):
        raise ValueError("a line is continued")
    return "\\", position
