"""Finds the JSON values that a reply may mean, among prose, fences and thoughts, in linear time.

Theory of operation. A reply that is JSON as a whole is its only candidate. Otherwise prose is passed over until a
bracket; from there to the bracket that closes it, strings respected, is a candidate, which is parsed strictly. What
lies within a candidate is never one itself, since a part of a broken value is not the value that was meant. What is
JSON by chance, such as a footnote, is prose. Thoughts are passed over, except inside of a value. A value that does
not end makes the reply *cut*; what looks like a bracket of prose does not. The work is bounded by a few passes over
the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING

from pydantic_core import from_json

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Candidate", "Candidates", "end_of_value", "find_candidates", "strict_json"]

MAX_CANDIDATES = 1_000
"""Values in one reply; in one that holds more, none can be the one that was meant."""

PASSES = 2
"""How often a text is read at most, counted in characters."""

LEAST_BUDGET = 200_000
"""Characters that are always read, so that short texts may begin anew often."""

NOT_JSON = object()

PROSE = re.compile(
    r"<(?P<close>/?)(?:think|thinking|thought|thoughts|reasoning|analysis)\b[^<>]{0,50}>"
    r"|^[ \t]*(?:`{3,}|~{3,})[ \t]*(?P<label>[\w+#.-]{0,30})"
    r"|(?P<open>[{\[])",
    re.IGNORECASE | re.MULTILINE,
)
END_OF_THOUGHT = re.compile(
    r"</(?:think|thinking|thought|thoughts|reasoning|analysis)\b[^<>]{0,50}>", re.IGNORECASE
)
_IN_VALUE = re.compile(r'\\.|"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
LOOKS_LIKE_JSON = re.compile(
    r"""\{\s*(?:["'“”‘’}]|[A-Za-z_]\w{0,100}\s*:|//|/\*|\#|\\"|$)|\[\s*(?:["'“”‘’{\[\]\d.+-]|true|false|null|True|False|None|//|/\*|$)"""
)
_IS_OF_WORDS = re.compile(r"[{\[][^\w{}\[\]]*+\w[^{}\[\]]*+[{\[]")
"""Brackets around words and further brackets, such as `{first name: "Al", friend: {...}}`."""
_MARK = re.compile(r"\{\s*\}|\[[\s\d,]*\]")
"""What is as often a mark in prose as a value: `[1]`, `[ ]`, `{}`."""
_ANNOUNCED = re.compile(r"(?:[:=>{\u2192\uff1a]|\b(?:is|are|be))[ \t]*[`*_$]{0,3}[ \t]*\Z")
_PART = re.compile(r"""(?:^|[,{\[])\s*["'][^"'\n]{0,40}["']\s*:\s*\Z""", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9_)\]]")
_STANDS_ALONE = re.compile(r"[^\w\n]{0,20}$", re.MULTILINE)
_CALCULATED = re.compile(r"\.\w+\(|\[[^\]\[]{0,20}:|[ \t]*\*[ \t]*\d")
_MAY_BE_INFINITE = re.compile(r"[eE]\+?\d\d|\d{300}")
_JSON_LABELS = frozenset(
    {"", "json", "json5", "jsonc", "jsonl", "javascript", "js", "text", "txt", "plaintext"}
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of a reply that may be its value."""

    text: str
    value: JsonValue
    """None where it is broken."""
    is_broken: bool = False
    """It is not JSON, but looks much like it."""
    label: str | None = None
    """The label of the fence around it, `""` for a fence without one; None outside of fences."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found in a reply."""

    found: tuple[Candidate, ...]
    is_cut: bool = False
    """A value, or the thoughts before it, do not end."""
    is_whole: bool = False
    """The reply is nothing but its value."""
    leads: bool = False
    """Nothing but thoughts stands before the first value."""

    @property
    def parsed(self) -> tuple[Candidate, ...]:
        """Those that are JSON. Ones in fences of other languages count only where there are no others."""
        parsed = [candidate for candidate in self.found if not candidate.is_broken]
        meant = [candidate for candidate in parsed if (candidate.label or "").lower() in _JSON_LABELS]
        return tuple(meant or parsed)

    @property
    def broken(self) -> tuple[Candidate, ...]:
        """Those that only look like JSON."""
        return tuple(candidate for candidate in self.found if candidate.is_broken)


def strict_json(text: str) -> JsonValue | object:
    """Return the JSON value that `text` is, or `NOT_JSON`."""
    try:
        value: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError:
        return NOT_JSON
    return NOT_JSON if _MAY_BE_INFINITE.search(text) and _is_infinite(value) else value


def _is_infinite(value: JsonValue) -> bool:
    """Whether a number in a value is too large, such as 1e999, which the parser takes for infinity."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as holder:
                waiting += holder.values()
            case list() as items:
                waiting += items
            case float() as number if isinf(number):
                return True
    return False


def find_candidates(reply: str) -> Candidates:
    """Return the values that a reply may mean, in their order."""
    text = reply.strip().strip("\ufeff\u200b").strip()
    for whole in (text, _unfenced(text)):
        if whole is not None and (value := strict_json(whole)) is not NOT_JSON:
            return Candidates(tuple(_unquoted(whole, value)), is_whole=True, leads=True)
    found = _scan(text)
    if found.is_cut:
        *_, last = (0, *(match.end() for match in END_OF_THOUGHT.finditer(text)))
        if last:
            found = _scan(text[last:])
    return found


def _unfenced(text: str) -> str | None:
    """Return what stands in the one fence that the text is, if it is one."""
    if not (text.startswith("```") and text.endswith("```")):
        return None
    inside = text[:-3].partition("\n")[2]
    return inside.strip() or None


def _unquoted(text: str, value: object) -> list[Candidate]:
    """Return a value, and what it holds if it is text that is JSON itself, however often it was quoted."""
    found = [Candidate(text, value)]  # type: ignore[arg-type]  # it was parsed
    for _ in range(3):
        if not isinstance(value, str):
            break
        text, value = value, strict_json(value)
        if value is NOT_JSON:
            break
        found.append(Candidate(text, value))  # type: ignore[arg-type]  # it was parsed
    return found


def _scan(text: str) -> Candidates:
    found: list[Candidate] = []
    label: str | None = None
    position, budget = 0, max(PASSES * len(text), LEAST_BUDGET)
    has_prose = leads = False
    marks = 0
    while (match := PROSE.search(text, position)) is not None:
        has_prose = has_prose or (not text[position : match.start()].isspace() and position < match.start())
        budget -= match.end() - position
        position = match.end()
        if match["label"] is not None:
            label = match["label"] if label is None else None
        elif match["open"] is None:
            if match["close"]:
                found.clear()  # thoughts whose beginning was not sent
                has_prose = leads = False
                label = None
                continue
            end = END_OF_THOUGHT.search(text, position)
            if end is None:
                return Candidates(tuple(found), is_cut=True)
            position = end.end()
        else:
            start = match.start()
            end_at = end_of_value(text, start)
            looks_like_json = LOOKS_LIKE_JSON.match(text, start) is not None
            if end_at is None:
                budget -= len(text) - start
                if looks_like_json or budget < 0:
                    return Candidates(tuple(found), is_cut=True)
                continue
            position = end_at
            inside = text[start:end_at]
            value = strict_json(inside)
            if value is not NOT_JSON:
                if _is_of_prose(text, start, end_at):
                    has_prose = True
                    marks += 1
                    if marks > MAX_CANDIDATES:
                        return Candidates(())
                    continue
                found.append(Candidate(inside, value, label=label))  # type: ignore[arg-type]  # it was parsed
            elif looks_like_json or _IS_OF_WORDS.match(inside):
                found.append(_broken(inside, label))
            else:
                budget -= end_at - start
                position = start + 1
                if budget < 0:
                    return Candidates(())
                continue
            leads = leads or (len(found) == 1 and not has_prose)
            if len(found) > MAX_CANDIDATES:
                return Candidates(())
    return Candidates(tuple(found), leads=leads)


def _is_of_prose(text: str, start: int, end: int) -> bool:
    """Whether JSON is rather a footnote, a box, a placeholder, an index, or a part of more that lacks its beginning."""
    before = text[max(0, start - 80) : start]
    if _PART.search(before):
        return True
    if text[start] == "[" and (_CALCULATED.match(text, end) or _NAME.match(text, max(0, start - 1))):
        return True
    if _MARK.fullmatch(text, start, end) is None:
        return False
    before = before.rpartition("\n")[2]
    stands_alone = not before.strip("`*_ \t") and _STANDS_ALONE.match(text, end) is not None
    return not stands_alone and _ANNOUNCED.search(before) is None


def _broken(text: str, label: str | None) -> Candidate:
    """Return a candidate that is no JSON, unless only its quotes were escaped once too often."""
    if '\\"' in text and (inner := strict_json(f'"{text}"')) is not NOT_JSON and isinstance(inner, str):
        value = strict_json(inner)
        if value is not NOT_JSON:
            return Candidate(inner, value, label=label)  # type: ignore[arg-type]  # it was parsed
    return Candidate(text, None, is_broken=True, label=label)


def end_of_value(text: str, start: int) -> int | None:
    """Return where the value that opens at `start` ends; None if it does not.

    A bracket of the wrong kind closes too: such a value is broken, and its parts are no values.
    """
    depth = 0
    for match in _IN_VALUE.finditer(text, start):
        token = text[match.start()]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
            if depth == 0:
                return match.end()
    return None
