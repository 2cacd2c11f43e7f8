"""`split_tokens` and `truncate_tokens`: parts of a text that have at most so many tokens."""

from __future__ import annotations

from .._checks import whole
from ..errors import ConfigurationError
from .estimate import estimate_tokens

__all__ = ["split_tokens", "truncate_tokens"]

LONGEST = 16
"""The most characters of a token; a run of spaces may be longer, and makes a shorter part."""

_ENDS = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, the best first; each in the second half of a part."""


def truncate_tokens(text: str, tokens: int, model: str | None = None, *, exact: bool = False) -> str:
    """Return the beginning of a text that has at most so many tokens, by the highest estimate.

    It ends behind a paragraph, a line, a sentence or a word, if one ends in its second half.

    Args:
        text: Any text.
        tokens: The most tokens, at least 1.
        model: As for `estimate_tokens`.
        exact: As for `estimate_tokens`.

    Raises:
        ConfigurationError: `tokens` is below 1, or as for `estimate_tokens`.
    """
    whole("tokens", tokens)
    return text[: _end_of(text, tokens, model, exact)]


def split_tokens(
    text: str, tokens: int, model: str | None = None, *, overlap: int = 0, exact: bool = False
) -> list[str]:
    """Return a text in parts of at most so many tokens each, by the highest estimate; without overlap, all of it.

    ```python
    parts = split_tokens(book, 2_000, "openai/gpt-5-mini")
    summaries = await client.batch([f"Summarise: {part}" for part in parts])
    ```

    Args:
        text: Any text.
        tokens: The most tokens of a part, at least 1; a part has at least one character.
        model: As for `estimate_tokens`.
        overlap: About how many characters of a part are repeated at the beginning of the next.
        exact: As for `estimate_tokens`.

    Raises:
        ConfigurationError: as for `truncate_tokens`; or `overlap` is negative.
    """
    whole("tokens", tokens)
    if not isinstance(overlap, int) or overlap < 0:
        raise ConfigurationError(f"overlap is {overlap!r}; expected a number of characters, 0 or more")
    parts: list[str] = []
    begin = 0
    while begin < len(text):
        piece = text[begin : begin + tokens * LONGEST]
        end = begin + max(1, _end_of(piece, tokens, model, exact))
        parts.append(text[begin:end])
        if end >= len(text):
            break
        begin = max(begin + 1, end - overlap)
    return parts


def _end_of(text: str, tokens: int, model: str | None, exact: bool) -> int:
    """Return how many characters fit."""
    text = text[: tokens * LONGEST]
    if estimate_tokens(text, model, exact=exact).high <= tokens:
        return len(text)
    fits, exceeds = 0, len(text)
    while exceeds - fits > 1:
        middle = (fits + exceeds) // 2
        if estimate_tokens(text[:middle], model, exact=exact).high <= tokens:
            fits = middle
        else:
            exceeds = middle
    for mark in _ENDS:
        place = text.rfind(mark, fits // 2, fits)
        if place >= 0:
            return place + len(mark)
    return fits
