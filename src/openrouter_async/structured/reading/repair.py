"""Rewrites text that is almost JSON as JSON, token by token, without guesses; linear in its length.

It corrects quotes, trailing commas, commas at the end of a property's line, comments, the words and tuples of Python,
keys without quotes, and line breaks in strings. Everything else stays unchanged, and the JSON parser refuses it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ..schemas.json_text import parsed

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["MAX_LENGTH", "repaired"]

MAX_LENGTH = 128 * 1024
"""Characters; a model writes hardly more in one reply."""

_TOKEN = re.compile(
    r"""
      (?P<mark> [{}\[\]:,)] | \((?=\s*(?:"[^"\n]*"|'[^'\n]*'|[\w.+-]+)\s*,\s*[^\s)]) ) | (?P<quote> ["'“”„‘’] )
    | (?P<gap> \s++ | //[^\n]*+ | \#[^\n]*+ | /\*[^*]*+(?:\*(?!/)[^*]*+)*\*/ )
    | (?P<word> [^\s,:;{}\[\]()"'“”„‘’]++ ) (?P<colon> (?=\s*+:) )?
    """,
    re.VERBOSE,
)
_LITERALS = {"True": "true", "False": "false", "None": "null"}
_CLOSING_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“”", "‘": "’", "’": "’"}
_BRACKETS = {"{}": "}", "[]": "]", "()": "]"}
_AFTER_STRING = re.compile(r"[ \t]*+(?:[,:}\])]|\Z|(?://|/\*|\#)|\r?\n\s*+[\"'“‘}\])/#])")
_BEFORE_STRING = (",", ":", "{", "[", "(", "+")
_ADDED = re.compile(r"(?:\s*\+\s*|\s+)[\"'“‘]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = frozenset('"\\/bfnrtu')
"""Characters that may follow a backslash, by RFC 8259, section 7."""
_ESCAPES_OF_PYTHON = frozenset("xUN01234567")
_TO_ESCAPE = re.compile(r'\\.|["\x00-\x1f]', re.DOTALL)


def repaired(text: str) -> JsonValue:
    """Return the value that broken JSON means; raises `ValueError` where it cannot be known."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH:,} characters")
    _check_escapes(text)
    pieces: list[str] = []
    opened: list[str] = []
    position = last = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ValueError(f"there is no value at {position}")
        position = token.end()
        if token["gap"]:
            continue
        mark = token["mark"]
        if (
            not mark
            and opened[-1:] == ["{"]
            and pieces[-1] not in "{,:"
            and "\n" in text[last : token.start()]
        ):
            pieces.append(",")
        if token["quote"]:
            end = _end_of_string(text, token.start())
            pieces.append(f'"{_TO_ESCAPE.sub(_escaped, text[position:end])}"')
            position = end + 1
        elif token["word"]:
            is_key = token["colon"] is not None
            pieces.append(json.dumps(token[0]) if is_key else _LITERALS.get(token[0], token[0]))
        elif mark in "}])":
            pair = (opened.pop() if opened else "") + mark
            if pair not in _BRACKETS:
                raise ValueError(f"{mark!r} closes nothing")
            if pieces[-1] == "," and pieces[-2] not in "{[":
                pieces.pop()
            pieces.append(_BRACKETS[pair])
        else:
            if mark in "{[(":
                opened.append(mark)
            pieces.append("[" if mark == "(" else mark)
        last = position
    return parsed(" ".join(pieces))  # spaces keep apart what no comma parts


def _check_escapes(text: str) -> None:
    """Raise where a backslash may be one or begin an escape: in `C:\\dir\\new` the second is as the first."""
    escaped = {match[1] for match in _ESCAPED.finditer(text)}
    if escaped & (_ESCAPES_OF_PYTHON | {"\n", "\r"}):
        raise ValueError("it has escapes that are none of JSON")
    if escaped - _ESCAPES - {"'"} and escaped & _ESCAPES - {'"'}:
        raise ValueError("a backslash may be an escape or not")


def _end_of_string(text: str, start: int) -> int:
    """Return where the string that opens at `start` closes: at the first quote that something may follow."""
    quotes = 0
    for found in re.compile(rf"\\.|[{_CLOSING_QUOTES[text[start]]}]", re.DOTALL).finditer(text, start + 1):
        if found[0][0] == "\\":
            continue
        if _AFTER_STRING.match(text, found.end()):
            if quotes % 2:
                raise ValueError("a quote within a text has no other one")
            return found.start()
        if _ADDED.match(text, found.end()):
            raise ValueError("texts are added up")
        quotes += 1
        if quotes % 2 == 0 and text[found.start() - 3 : found.start()].rstrip().endswith(_BEFORE_STRING):
            raise ValueError("another text may begin within a text")
    raise ValueError("a text does not end")


def _escaped(found: re.Match[str]) -> str:
    """Return part of a string as JSON writes it; an escape that JSON does not know means itself."""
    part = found[0]
    if part[0] != "\\":
        return json.dumps(part)[1:-1]
    if part == "\\'":
        return "'"
    return part if part[1] in _ESCAPES else "\\" + part
