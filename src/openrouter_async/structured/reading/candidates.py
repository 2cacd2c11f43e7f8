"""Finds the JSON values that a reply may mean, among prose, fences and reasoning, in linear time.

Theory of operation. If the whole reply is JSON, it is the only candidate. Otherwise the reader skips other text token
by token: reasoning as a whole; it remembers open fences, brackets and tags, since text inside them may be part of
something else. A bracket that starts like JSON is a candidate up to its closing bracket, respecting strings; values
inside a candidate are never candidates, since a part of a broken value is not the intended value. Accidental JSON,
such as a footnote, is prose. An unclosed value makes the reply *cut*. `standing` decides whether a candidate is the
answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...types.chat.template_marks import without_marks
from ..schemas.json_text import DuplicateKeyError, parsed

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..schemas.violations import SchemaViolation

__all__ = ["MARK", "Candidate", "Candidates", "Fence", "end_of_value", "find_candidates", "is_json_label"]

MAX_CANDIDATES = 1_000
"""The most values in one reply; with more, none can be the intended one."""

MAX_TOKENS = 50_000
"""The most brackets, tags and fences outside of values; with more, none can be the intended one. Chosen: to pass them
takes less than 0.1 s, during which nothing else runs, and half a megabyte of code has fewer."""

MAX_WITHIN = 8
"""The most open brackets recorded for a candidate, the innermost; it is not an answer within half as many."""

_THOUGHT = "(?:think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad)"
_END = rf"</{_THOUGHT}\b[^<>]{{0,50}}>|\[/THINK\]|\u25c1/think\u25b7|<\|channel\|>final(?:<\|message\|>)?"
TOKEN = re.compile(
    rf"""
      (?P<thought> <{_THOUGHT}\b[^<>]{{0,50}}> | \[THINK\] | \u25c1think\u25b7
                 | <\|channel\|>(?:analysis|commentary) )
    | (?P<end> {_END} )
    | (?P<fence> `{{3,}} | ^[ \t]*~{{3,}}(?=[^~{{\[\n]*$) )[ \t]*(?P<label>[\w+\#.-]{{0,30}})
    | (?<!\w)<(?P<tag> /?[A-Za-z_][\w.-]{{0,50}} )(?:\s[^<>]{{0,200}})?> | (?P<comment> <!-- | --> )
    | (?P<open> [{{\[] ) | (?P<bracket> [(}}\])] )
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
END_OF_THOUGHT = re.compile(_END, re.IGNORECASE)
_IN_VALUE = re.compile(r'\\.|"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
LOOKS_LIKE_JSON = re.compile(
    r"""\{\s*(?:["'“”‘’}]|[A-Za-z_]\w{0,100}\s*:|//|/\*|\#|\\"|$)|\[\s*(?:["'“”‘’{\[\]\d.+-]|true|false|null|True|False|None|//|/\*|$)"""
)
MARK = re.compile(r"\{\s*\}|\[[\s\d,]*\]")
"""Texts that are as often a mark in prose as a value: `[1]`, `[ ]`, `{}`."""
_REFERENCE = re.compile(r"\[\d{1,3}\][ \t]+\w")
_ANNOUNCED = re.compile(r"(?:[:=>{\u2192\uff1a]|\b(?:is|are|be))[ \t]*[`*_$]{0,3}[ \t]*\Z")
_STANDS_ALONE = re.compile(r"[^\w\n]{0,20}$", re.MULTILINE)
_CLOSING = {"}": "{", "]": "[", ")": "(", "-->": "<!--"}
_CLOSING_TAG = re.compile(r"</([A-Za-z_][\w.-]{0,50})>")
_LAYOUT = frozenset(
    {"b", "bos", "br", "code", "div", "em", "hr", "i", "img", "li", "p", "pre", "s", "span", "strong"}
)
"""Tags that only say how something looks, or that are not closed."""
_JSON_LABELS = frozenset(
    {"", "json", "json5", "jsonc", "jsonl", "javascript", "js", "text", "txt", "plaintext"}
)


@dataclass(slots=True)
class Fence:
    """A fence of Markdown; places are positions in the text."""

    start: int
    inside: int
    label: str
    closing: int | None = None
    """Where its inside ends; None if it is not closed."""
    end: int | None = None


class Candidate(NamedTuple):
    """A piece of a reply that may be its value."""

    text: str
    value: JsonValue
    """None where it is broken."""
    problem: SchemaViolation | None = None
    """Why no value can be taken from it, though it is JSON."""
    is_broken: bool = False
    """It is not JSON, but looks much like it."""
    start: int = 0
    end: int = 0
    lead: int = 0
    """Where the prose before it begins: after thoughts, the beginning of its fence, or the candidate before."""
    within: tuple[str, ...] = ()
    """The open brackets and tags of the prose around it, outermost first."""
    fence: Fence | None = None


def is_json_label(label: str) -> bool:
    """Whether a fence with a label may contain JSON, rather than another language that contains some by accident."""
    return label.lower() in _JSON_LABELS


class Candidates(NamedTuple):
    """The values found in a reply."""

    text: str
    found: tuple[Candidate, ...] = ()
    is_cut: bool = False
    """A value, or the thoughts before it, do not end."""
    is_whole: bool = False
    """The reply is nothing but its value, and the others are inside its strings."""


def find_candidates(reply: str) -> Candidates:
    """Return the values that a reply may mean, in their order."""
    text = without_marks(reply.strip().strip("\ufeff\u200b").strip())
    found = _quoted(text)
    if not found and (inside := _unfenced(text)) is not None:
        found = _quoted(inside)
    if found:
        return Candidates(text, tuple(found), is_whole=True)
    found_all = _Scan(text).run()
    if found_all.is_cut:
        *_, last = (0, *(match.end() for match in END_OF_THOUGHT.finditer(text)))
        if last:
            return _Scan(text[last:]).run()
    return found_all


def _unfenced(text: str) -> str | None:
    """Return the content of the fence if the text is a single fence."""
    if not (text.startswith("```") and text.endswith("```")):
        return None
    inside = text[:-3].partition("\n")[2]
    return inside.strip() or None


def _quoted(text: str) -> list[Candidate]:
    """Return the value of a text, and the values inside it if it is a string that contains JSON, however nested."""
    found: list[Candidate] = []
    for _ in range(4):
        candidate = _read(text)
        if candidate.is_broken:
            break
        found.append(candidate)
        if not isinstance(candidate.value, str):
            break
        text = candidate.value
    return found


def _read(text: str) -> Candidate:
    try:
        return Candidate(text, parsed(text))
    except DuplicateKeyError as twice:
        return Candidate(text, twice.value, problem=twice)
    except ValueError:
        return Candidate(text, None, is_broken=True)


class _Scan:
    """One way through a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closed: dict[str, int] | None = None
        """Where the last tag of each name closes."""
        self._begin(0)

    def _begin(self, lead: int) -> None:
        self._found: list[Candidate] = []
        self._lead = lead
        self._within: list[str] = []
        self._fence: Fence | None = None
        self._outside: list[str] = []
        """The brackets open where the fence began."""

    def run(self) -> Candidates:
        """Return what was found."""
        text = self._text
        position = marks = tokens = 0
        while (match := TOKEN.search(text, position)) is not None:
            position = match.end()
            tokens += 1
            if tokens > MAX_TOKENS:
                return Candidates(text)
            if match["end"]:  # thoughts whose beginning was not sent
                self._begin(position)
            elif match["thought"]:
                end = END_OF_THOUGHT.search(text, position)
                if end is None:
                    return Candidates(text, tuple(self._found), is_cut=True)
                position = self._lead = end.end()
            elif match["fence"]:
                self._pass_fence(match)
            elif match["open"] and LOOKS_LIKE_JSON.match(text, match.start()):
                ends = end_of_value(text, match.start())
                if ends is None:
                    return Candidates(text, tuple(self._found), is_cut=True)
                position = ends
                if _is_mark(text, match.start(), ends):
                    marks += 1
                else:
                    self._add(match.start(), ends)
                if marks + len(self._found) > MAX_CANDIDATES:
                    return Candidates(text)
            else:
                self._pass_bracket(match)
        return Candidates(text, tuple(self._found))

    def _add(self, start: int, end: int) -> None:
        inside = self._text[start:end]
        found = _read(inside)
        if found.is_broken and '\\"' in inside:  # its quotes were escaped once too often
            quoted = _quoted(f'"{inside}"')
            found = quoted[1] if len(quoted) > 1 else found
        within = tuple([*self._outside, *self._within][-MAX_WITHIN:])
        self._found.append(
            found._replace(start=start, end=end, lead=self._lead, within=within, fence=self._fence)
        )
        self._lead = end

    def _pass_fence(self, match: re.Match[str]) -> None:
        if self._fence is None:
            self._fence = Fence(match.start(), match.end(), match["label"])
            self._outside, self._within = self._within, []  # brackets of code concern its fence alone
        else:
            self._fence.closing, self._fence.end = match.start(), match.end("fence")
            self._lead = match.end("fence")
            self._fence, self._within, self._outside = None, self._outside, []

    def _pass_bracket(self, match: re.Match[str]) -> None:
        tag = (match["tag"] or "").lower()
        mark = f"<{tag}>" if tag else match[0]
        if mark in _CLOSING or tag.startswith("/"):
            opening = f"<{tag[1:]}>" if tag else _CLOSING[mark]
            if self._within and self._within[-1] == opening:
                self._within.pop()
        elif not (tag and self._is_placeholder(tag, match)):
            self._within.append(mark)

    def _is_placeholder(self, tag: str, match: re.Match[str]) -> bool:
        """Whether a tag has no meaning for the value: it only formats text, or has no attributes and is never
        closed."""
        if self._closed is None:
            self._closed = {found[1].lower(): found.start() for found in _CLOSING_TAG.finditer(self._text)}
        return tag in _LAYOUT or (" " not in match[0] and self._closed.get(tag, -1) < match.end())


def _is_mark(text: str, start: int, end: int) -> bool:
    """Whether JSON is rather a footnote, a box, a placeholder or an index."""
    if MARK.fullmatch(text, start, end) is None:
        return False
    if _REFERENCE.match(text, start):
        return True
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    stands_alone = not before.strip("`*_ \t") and _STANDS_ALONE.match(text, end) is not None
    return not stands_alone and _ANNOUNCED.search(before) is None


def end_of_value(text: str, start: int) -> int | None:
    """Return the end of the value that starts at `start`; None if it does not end.

    A closing bracket of the wrong kind closes too: such a value is broken, and its parts are not values.
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
