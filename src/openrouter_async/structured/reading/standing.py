"""The position of a value in its reply: in the place of an answer, alone, in a sentence, or as a part or an example.

Structure decides: fences, lines, brackets, tags, keys before it, headings. The surrounding words have no weight,
except for a few right before or after it that explicitly reject it (`NOT_MEANT`, `RETRACTIONS`);
`tests/structured/corpus.py` reports the cost and benefit of each. A list is examined more closely than an object,
since prose is full of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from enum import IntEnum
from typing import NamedTuple

from .candidates import Candidate, Fence, is_json_label

__all__ = ["ENVELOPES", "NOT_MEANT", "RETRACTIONS", "Rank", "Standing", "find_retraction", "standing_of"]

ENVELOPES = frozenset({"answer", "data", "json", "output", "response", "result", "value"})
"""What models call a value that should stand alone: as a key, as a tag, or before a colon."""

MAX_NEAR = 2_000
"""Characters before and after a value that are examined."""

_TAGS = ENVELOPES | {"final", "final_answer", "final-answer", "finalanswer"}

NOT_MEANT = (
    r"(?:for example|for instance|such as|e\.g\.?)[,:]?",
    r"(?:could|might|may) look like(?: this)?:?",
    r"\blike",
    r"(?:\bnot|n['’]t|never|\bthan|instead of|unlike)",
    r"^(?:perhaps|maybe|hm+)\b.*",
    r"^(?:my )?(?:reasoning|thinking|thoughts?)(?:\.{3}|…)?:?",
    r"^(?:the |your )?(?:original |given )?input(?: (?:was|is))?:?",
    r"^(?:the )?(?:expected |required |requested )?(?:format|schema|structure|shape)(?: is| would be)?:?",
    r"^(?:an? |the )?(?:examples?|samples?|templates?|placeholders?|drafts?|dummy|wrong|incorrect|invalid)"
    r"(?: (?:answer|data|input|output|\d+)\b.*)?:?",
)
"""What right before a value says that it is not meant as the answer."""

LABEL = (
    r"(?:(?:for )?(?:example|instance|sample)s?(?: (?:answer|data|input|output|\d+)\b[^\n]*)?"
    r"|(?:the |your )?(?:original |given )?input|(?:my )?(?:reasoning|thinking|thoughts?))(?::|\.{3}|…)"
)
"""Such a phrase with nothing else before a value: then the value is the answer unless there is another."""

_THAT = r"(?:that|this|it|which|the [\w ]{1,30})"
RETRACTIONS = (
    r"(?:oh,? |no,? )?wait[*_]*(?:[,.!:…]| ?[—–-]| (?:no|it|that|this|i)\b|\s*\Z)",
    r"(?:h+mm+|oops|whoops|hold on)\b",
    r"no(?:[,:!]|\.(?! ?\d))",
    r"actually,",
    r"(?:correction|correcting|edit|update):",
    r"(?:scratch|strike) that",
    r"on second thoughts?",
    r"(?:please )?(?:disregard|ignore) (?:that|this|it|the above)\b(?! if)",
    rf"(?:sorry|pardon)?,? ?{_THAT}(?:'s|’s| is| was) (?:wrong|incorrect|not (?:quite )?(?:right|correct))"
    r"(?=\s*(?:[.,:;!—–-]|\Z|\n|because|since))",
    r"(?:sorry, )?i (?:made (?:a mistake|an error)|was wrong)",
    r"let me (?:correct|fix|redo|revise|reconsider)\b(?![^.\n]*\bif\b)",
    r"this is (?:just|only) an? (?:example|draft|template)",
)
"""Beginnings of a sentence behind a value that take it back."""


def _right_before(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(phrases)})\Z", re.IGNORECASE)


def _beginning_with(phrases: Sequence[str]) -> re.Pattern[str]:
    gap = r"[\s*_#(,;:.!?>-]"
    return re.compile(
        rf"(?:\A{gap}*+|(?<!{gap})(?={gap}*?[.!?>\n(]){gap}++)({'|'.join(phrases)})", re.IGNORECASE
    )


_NOT_MEANT = _right_before(NOT_MEANT)
_LABEL_ALONE = re.compile(LABEL, re.IGNORECASE)
_RETRACTION = _beginning_with(RETRACTIONS)
_FINAL = re.compile(
    r"(?:(?:so|thus|therefore|hence|and),? )?(?:here is |here's |this is )?(?:the |my |our )?"
    r"(?:(?:final|corrected|revised)(?: (?:answer|result|output|json|response|value|version|object))?"
    r"|answer|result|output)"
    r"(?: is)?[:.]?",
    re.IGNORECASE,
)
_FINAL_AFTER = re.compile(
    r"^(?:[ \t*_#>-]*+final (?:answer|result|output)\b|#+ *(?:the )?(?:final|answer)[ \t*:]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")
_INTRODUCES = re.compile(
    r"(?:[:=>\u2192\uff1a]|\b(?:is|are|be|ist|sind|est|sont|es|son|è|sono|é))\Z", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?…。！？]\Z")
_ITEM = r"(?:[->+*•‣]|\(?(?:\d{1,3}|[A-Za-z])[.):])(?=\s)"
_KEY = r"\"[^\"\n]*\"\s*:|(`?)([a-z_]\w*)\1\s*:|(`?)([A-Za-z_]\w*)\3\s*="
_MARKS = re.compile(rf"(?:\s*(?:{_KEY}|{_ITEM}))+\s*")
_COMMA = re.compile(r"\s*,\s*")
_FIELD = re.compile(r"(?:^|(?<=[,;:]))[^\w\n]{0,6}(\w[\w' -]{0,40}?)[^\w\n]{0,4}[:=]", re.MULTILINE)
_QUOTED_KEY = re.compile(r"\s*\"[^\"\n]*\"\s*:")
_LABEL = re.compile(r"[:=](?:\*\*|__|`)?\s*\Z")
_DECORATION = "`*_$#\"'“”‘’„ \t"
_CLOSING = re.compile(r"[`*_$\"'”’]{0,6}")
_ENDS_LINE = re.compile(r"[ \t`*_$.!。]*(?:\n|\Z)")
_PART_AFTER = re.compile(r"[\s,;|]*[\])}]|[ \t]*[,|][ \t,;|]*(?:\n|\Z)|\.\w|\(|\[(?![\d, ]{1,10}\])")
_PROSE_AFTER = re.compile(r"[.!。]?\s*\Z|[.!。](?:\s|\[)|\s*\n|\s+(?=[^\W\d_a-z])|\s*\[[\d, ]{1,10}\]")
"""Text that may follow a list on its line: nothing, the end of its sentence, or the beginning of another one."""
_COMMENTS = re.compile(r"(?:\s++|//[^\n]*+|#[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/)*")
_PAREN = re.compile(r"(?<![\w)\]])\(\s*\Z")
_BRACE = re.compile(r"(\\boxed\s*)?(?<![$#%])\{\Z")
_TAG_AFTER = re.compile(r"\s*</([\w.-]{1,50})>")


class Rank(IntEnum):
    """The role of a value in its reply; of values that differ the higher one wins if it comes later."""

    EXAMPLE = 0
    """Not meant, and no rival of any other."""
    LABELLED = 1
    """Under nothing but a label such as *Example*, or before a last comma: the answer where no other one may be."""
    PART = 2
    """A part of something else, and never the answer."""
    SENTENCE = 3
    """In the middle of a sentence, or in a fence of another language."""
    SET_APART = 4
    """By itself: in a fence, on lines of its own, or announced."""
    FINAL = 5
    """Under a heading or in a tag that says so."""


class Standing(NamedTuple):
    """The kind of position, and its extent, including the fence."""

    rank: Rank
    reason: str
    """Why it is not the answer; "" if it may be."""
    start: int
    end: int


def standing_of(text: str, candidate: Candidate, *, names: Set[str], properties: Set[str]) -> Standing:
    """Return the position of a value in a reply.

    Args:
        text: The reply.
        candidate: The value.
        names: Words for a value of the type, in lower case.
        properties: The properties that it may have at any level.
    """
    fence, start, end = candidate.fence, candidate.start, candidate.end
    lowest, stop = candidate.lead, len(text)
    is_fenced = fence is not None and candidate.lead <= fence.start and _is_alone(text, candidate, fence)
    if fence is not None and not is_fenced:
        if not is_json_label(fence.label):
            return Standing(Rank.EXAMPLE, "it is a part of the text in its fence", start, end)
        lowest, stop = max(lowest, fence.inside), fence.closing or stop
    elif fence is not None:
        start, end = fence.start, fence.end or end
    lead, rest = text[max(lowest, start - MAX_NEAR) : start], text[end : min(stop, end + MAX_NEAR)]
    rank, reason = _rank(candidate, lead, rest, is_fenced=is_fenced, names=names, properties=properties)
    return Standing(rank, reason, start, end)


def find_retraction(text: str, start: int, end: int | None = None) -> str:
    """Return the words in a stretch of a reply that retract the text before it; "" without such words."""
    after = text[start:end]
    found = _RETRACTION.search(after)
    if found is not None:
        return found[1].strip()
    final = _FINAL_AFTER.search(after)
    return "" if final is None else final[0].strip(_DECORATION + "\n")


def _is_alone(text: str, candidate: Candidate, fence: Fence) -> bool:
    """Whether a fence contains only a value and comments; after an unclosed fence anything may follow."""
    before = text[fence.inside : candidate.start]
    after = "" if fence.closing is None else text[candidate.end : fence.closing]
    return bool(_COMMENTS.fullmatch(before) and _COMMENTS.fullmatch(after))


def _rank(
    candidate: Candidate,
    lead: str,
    rest: str,
    *,
    is_fenced: bool,
    names: Set[str],
    properties: Set[str],
) -> tuple[Rank, str]:
    value = candidate.value
    is_cautious = isinstance(value, list) and not any(isinstance(item, dict) for item in value)
    tags = _TAGS | names
    within = [mark for mark in candidate.within if mark[1:-1] not in tags]
    while within and within[-1] == "{" and (brace := _BRACE.search(lead)) and rest.startswith("}"):
        if not brace[1] and not candidate.text.startswith("{"):
            break  # only braces are doubled
        within.pop()
        lead, rest = lead[: brace.start()], rest[1:]
    if within and within[-1] == "(" and candidate.text.startswith("{"):
        paren, closing = _PAREN.search(lead), re.match(r"\s*\)", rest)
        if paren and closing:
            within.pop()
            lead, rest = lead[: paren.start()], rest[closing.end() :]
    if within:
        return Rank.PART, f"it is within {within[-1]!r}"
    while (closing := _TAG_AFTER.match(rest)) is not None and closing[1].lower() in tags:
        rest = rest[closing.end() :]
    if not is_fenced and (found := _after(candidate, lead, rest, is_cautious=is_cautious)) is not None:
        return found
    return _before(lead, is_fenced=is_fenced, is_cautious=is_cautious, tags=tags, properties=properties)


def _after(candidate: Candidate, lead: str, rest: str, *, is_cautious: bool) -> tuple[Rank, str] | None:
    """Return the objection right after a value."""
    if rest.lstrip()[:1] == candidate.text[-1:] and _ENDS_LINE.match(rest.lstrip(), 1):
        rest = rest.lstrip()[1:]  # a bracket too many
    if "~~" in lead and "~~" in rest:
        return Rank.EXAMPLE, "it is struck out"
    if lead[-1:] in ('"', "“") and rest[:1] in ('"', "”") and not _ENDS_LINE.match(rest, 1):
        return Rank.EXAMPLE, "it is quoted in a sentence"
    rest = rest[_CLOSING.match(rest).end() :]  # type: ignore[union-attr]  # it may be empty
    if rest[:1] in ("?", "\uff1f"):
        return Rank.EXAMPLE, "it is a question"
    if rest.strip() == "," and not is_cautious:
        return Rank.LABELLED, "a comma follows it"
    if _PART_AFTER.match(rest) or (is_cautious and not _PROSE_AFTER.match(rest)):
        return Rank.PART, f"{rest.strip()[:20]!r} follows it on its line"
    return None


def _before(
    lead: str, *, is_fenced: bool, is_cautious: bool, tags: Set[str], properties: Set[str]
) -> tuple[Rank, str]:
    """Return the rank that the text before a value assigns to it."""
    above, _, line = lead.rpartition("\n")
    if _COMMA.fullmatch(lead):
        return Rank.PART, "it is an item of a list"
    words = line.strip(_DECORATION)
    label = words or above.rstrip().rpartition("\n")[2].strip(_DECORATION)
    *_, sentence = ("", *filter(None, _SENTENCES.split(label)))
    if found := _NOT_MEANT.search(sentence.rstrip(_DECORATION)):
        is_label = _LABEL_ALONE.fullmatch(lead.strip(_DECORATION + "\n"))
        return Rank.LABELLED if is_label else Rank.EXAMPLE, f"{found[0]!r} is before it"
    marks = line
    if not line.strip() and not is_fenced:
        above, _, marks = above.rpartition("\n")
    if _MARKS.fullmatch(marks):
        keys = {(key or name).lower() for _, key, _, name in re.findall(_KEY, marks)}
        fields = {field[1].lower() for field in _FIELD.finditer(above.rpartition("\n\n")[2])}
        is_in_record = (keys | fields) & properties or (keys and fields) or "" in keys
        if is_cautious or is_in_record:
            return Rank.PART, f"{marks.strip()[:40]!r} is before it, as if it were a part of something"
    if not is_fenced and words and _LABEL.search(line):
        record = above.rpartition("\n\n")[2] + "\n" + _LABEL.sub("", line)
        if _QUOTED_KEY.match(line):
            return Rank.PART, f"{line.strip()[:40]!r} is before it, so it may be a part of something"
        for field in _FIELD.finditer(record):
            if field[1].lower() in properties:
                return Rank.PART, f"{field[1]!r} is before it, so it may be a part of something"
    if _FINAL.fullmatch(sentence.rstrip(_DECORATION)):
        return Rank.FINAL, ""
    if is_fenced or not words or _INTRODUCES.search(words) or _ENDS.search(words):
        return Rank.SET_APART, ""
    if is_cautious:
        return Rank.PART, "it is in the middle of a sentence"
    return Rank.SENTENCE, ""
