"""What the prose around a value says of it: that it is the answer, or that it is not sure to be.

A value is the answer if it is set apart: it stands in a fence or on lines of its own, or what stands before it on its
line announces it (`The list is [1, 2].`), and nothing but punctuation follows there. It is none if it stands within
brackets or tags of something else, is an item or a field of something, is spoken of within a sentence, or if the
words beside it deny it, take it back, or call it an example. When in doubt it is none: a model can be asked again, but
nobody notices a wrong value.
"""

from __future__ import annotations

import re
from collections.abc import Set

from .candidates import Candidate, Fence
from .doubt import denied_before

__all__ = ["ENVELOPES", "objection"]

ENVELOPES = frozenset({"answer", "data", "json", "output", "response", "result", "value"})
"""What models call a value that should stand alone: as a key, as a tag, or before a colon."""

MAX_LINE = 1_000
"""Characters after a value that are looked at; punctuation and tags that close are fewer."""

MAX_LEAD = 20_000
"""Characters before it."""

_TAGS = ENVELOPES | {"final", "final_answer", "final-answer", "finalanswer"}
_INTERJECTIONS = frozenset({"here", "sure", "certainly", "okay", "voici", "ecco", "hier", "aquí"})
_ANNOUNCING = re.compile(
    r"\b(?:here|this|it|the|following|follows|below|answer|json|object|array|list|results?|output|response|values?|final|"
    r"sure|certainly|of course|okay|data|extracted|requested|generated|converted|parsed|details|information|"
    r"voici|réponse|résultat|hier|antwort|ergebnis|aquí|aqui|respuesta|resultado|resposta|ecco|risposta|risultato|вот|"
    r"ответ|результат)\b|结果|答案|回答|如下|以下|結果|答え",
    re.IGNORECASE,
)
_WITHOUT_SPACES = re.compile("[\u3040-\u9fff]")
"""Characters of languages that put no spaces between words."""
_INTRODUCES = re.compile(
    r"(?:[:=>\u2192\uff1a]|\b(?:is|are|be|ist|sind|est|sont|es|son|è|sono|é))\Z", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?…。！？]\Z")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")
_BULLET = re.compile(r"(?:\A|\s)(?:[-+*•‣>|]\s+|\(?(?:\d{1,3}|[A-Za-z])[.):]\s*)\Z")
_TAIL = re.compile(r"[`*_$\"'”’.!。\s]{0,20}(?:\[[\d, ]{1,10}\]\.?)?\s*\Z")
_DECORATION = "`*_$\"'“”‘’„ \t"
_COMMENTS = re.compile(r"(?:\s|//[^\n]*|#[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_BRACE = re.compile(r"(\\boxed\s*)?(?<![$#%])\{\Z")
_TAGS_BEFORE = re.compile(r"(?:<(?:\|message\||[\w.-]{1,50})>\s*+){1,4}\Z")
_TAG_AFTER = re.compile(r"\s*</([\w.-]{1,50})>")
_NAMES = re.compile(r"[:=\uff1a]")
_NAMED = re.compile(r"^[^\w\n]{0,6}(\w[\w' -]{0,40}?)[^\w\n]{0,4}[:=]", re.MULTILINE)


def objection(text: str, candidate: Candidate, *, names: Set[str], properties: Set[str]) -> str:
    """Return why a value in a reply is not sure to be its answer; "" if it is.

    Args:
        text: The reply.
        candidate: The value.
        names: What a value of the type is called, in small letters.
        properties: The properties that it may have anywhere.
    """
    fence, tags = candidate.fence, _TAGS | names
    start, end = candidate.start, candidate.end
    if fence is not None:
        if candidate.lead > fence.start or not _is_alone(text, candidate, fence):
            return "it is a part of what stands in its fence"
        start, end = fence.start, fence.end or end
    lead, rest = text[max(candidate.lead, start - MAX_LEAD) : start], text[end : end + MAX_LINE]
    within = [mark for mark in candidate.within if mark[1:-1] not in tags]
    while within and within[-1] == "{" and (brace := _BRACE.search(lead)) and rest.startswith("}"):
        if not brace[1] and text[candidate.start] != "{":
            break  # only braces are doubled
        within.pop()
        lead, rest = lead[: brace.start()], rest[1:]
    if within:
        return f"it stands within {within[-1]!r}"
    lead = _TAGS_BEFORE.sub("", lead)
    while (closing := _TAG_AFTER.match(rest)) is not None and closing[1].lower() in tags:
        rest = rest[closing.end() :]
    if not _TAIL.match(rest.partition("\n")[0]):
        return "it stands in the middle of a line"
    return _objection_to_lead(lead, is_fenced=fence is not None, names=names, properties=properties)


def _is_alone(text: str, candidate: Candidate, fence: Fence) -> bool:
    """Whether a fence holds nothing but a value and comments; in one that is not closed all may follow."""
    before = text[fence.inside : candidate.start]
    after = "" if fence.closing is None else text[candidate.end : fence.closing]
    return bool(_COMMENTS.fullmatch(before) and _COMMENTS.fullmatch(after))


def _objection_to_lead(lead: str, *, is_fenced: bool, names: Set[str], properties: Set[str]) -> str:
    """Return what the prose before a value has against it."""
    above, _, line = lead.rpartition("\n")
    if _BULLET.search(line) or line.lstrip().startswith((">", "|")):
        return "it is an item of a list, a table or a quotation"
    line = line.strip(_DECORATION)
    label = line or above.rstrip().rpartition("\n")[2].strip(_DECORATION)
    introduces = _INTRODUCES.search(label) is not None
    if line and not is_fenced and not introduces and not _ENDS.search(line):
        return "it stands in the middle of a sentence"
    *_, sentence = ("", *filter(None, _SENTENCES.split(label)))
    if word := denied_before(sentence):
        return f"the words before it say {word!r}"
    phrase = _NAMES.split(sentence.rstrip(":=>\u2192\uff1a \t"))[-1].strip(_DECORATION + "#-")
    if is_fenced or (introduces and _announces(phrase.lower(), names)):
        return ""
    if introduces:
        return f"{phrase[:40]!r} stands before it, as if it were a part of something"
    for named in _NAMED.finditer(lead):
        if named[1].lower() in properties:
            return f"{named[1]!r} stands before it, so it may be a part of something"
    return ""


def _announces(phrase: str, names: Set[str]) -> bool:
    """Whether a phrase before a colon says that the answer follows; one word may also be the key of a part."""
    words = phrase.split()
    if len(words) < 2 and not _WITHOUT_SPACES.search(phrase):
        return phrase in _TAGS | names | _INTERJECTIONS
    return _ANNOUNCING.search(phrase) is not None or not names.isdisjoint(words)
