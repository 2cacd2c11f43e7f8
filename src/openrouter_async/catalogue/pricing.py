"""The possible usage and cost of a call by the prices of the catalogue, before it is made. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from ..tokens.estimate import TokenEstimate
from ..tokens.prompt import estimate_prompt

if TYPE_CHECKING:
    from ..types.catalogue.models import Model

__all__ = ["Estimate", "estimate_call"]

Correction: TypeAlias = Callable[[str | None, TokenEstimate], TokenEstimate]
"""Returns what an estimate becomes, by what was learnt of the model."""

UNKNOWN_CONTEXT = 128_000
"""Tokens of a context whose length is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The possible usage and cost of a call, before it is made."""

    model: str | None
    """The id of the model whose prices were used; None where it is not known."""
    prompt_tokens: TokenEstimate
    max_completion_tokens: int
    """The bound of the answer: the one given, else that of the model."""
    low: Decimal | None
    """US dollars of the prompt alone, at its fewest tokens; None where the price is not known."""
    high: Decimal | None
    """US dollars of the prompt at its most tokens, with an answer that is as long as may be."""


def estimate_call(
    messages: object,
    model: Model | None,
    *,
    name: str | None,
    max_tokens: int | None = None,
    tools: Sequence[object] = (),
    correct: Correction | None = None,
) -> Estimate:
    """Return what a call of the model `name`, whose listing is `model`, may use and cost."""
    listed = name if model is None else model.id
    tokens = estimate_prompt(messages, model=listed, tools=tools)
    if correct is not None:
        tokens = correct(listed, tokens)
    bound = max_tokens if max_tokens is not None else _longest_answer(model, tokens.low)
    pricing = None if model is None else model.pricing
    return Estimate(
        model=None if model is None else model.id,
        prompt_tokens=tokens,
        max_completion_tokens=bound,
        low=None if pricing is None else pricing.cost(tokens.low, 0),
        high=None if pricing is None else pricing.cost(tokens.high, bound),
    )


def _longest_answer(model: Model | None, prompt_tokens: int) -> int:
    if model is None:
        return UNKNOWN_CONTEXT
    top = model.top_provider
    if top is not None and top.max_completion_tokens:
        return top.max_completion_tokens
    context = (top.context_length if top else None) or model.context_length or UNKNOWN_CONTEXT
    return max(0, context - prompt_tokens)
