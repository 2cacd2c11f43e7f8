"""What a request will cost, as far as it can be said before it is answered: for `client.track` and for batches. Pure.

The prompt is estimated from its text; the answer is taken to be as long as `max_tokens` allows, else as the longest of
this model so far. So the forecast of a request without `max_tokens` is a guess, and a longer answer costs more than was
foreseen. Where a model's price is not known, what its dearest answer cost is taken, and a margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from pydantic import JsonValue

from .._sansio.error_body import load_json
from ..tokens.prompt import estimate_body
from ..types.models import Pricing

__all__ = ["Forecast", "PriceList", "Request"]

FIRST_ANSWER = 1_000
"""Tokens that an answer is taken to have, before there is one of the model to go by."""

MARGIN = Decimal("1.25")
"""How much more than its dearest answer so far is foreseen of a model whose price is not known."""


class PriceList(Protocol):
    """Knows what models cost, as the catalogue does."""

    def price(self, model: str) -> Pricing | None: ...


class Request:
    """What the body of a request says that decides its cost."""

    __slots__ = ("body", "model")

    def __init__(self, content: bytes | None) -> None:
        try:
            body = load_json(content or b"")
        except ValueError:
            body = None
        self.body: Mapping[str, JsonValue] = body if isinstance(body, dict) else {}
        model = self.body.get("model")
        self.model: str | None = model if isinstance(model, str) else None

    @property
    def max_tokens(self) -> int | None:
        """The bound of the answer; None where there is none."""
        for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
            if isinstance(limit := self.body.get(name), int):
                return limit
        return None

    @property
    def prompt_tokens(self) -> int:
        """About how many tokens the prompt has."""
        return estimate_body(self.body).tokens


class Forecast:
    """Foresees costs, and learns from those that were."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices
        self._longest: dict[str | None, int] = {}
        self._dearest: dict[str | None, Decimal] = {}

    def cost(self, model: str | None, prompt_tokens: int, max_tokens: int | None) -> Decimal | None:
        """Return US dollars that a request is likely to cost at most; None where nothing is known of it.

        `max_tokens` bounds the answer; None where nothing does, 0 where the prompt alone costs.
        """
        answer = self._longest.get(model, FIRST_ANSWER) if max_tokens is None else max_tokens
        known = self.priced(model, prompt_tokens, answer)
        if known is None and model in self._dearest:
            return self._dearest[model] * MARGIN
        return known

    def priced(self, model: str | None, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """Return what so many tokens cost by the model's price; None where that is not known."""
        pricing = None if model is None else self._prices.price(model)
        return None if pricing is None else pricing.cost(prompt_tokens, completion_tokens)

    def learn(self, model: str | None, *, cost: Decimal, completion_tokens: int | None) -> None:
        """Remember what a request cost, and how long its answer was."""
        self._longest[model] = max(completion_tokens or 0, self._longest.get(model, 1))
        self._dearest[model] = max(cost, self._dearest.get(model, Decimal(0)))
