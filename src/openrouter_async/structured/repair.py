"""Mends text that is nearly JSON, by the package json-repair, and refuses what it had to guess.

json-repair always returns something. So what it returns is held against the text: the same brackets, keys and
values must be in both, in the same order. What may differ is only how they are written: quotes, commas, comments,
Python's literals, line breaks in text. Linear in the length of the text, which is limited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import TYPE_CHECKING

from .json_text import KEPT_DIGITS

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["MAX_LENGTH", "RepairNotInstalled", "repaired"]

MAX_LENGTH = 128 * 1024
"""Characters; a model writes hardly more in one reply."""

MAX_NESTING = 100
"""json-repair works by recursion."""

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


class _Guess(ValueError):
    """The text leaves open what was meant."""


def repaired(text: str) -> JsonValue:
    """Return the value that broken JSON means.

    Raises:
        RepairNotInstalled: see there.
        ValueError: it cannot be known.
    """
    if len(text) > MAX_LENGTH:
        raise _Guess(f"it is longer than {MAX_LENGTH:,} characters")
    _check_escapes(text)
    meant = list(_tokens(text))
    try:
        import json_repair
    except ImportError as error:
        raise RepairNotInstalled from error
    try:
        value: JsonValue = json_repair.loads(text, skip_json_loads=True)  # type: ignore[assignment]  # no log is asked for
    except (ValueError, RecursionError) as error:
        raise _Guess("json-repair cannot read it") from error
    got = list(_flat(value))
    if len(meant) != len(got) or not all(map(_agree, meant, got)):
        raise _Guess("json-repair would have to guess")
    return value


def _check_escapes(text: str) -> None:
    """Raise where a backslash may be one or begin an escape: in `C:\\dir\\new` the second is as the first."""
    escaped = {match[1] for match in _ESCAPED.finditer(text)}
    if escaped & _ESCAPES_OF_PYTHON:
        raise _Guess("it has escapes that are none of JSON")
    if escaped - _ESCAPES - {"\n", "\r"} and escaped & _ESCAPES - set("\"'"):
        raise _Guess("a backslash may be an escape or not")


def _agree(meant: object, got: object) -> bool:
    if isinstance(meant, str | bool | None) or isinstance(got, str | bool | None):
        return type(meant) is type(got) and meant == got
    return meant == got


class _Bracket(str):
    """A bracket or a colon, which no text is equal to."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bracket) and str.__eq__(self, other)

    __hash__ = str.__hash__


def _flat(value: JsonValue) -> Iterator[object]:
    """Give brackets, keys and scalars of a value in their order."""
    if isinstance(value, dict):
        yield _Bracket("{")
        for key, item in value.items():
            yield key
            yield _Bracket(":")
            yield from _flat(item)
        yield _Bracket("}")
    elif isinstance(value, list):
        yield _Bracket("[")
        for item in value:
            yield from _flat(item)
        yield _Bracket("]")
    else:
        yield value


def _tokens(text: str) -> Iterator[object]:
    """Give brackets, keys and scalars of a text in their order; raises where they cannot be told."""
    position = 0
    open_: list[str] = []
    is_after_value = False
    """Nothing may follow but a comma, or a bracket that closes."""
    while True:
        gap = ""
        if skipped := _SPACE_OR_COMMENT.match(text, position):
            position = skipped.end()
            gap = _COMMENT.sub("", skipped[0])
            if _LEFT_OUT.search(gap):
                raise _Guess("an item is left out")
        if position == len(text):
            break
        is_after_value = is_after_value and "," not in gap
        character = text[position]
        if character in "}])":
            if not open_ or open_.pop() + character not in ("{}", "[]", "()"):
                raise _Guess("its brackets do not match")
            yield _Bracket("]" if character == ")" else character)
            position += 1
            is_after_value = True
        elif character == ":":
            yield _Bracket(":")
            position += 1
            is_after_value = False
        elif character in "{[(":
            if is_after_value:
                raise _Guess("a comma is left out")
            open_.append(character)
            if len(open_) > MAX_NESTING:
                raise _Guess("it is nested too deeply")
            yield _Bracket("[" if character == "(" else character)
            position += 1
        else:
            token, position = _scalar(text, position, open_)
            is_key = _is_key(text, position, open_)
            if is_after_value and not (is_key and "\n" in gap):
                raise _Guess("a comma is left out")
            yield token
            is_after_value = not is_key
    if open_:
        raise _Guess("its brackets do not match")


def _scalar(text: str, position: int, open_: list[str]) -> tuple[object, int]:
    """Return the text, number or word that stands at a position, and where it ends."""
    if text[position] in _CLOSING_QUOTES:
        return _string(text, position)
    word = _WORD.match(text, position)
    if word is None:
        raise _Guess(f"{text[position]!r} stands where none is expected")
    return _word(word[0], is_key=_is_key(text, word.end(), open_)), word.end()


def _is_key(text: str, position: int, open_: list[str]) -> bool:
    return bool(open_) and open_[-1] == "{" and text[position : position + 20].lstrip()[:1] == ":"


def _word(word: str, *, is_key: bool) -> object:
    if is_key:
        return word
    if word in _LITERALS:
        return _LITERALS[word]
    if _NUMBER.match(word) and len(word) <= 40:
        if re.fullmatch(r"[+-]?\d+", word):
            return int(word)
        number = float(word)
        if not isinf(number) and sum(map(str.isdigit, word)) <= KEPT_DIGITS:
            return number
    raise _Guess(f"{word[:40]!r} is no value")


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
            raise _Guess("a text does not end")
        if text[position] != "\\":
            if _AFTER_STRING.match(text, position + 1):
                if quotes % 2:
                    raise _Guess("a quote within a text has no other one")
                return "".join(pieces), position + 1
            if _ADDED.match(text, position + 1):
                raise _Guess("texts are added up")
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
            raise _Guess("an escape is incomplete")
        character = json.loads(f'"\\u{code[0]}"')
        if "\ud800" <= character <= "\udfff":
            raise _Guess("an escape is incomplete")
        return character, code.end()
    if escape in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[escape], position + 1
    if escape and escape in "\"'\\/":
        return escape, position + 1
    if escape in ("\n", "\r"):
        raise _Guess("a line is continued")
    return "\\", position
