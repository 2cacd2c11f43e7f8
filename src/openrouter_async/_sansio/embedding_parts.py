"""Many inputs as parts that a request can carry, and where each begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MOST_INPUTS", "MOST_TOKENS", "most_inputs", "split_inputs"]

MOST_INPUTS = 2_048
"""Inputs in one request; the most that OpenAI's models take, and others take as many or split themselves."""
MOST_TOKENS = 250_000
"""Tokens in one request, of which OpenAI's models take 300,000; the rest is for what is estimated too low."""

MOST_NUMBERS = 900_000
"""Numbers in one answer; just below the default of `Limits.values`, above which an answer is refused."""
LONGEST_VECTOR = 4_096
"""The assumed numbers of a vector if the request does not set `dimensions`; no listed model has more."""

BYTES_A_TOKEN = 3
"""Of text in UTF-8. Chosen on the safe side: English has 4, and a Chinese character, of 3 bytes, is about a token."""


def most_inputs(dimensions: object, encoding: object) -> int:
    """Return how many inputs a request may have before its answer is refused; in base64 a vector is one string."""
    if encoding == "base64":
        return MOST_INPUTS
    length = dimensions if isinstance(dimensions, int) and dimensions > 0 else LONGEST_VECTOR
    return max(1, min(MOST_INPUTS, MOST_NUMBERS // length))


def split_inputs(inputs: Sequence[object], *, most: int = MOST_INPUTS) -> list[int]:
    """Return the start of each part, the first at 0; the parts stay below the limits of inputs and tokens.

    An input that is too long on its own is a part of its own; the service reports the problem.
    """
    starts, count, tokens = [0], 0, 0
    for place, each in enumerate(inputs):
        size = _tokens(each)
        if count and (count == most or tokens + size > MOST_TOKENS):
            starts.append(place)
            count = tokens = 0
        count += 1
        tokens += size
    return starts


def _tokens(value: object) -> int:
    """Return about how many tokens an input has; of pictures and sound, which nobody knows, none."""
    if isinstance(value, str):
        return 1 + (len(value) if value.isascii() else len(value.encode(errors="replace"))) // BYTES_A_TOKEN
    if isinstance(value, Mapping):
        content = value.get("content")
        parts = content if isinstance(content, list | tuple) else ()
        return sum(_tokens(part.get("text", "")) for part in parts if isinstance(part, Mapping))
    return len(value) if isinstance(value, Sequence) else 1
