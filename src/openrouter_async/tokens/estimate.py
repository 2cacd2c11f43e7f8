"""`estimate_tokens`: about how many tokens a text is, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._families import Family, family_of
from ._text import count_text

__all__ = ["TokenBasis", "TokenEstimate", "estimate_tokens", "in_band"]

TokenBasis: TypeAlias = Literal["exact", "learned", "verified", "unverified"]
"""The basis of a number of tokens.

`exact`: counted by the model's own tokenizer. `learned`: estimated, and corrected by the usage that the model
returned. `verified`: estimated by a method that was compared with real counts of the model's family of tokenizers.
`unverified`: estimated for a family that was never compared, so the band is a guess as well.
"""

_FROM_BEST: tuple[TokenBasis, ...] = ("exact", "learned", "verified", "unverified")
SLACK = 2
"""Tokens by which the shortest text may be off."""


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """A number of tokens, and the band it is in for nine of ten texts."""

    tokens: int
    """The best guess."""
    low: int
    high: int
    basis: TokenBasis = "unverified"

    def __add__(self, other: TokenEstimate) -> TokenEstimate:
        """Return the estimate of both together, which rests on the weaker of them."""
        basis = _FROM_BEST[max(map(_FROM_BEST.index, (self.basis, other.basis)))]
        return TokenEstimate(self.tokens + other.tokens, self.low + other.low, self.high + other.high, basis)


def estimate_tokens(text: str, model: str | None = None, *, exact: bool = False) -> TokenEstimate:
    """Return the approximate number of tokens of a text.

    ```python
    estimate = estimate_tokens("How many tokens is this?", "openai/gpt-5-mini")
    print(estimate.tokens, estimate.low, estimate.high)
    ```

    For the tokenizers of GPT models the median error is below 5 % on prose in many languages and on code; other
    families are scaled from those. Nothing is sent or downloaded; of a long text 256 Ki characters, spread over it,
    are sampled, in about 25 ms. In a prompt each message adds tokens of its own; see `estimate_prompt`.

    Args:
        text: Prose, code, JSON: anything that is part of a prompt or of an answer.
        model: The model whose tokens to count; default: newer GPT models, with a band for others.
        exact: Count with `tiktoken` (extra `tokens`), whose vocabulary must already be on disk; only GPT models have
            one.

    Raises:
        ConfigurationError: `exact`, and the package, the vocabulary, or a public tokenizer of the model is missing.
    """
    if exact:
        from .exact import count_exactly

        count = count_exactly(text, model)
        return TokenEstimate(count, count, count, "exact")
    family = family_of(model)
    return in_band(count_text(text, family.encoding) * family.factor, family)


def in_band(tokens: float, family: Family) -> TokenEstimate:
    """Return a number of tokens with the band of its family."""
    basis: TokenBasis = "verified" if family.is_verified else "unverified"
    if not tokens:
        return TokenEstimate(0, 0, 0, basis)
    off = tokens * family.band + SLACK
    return TokenEstimate(max(1, round(tokens)), max(1, int(tokens - off)), int(tokens + off) + 1, basis)
