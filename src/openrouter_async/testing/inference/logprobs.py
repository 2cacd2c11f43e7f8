"""How probable the tokens of a reply are said to be: made up, but the same for the same token, and never above 1."""

from __future__ import annotations

import math
from collections.abc import Iterable
from zlib import crc32

from pydantic import JsonValue

from ..prompts import cut

__all__ = ["logprobs"]

_OTHERS = tuple(
    f" {word}"
    for word in (
        "the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not",
        "he", "his", "but", "at", "are",
    )
)  # fmt: skip
"""Alternatives to a token: enough for 20, the token among them."""


def logprobs(content: Iterable[str], refusal: str, alternatives: int) -> dict[str, JsonValue]:
    """Return the probabilities of the tokens of a content and of a refusal, with so many alternatives of each."""
    return {
        "content": [_entry(token, alternatives) for piece in content for token in cut(piece)] or None,
        "refusal": [_entry(token, alternatives) for token in cut(refusal)] or None,
    }


def _entry(token: str, alternatives: int) -> JsonValue:
    """Return a token that was the likeliest of its place, and those it was preferred to."""
    chance = 0.5 + crc32(token.encode(errors="replace")) % 499 / 1000
    others = [other for other in _OTHERS if other != token]
    # each takes half of what is left, so that together they stay below 1
    chances = [(token, chance), *((other, (1 - chance) / 2**place) for place, other in enumerate(others, 1))]
    top: list[JsonValue] = [_probability(*pair) for pair in chances[:alternatives]]
    return {**_probability(token, chance), "top_logprobs": top}


def _probability(token: str, chance: float) -> dict[str, JsonValue]:
    return {"token": token, "logprob": math.log(chance), "bytes": list(token.encode(errors="replace"))}
