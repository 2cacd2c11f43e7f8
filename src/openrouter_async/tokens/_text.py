"""Tokens of a text without a vocabulary. Pure.

A tokenizer cuts a text into tokens; whether it cuts between two neighbouring characters depends mostly on those two.
So the count is a sum over the pairs of neighbours: a weight of the pair, hashed into a table of 4,096, and one of the
block of Unicode that the second character is in, which speaks for pairs that were never seen. In Chinese, Japanese and
Korean there are too many pairs: the second character alone is looked up, in a table of 2,048. The weights are fitted
to o200k and cl100k, two tokenizers that run offline, on texts in 70 languages and on code. Text that is like none of
these, such as one word a thousand times, has at least a token a word.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, TypeAlias

from pydantic_core import from_json

__all__ = ["BLOCKS", "LOOKED_AT", "Encoding", "block_of", "count_text", "normalise", "place_of"]

Encoding: TypeAlias = Literal["o200k", "cl100k"]
"""A tokenizer that the weights imitate."""

_PAIRS, _SINGLES = 4096, 2048
_CJK = 0x2E80
"""From here on there are too many pairs to know."""

_INDENTATION = re.compile(r"[^\S\n]{2,}")
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"([!-/:-~])\1{15,}")
_RUN_KEPT, _RUN_A_TOKEN = 16, 8
_AT_ONCE = 32 * 1024
"""Characters."""

LOOKED_AT = 256 * 1024
"""Characters of a text that are sampled, which takes about 25 ms; in a longer text they are spread over it."""
_STRETCH = 4 * 1024
"""Characters that are taken of one place, at most."""


_FITTED = from_json(files("openrouter_async.tokens").joinpath("weights.json").read_bytes())
"""The weights, made by tests/tokens/fit.py: pairs are signed bytes in base85, in units of 1/40 token; blocks are in
units of 1/100 token."""

BLOCKS: list[int] = _FITTED["blocks"]
"""The first characters of blocks whose characters are alike to a tokenizer."""


@cache
def _weights(encoding: Encoding) -> tuple[float, ...]:
    pairs = base64.b85decode(_FITTED[encoding]["pairs"])
    return tuple(weight / 40 for weight in memoryview(pairs).cast("b"))


def count_text(text: str, encoding: Encoding, *, most: int = LOOKED_AT) -> float:
    """Return the approximate number of tokens of a text; at most `most` characters of it are sampled."""
    if len(text) <= most:
        return _count(text, encoding)
    size = min(most, _STRETCH, max(256, most // 16))
    places = most // size
    apart = (len(text) - size) // places
    tokens = sum(
        _count(text[start : start + size], encoding)
        for start in range(apart // 2, apart // 2 + places * apart, apart)
    )
    return tokens * len(text) / (places * size)


def _count(text: str, encoding: Encoding) -> float:
    if not text:
        return 0.0
    gone = 0

    def cut(run: re.Match[str]) -> str:
        nonlocal gone
        gone += len(run[0]) - _RUN_KEPT
        return run[1] * _RUN_KEPT

    text = _RUN.sub(cut, normalise(text))
    weights, blocks = _weights(encoding), _FITTED[encoding]["blocks"]
    total, words, pairs, text = 0.0, 0, Counter[tuple[str, str]](), "\n" + text
    for start in range(0, len(text), _AT_ONCE):  # so that a thread that counts lets others run in between
        piece = text[start : start + _AT_ONCE + 1]
        pairs.update(pairwise(piece))
        words += len(piece.split())
    for (left, right), times in pairs.items():
        total += times * (weights[place_of(left, right)] + blocks[block_of(right)] / 100)
    return max(1.0, total, words) + gone / _RUN_A_TOKEN


def normalise(text: str) -> str:
    """Return a text with all indentation alike, which is one token, and all digits, which count by their number."""
    return _DIGIT.sub("0", _INDENTATION.sub("  ", text))


def place_of(left: str, right: str) -> int:
    """Return the index of a pair's weight."""
    code = ord(right)
    return _PAIRS + code % _SINGLES if code >= _CJK else (ord(left) * 197 + code) % _PAIRS


def block_of(character: str) -> int:
    """Return the index of the weight of a character's block."""
    return bisect_right(BLOCKS, ord(character)) - 1
