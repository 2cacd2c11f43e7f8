"""What a whole batch may use and cost, before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..catalogue.pricing import estimate_call
from ..tokens.estimate import TokenEstimate
from .results import Failed

if TYPE_CHECKING:
    from ..spending.forecast import PriceList
    from .items import Request

__all__ = ["BatchEstimate", "estimate_requests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEstimate:
    """What a batch may use and cost, if each item is asked once."""

    items: int
    unsendable: int
    """Of `items`: those that cannot be sent, and cost nothing."""
    prompt_tokens: TokenEstimate
    """Of all prompts together."""
    completion_tokens: int
    """Of all answers together, if each is as long as was assumed, or as its own bound allows."""
    low: Decimal | None
    """US dollars of the prompts alone, at their fewest tokens; None where a price is not known."""
    high: Decimal | None
    """US dollars of the prompts at their most tokens, with such answers."""


def estimate_requests(
    requests: Iterable[Request | Failed], prices: PriceList, answer_tokens: Callable[[Request], int]
) -> BatchEstimate:
    """Add up what requests may use and cost."""
    items = unsendable = answers = 0
    tokens, low, high, is_priced = TokenEstimate(0, 0, 0, "exact"), Decimal(0), Decimal(0), True
    for request in requests:
        items += 1
        if isinstance(request, Failed):
            unsendable += 1
            continue
        bound = answer_tokens(request)
        tools = request.params.get("tools")
        each = estimate_call(
            request.messages,
            None if request.model is None else prices.get(request.model),
            name=request.model,
            max_tokens=bound,
            tools=tools if isinstance(tools, list | tuple) else (),
        )
        answers += bound
        tokens += each.prompt_tokens
        is_priced = is_priced and each.high is not None
        low += each.low or 0
        high += each.high or 0
    return BatchEstimate(
        items=items,
        unsendable=unsendable,
        prompt_tokens=tokens,
        completion_tokens=answers,
        low=low if is_priced else None,
        high=high if is_priced else None,
    )
