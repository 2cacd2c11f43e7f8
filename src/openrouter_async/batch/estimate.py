"""The possible usage and cost of a whole batch, before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..catalogue.pricing import estimate_call
from ..tokens.estimate import TokenEstimate
from ..types.chat.steps import models_in
from .items import key_hash
from .results import Failed

if TYPE_CHECKING:
    from ..spending.forecast import PriceList
    from .items import Request

__all__ = ["BatchEstimate", "estimate_requests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEstimate:
    """The possible usage and cost of a batch from now on, if each item is sent once."""

    items: int
    kept: int
    """Of `items`: those that the journal or the ledger has a result for; they are not asked, and cost nothing."""
    repeated: int
    """Of `items`: those that repeat an earlier one, with `dedupe`; they cost nothing."""
    unsendable: int
    """Of `items`: those that cannot be sent, and cost nothing."""
    prompt_tokens: TokenEstimate
    """Of all prompts that are sent together; with `Steps`, of the first model."""
    completion_tokens: int
    """Of all answers together, if each is as long as was assumed, or as its own bound allows."""
    low: Decimal | None
    """US dollars of the prompts alone, at their fewest tokens; None where a price is not known. With `Steps`: of the
    first model."""
    high: Decimal | None
    """US dollars of the prompts at their most tokens, with such answers; with `Steps`, from every model."""


def estimate_requests(
    requests: Iterable[Request | Failed],
    prices: PriceList,
    answer_tokens: Callable[[Request], int],
    *,
    hashes_kept: Mapping[int, str],
    dedupe: bool,
) -> BatchEstimate:
    """Add up what requests may use and cost, without those that are kept, and with `dedupe` those that repeat one."""
    items = unsendable = answers = kept = repeated = 0
    seen: set[str] = set()
    tokens, low, high, is_priced = TokenEstimate(0, 0, 0, "exact"), Decimal(0), Decimal(0), True
    for request in requests:
        items += 1
        if isinstance(request, Failed):
            unsendable += 1
            continue
        if hashes_kept.get(key_hash(request.key)) == request.hash:
            kept += 1
            seen.add(request.hash)
            continue
        if dedupe and request.hash in seen:
            repeated += 1
            continue
        seen.add(request.hash)
        bound = answer_tokens(request)
        tools = request.params.get("tools")
        for place, model in enumerate([None] if request.model is None else models_in(request.model)):
            each = estimate_call(
                request.messages,
                None if model is None else prices.get(model),
                name=model,
                max_tokens=bound,
                tools=tools if isinstance(tools, list | tuple) else (),
            )
            is_priced = is_priced and each.high is not None
            high += each.high or 0
            if not place:
                answers += bound
                tokens += each.prompt_tokens
                low += each.low or 0
    return BatchEstimate(
        items=items,
        kept=kept,
        repeated=repeated,
        unsendable=unsendable,
        prompt_tokens=tokens,
        completion_tokens=answers,
        low=low if is_priced else None,
        high=high if is_priced else None,
    )
