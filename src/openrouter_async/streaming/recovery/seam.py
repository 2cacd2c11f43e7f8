"""The seam between a delivered text and its continuation. No I/O here.

Theory of operation. A text that is cut off is hard to continue for two reasons: the cut may be inside a word, and the
continuation may repeat the text before it. So there are two small machines.

`WordBuffer` withholds the last word of a text until the whitespace after it has arrived. So the delivered text always
ends with a whole word, and the whitespace after it is known; the withheld rest is written again.

`OverlapTrimmer` withholds the start of the continuation until its meaning is certain. The best sign is whether it
starts with whitespace: a model that continues from the last word starts with the whitespace or punctuation after it;
one that takes the text for an earlier turn starts a new one, without. So from the latter a single repeated word
counts, and from the former only a long passage that occurs nowhere else. Uncertain cases are refused: the stream
never delivers a text that may repeat a word, lack one, or start again in other words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...errors import StreamError

__all__ = ["OverlapTrimmer", "WordBuffer"]

MAX_HELD = 80
"""Characters without whitespace that are held at most. Chosen: words of natural languages are shorter."""

LONG_REPEAT = 6
"""Words that must be repeated by a continuation which begins as one should. Chosen: shorter repeats are often meant."""

# Scripts that write words without spaces between them: Thai to Myanmar, Khmer, and from the CJK radicals onwards.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_HELD = re.compile(rf"(?:\s+|(?<=[{_UNSPACED}])|\A)[^\s{_UNSPACED}]*\Z")
_WORD_START = re.compile(rf"(?<!\S)\S|[{_UNSPACED}]")
_CLOSING = frozenset(".,;:!?)]}%»”’…")


class WordBuffer:
    """Gives text out up to the end of its last whole word."""

    def __init__(self) -> None:
        self.held = ""
        """The text that arrived and was not delivered: whitespace, and the start of a word."""

    def feed(self, text: str) -> str:
        """Return the text that can be delivered now; may be empty."""
        text = self.held + text
        found = _HELD.search(text, max(0, len(text) - MAX_HELD - 1))
        start = len(text) if found is None else found.start()
        self.held = text[start:]
        return text[:start]

    def release(self) -> str:
        """Return what was held."""
        held, self.held = self.held, ""
        return held


class OverlapTrimmer:
    """Where a continuation begins, behind the text `before`, which `gap` followed when it was first written."""

    def __init__(self, before: str, gap: str) -> None:
        self._before = before
        self._gap = gap
        self._text = ""
        self._candidates: list[int] | None = None
        self._is_open = True
        self.repeated = 0
        """Characters that the continuation said again, and that were left out."""

    def feed(self, text: str) -> str:
        """Return what goes behind the text before, as far as that is certain.

        Raises:
            StreamError: it begins anew, or it cannot be told whether it repeats something.
        """
        if not self._is_open:
            return text
        self._text += text
        return "" if self._is_undecided() else self._decide()

    def finish(self) -> str:
        """Return what is left; the continuation has ended."""
        return self._decide() if self._is_open and self._text else ""

    def _is_undecided(self) -> bool:
        """Whether more of the continuation may show that it repeats something."""
        said, before = self._text.lstrip(), self._before
        if not said:
            return True
        if self._candidates is None:
            self._candidates = [
                found.start() for found in _WORD_START.finditer(before) if before[found.start()] == said[0]
            ]
        live = [start for start in self._candidates if before.startswith(said, start)]
        # A passage that reaches the end of the text before counts once it is known that its last word ends there.
        self._candidates = live + [start for start in self._candidates if _reaches_end(before, start, said)]
        return bool(live)

    def _decide(self) -> str:
        self._is_open = False
        said, before = self._text.lstrip(), self._before
        if not said:
            return self._text
        is_new_turn = bool(self._gap) and said == self._text
        needed = 1 if is_new_turn else LONG_REPEAT
        overlap, shorter = _overlaps(before, said, self._candidates or ())
        same = _common_words(before, said)
        if _words(overlap) >= max(needed, _words(same)):
            self._check(overlap, shorter, is_new_turn=is_new_turn)
            self.repeated = len(overlap)
            return said[len(overlap) :]
        if _words(same) >= needed and (is_new_turn or before.count(same) == 1):
            raise StreamError(
                f"the continuation begins the text anew, with its first {_words(same)} words, and then differs from it"
            )
        if is_new_turn and said[0] not in _CLOSING:
            return self._gap + said
        return self._text

    def _check(self, overlap: str, shorter: str, *, is_new_turn: bool) -> None:
        """Refuse a repetition in a text that repeats itself, where it may well be meant."""
        rest = self._before[: -len(overlap)]
        if (
            rest.rstrip().endswith(overlap.rstrip())
            or 2 * _words(shorter) >= _words(overlap)
            or (not is_new_turn and overlap in rest)
        ):
            raise StreamError(
                f"the continuation repeats the last {_words(overlap)} words of a text that repeats them itself,"
                " so it cannot be told whether they are meant"
            )


def _words(text: str) -> int:
    return sum(1 for _ in _WORD_START.finditer(text))


def _ends_word(text: str, at: int) -> bool:
    """Whether no word continues at a place of a text."""
    return at >= len(text) or not (text[at].isalnum() and text[at - 1].isalnum()) or _is_unspaced(text[at])


def _is_unspaced(character: str) -> bool:
    return _WORD_START.match("x" + character, 1) is not None and not character.isspace()


def _reaches_end(before: str, start: int, said: str) -> bool:
    """Whether `said` continues after a repetition of everything from `start` on."""
    length = len(before) - start
    return len(said) > length and said.startswith(before[start:])


def _overlaps(before: str, said: str, candidates: Iterable[int]) -> tuple[str, str]:
    """Return the longest beginning of `said` that is the end of `before`, in whole words, and the next shorter one."""
    passages = (before[start:] for start in sorted(set(candidates)))
    found = [each for each in passages if said.startswith(each) and _ends_word(said, len(each))]
    longest, shorter, *_ = *found, "", ""
    return longest, shorter


def _common_words(before: str, said: str) -> str:
    """Return the whole words with which both begin."""
    length = 0
    for a, b in zip(before, said, strict=False):
        if a != b:
            break
        length += 1
    while length and not (_ends_word(before, length) and _ends_word(said, length)):
        length -= 1
    return before[:length].rstrip()
