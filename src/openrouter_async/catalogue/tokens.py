"""How many tokens a text is, for models whose tokenizer is not here: estimated, and said how well. Pure.

A tokenizer cuts a text into tokens; whether it cuts between two neighbouring characters depends mostly on those two.
So the estimate is a sum over the pairs of neighbours: a weight of the pair (hashed into a table of 4,096), and one of
the block of Unicode that the second character is in, which speaks for pairs that were never seen. The weights
(`token_weights.json`, 13 KB) are fitted to o200k and cl100k, the two tokenizers that can be run offline, on texts in
70 languages and on code. Every other family is one of the two, times a factor that recorded usage gave. No vocabulary is
downloaded, and no file but the weights is read.

`tests/catalogue/fit_tokens.py` makes the weights; `tests/catalogue/test_tokens.py` states how good they are.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, TypeAlias

from .tokenizers import Encoding, Tokenizer, tokenizer_of

__all__ = ["TokenBasis", "TokenEstimate", "estimate_tokens"]

TokenBasis: TypeAlias = Literal["exact", "fitted", "learned", "unverified"]


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """A number of tokens, and between which it very probably is."""

    tokens: int
    """The best guess."""
    low: int
    high: int
    """Nine of ten texts of some length are within `low` and `high`, where the basis is `fitted`."""
    basis: TokenBasis
    """`exact`: counted. `fitted`: the tokenizer's family was compared with real counts. `learned`: corrected by the
    usage that this model returned. `unverified`: the family was never compared; the band is a guess as well."""

    def __add__(self, other: TokenEstimate) -> TokenEstimate:
        """Return the estimate of both together, as good as the worse of them."""
        basis = max(self.basis, other.basis, key=_BASES.index)
        return TokenEstimate(self.tokens + other.tokens, self.low + other.low, self.high + other.high, basis)


_BASES: tuple[TokenBasis, ...] = ("exact", "learned", "fitted", "unverified")

SMALL = 3
"""Tokens by which the estimate of even the shortest text may be off."""


def estimate_tokens(text: str, model: str | None = None) -> TokenEstimate:
    """Return about how many tokens a text is.

    ```python
    estimate_tokens("How many tokens is this?", "openai/gpt-5-mini").tokens
    ```

    The median error is below 5 % on prose in many languages and on code for GPT models, and the band is `±` what the
    family's is said to be. Messages have tokens of their own around the text; see `estimate_prompt`. Takes about 0.1 s
    for a million characters.

    Args:
        text: Prose, code, JSON: anything that becomes part of a prompt, or of a reply.
        model: Whose tokens; default: those of the newer GPT models, with a band wide enough for others.
    """
    return _band(count_with(text, tokenizer_of(model)), tokenizer_of(model))


def count_with(text: str, tokenizer: Tokenizer) -> float:
    """Return the best guess, not rounded."""
    return _count(text, tokenizer.encoding) * tokenizer.factor


def _band(tokens: float, tokenizer: Tokenizer) -> TokenEstimate:
    if not tokens:
        return TokenEstimate(0, 0, 0, "fitted")
    band = tokenizer.band
    return TokenEstimate(
        max(1, round(tokens)),
        max(1, round(tokens * (1 - band) - SMALL)),
        round(tokens * (1 + band) + SMALL),
        "fitted" if tokenizer.is_verified else "unverified",
    )


@dataclass(frozen=True, slots=True)
class _Weights:
    pairs: tuple[float, ...]
    blocks: tuple[float, ...]


@cache
def _file() -> tuple[tuple[int, ...], dict[Encoding, _Weights]]:
    data = json.loads(files(__package__).joinpath("token_weights.json").read_text("ascii"))
    scale: int = data["scale"]
    weights = {}
    for name, one in data["encodings"].items():
        packed = memoryview(base64.b64decode(one["pairs"])).cast("b")
        weights[name] = _Weights(
            tuple(value / scale for value in packed), tuple(value / 100 for value in one["blocks"])
        )
    return tuple(data["blocks"]), weights


_SPACES = re.compile(r"[^\S\n]{2,}")
_REPEATED = re.compile(r"([^\d\s])\1{15,}", re.DOTALL)
_DIGIT = re.compile(r"\d")


def _count(text: str, encoding: Encoding) -> float:
    if not text:
        return 0.0
    starts, all_weights = _file()
    weights = all_weights[encoding]
    # Indentation of any depth is one token, digits are alike, and long repetitions are few tokens.
    text = _DIGIT.sub("0", _SPACES.sub("  ", text))
    text, extra = _without_repetitions(text)
    text = "\n" + text
    size = len(weights.pairs)
    total = extra
    for (left, right), times in Counter(pairwise(text)).items():
        code = ord(right)
        weight = weights.pairs[(ord(left) * 8191 + code * 131) % size]
        total += times * (weight + weights.blocks[bisect_right(starts, code) - 1])
    return max(1.0, total)


def _without_repetitions(text: str) -> tuple[str, float]:
    """Cut runs of one character to 16, and return what is left, with a token for each eight that are gone."""
    gone = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal gone
        gone += len(match[0]) - 16
        return match[1] * 16

    return _REPEATED.sub(cut, text), gone / 8
