"""About how many tokens a text has, without a tokenizer: from its characters, with a band that holds for most models.

Tokenizers differ from model to model and are megabytes in size. What they share is measured here by kinds of
character: letters of the Latin alphabet come about four to a token, digits and signs two, letters of other alphabets
two and a half, and characters of Chinese, Japanese and Korean about one. The band is wide enough for the tokenizers in
use; what a call used in the end is in its `usage`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..types._base import WireType
from ..types.content_parts import Attachment

__all__ = ["TokenRange", "estimate_prompt", "estimate_text"]


@dataclass(frozen=True, slots=True)
class TokenRange:
    """A number of tokens that is not known better."""

    low: int
    high: int

    @property
    def middle(self) -> int:
        """The number that is most likely."""
        return (self.low + self.high + 1) // 2


BAND = 0.3
"""How far the number may be off, as a share of it."""

MESSAGE = 4
"""Tokens of a message beside its text: its role, and where it begins and ends."""

_LETTERS, _OTHER_ALPHABETS, _IDEOGRAPHS, _SIGNS = 0.25, 0.42, 1.0, 0.5
_IDEOGRAPHIC = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff]"
)
_LATIN = re.compile(r"[A-Za-z\s]")
_ASCII_SIGNS = re.compile(r"[!-@\[-`{-~]")

_MEDIA = {"image": (85, 1_600), "audio": (50, 10_000), "video": (250, 50_000), "file": (100, 50_000)}
"""Tokens of an attachment, least and most; its provider decides."""


def estimate_text(text: str) -> float:
    """Return about how many tokens a text has.

    >>> round(estimate_text("What is the capital of Norway?"))
    8
    """
    ideographs = len(_IDEOGRAPHIC.findall(text)) if not text.isascii() else 0
    latin = len(_LATIN.findall(text))
    signs = len(_ASCII_SIGNS.findall(text))
    rest = len(text) - latin - signs - ideographs
    return latin * _LETTERS + signs * _SIGNS + ideographs * _IDEOGRAPHS + rest * _OTHER_ALPHABETS


def estimate_prompt(messages: object, *, besides: object = None) -> TokenRange:
    """Return about how many tokens messages have; `besides` is what is sent beside them, such as tools."""
    messages = [messages] if isinstance(messages, str | Mapping | WireType) else messages
    count = len(messages) if isinstance(messages, Sequence) else 1
    text, low, high = _walk([messages, besides])
    middle = text + MESSAGE * count
    return TokenRange(low + int(middle * (1 - BAND)), high + round(middle * (1 + BAND) + 0.5))


def _walk(value: object) -> tuple[float, int, int]:
    """Return the tokens of all texts in a value, and of its attachments at least and at most."""
    match value:
        case str():
            return estimate_text(value), 0, 0
        case Attachment(kind=kind):
            return 0.0, *_MEDIA.get(kind, _MEDIA["file"])
        case WireType():
            return _walk(value.model_dump(include={"content", "tool_calls", "reasoning"}, exclude_none=True))
        case {"type": "image_url" | "input_audio" | "video_url" | "file" as kind}:
            name = {"image_url": "image", "input_audio": "audio", "video_url": "video"}.get(kind, "file")
            return 0.0, *_MEDIA[name]
        case Mapping():
            return _sum(item for key, item in value.items() if key not in ("role", "type"))
        case Sequence() if not isinstance(value, bytes):
            return _sum(value)
        case _:
            return 0.0, 0, 0


def _sum(values: object) -> tuple[float, int, int]:
    text, low, high = 0.0, 0, 0
    for value in values:  # type: ignore[attr-defined]  # an iterable of whatever JSON has
        more, least, most = _walk(value)
        text, low, high = text + more, low + least, high + most
    return text, low, high
