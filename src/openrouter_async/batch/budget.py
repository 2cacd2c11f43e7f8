"""`Budget`: money that is spent and money that is held for what is in flight, against a limit.

What an item will cost is known only when it is done, so its forecast is held for it. Where that knows nothing, the
first items are sent one by one, until it is seen what one costs.
"""

from __future__ import annotations

from decimal import Decimal

from ..errors import BudgetExceeded
from ..spending.forecast import Forecast, PriceList
from ..types.common import Usage

__all__ = ["Budget"]

LEAST = Decimal("0.000001")
"""What is held at least for an item of unknown price, so that nothing is sent when nothing is left."""


class Budget:
    """A limit of what a batch may cost."""

    def __init__(self, limit: Decimal, prices: PriceList, *, spent: Decimal = Decimal(0)) -> None:
        self.limit = limit
        self.spent = spent
        """Paid, in earlier runs too."""
        self.held = Decimal(0)
        """Kept back for what is in flight."""
        self._forecast = Forecast(prices)

    def guess(self, model: str | None, prompt_tokens: int, max_tokens: int | None) -> Decimal:
        """Return what is to be held for an item."""
        cost = self._forecast.cost(model, prompt_tokens, max_tokens)
        return max(self.limit - self.spent, LEAST) if cost is None else cost

    def hold(self, amount: Decimal) -> bool:
        """Keep an amount back if the budget has room for it, and return whether it has."""
        if self.spent + self.held + amount > self.limit:
            return False
        self.held += amount
        return True

    def settle(self, amount: Decimal, model: str | None, usage: Usage | None) -> None:
        """Put what an item cost in the place of what was held for it."""
        self.held -= amount
        if usage is not None:
            self.spent += self.learn(model, usage)

    def learn(self, model: str | None, usage: Usage) -> Decimal:
        """Guess by this usage from now on, and return what it cost."""
        cost, tokens = usage.cost, usage.completion_tokens
        if cost is None:
            cost = self._forecast.priced(model, usage.prompt_tokens or 0, tokens or 0) or Decimal(0)
        self._forecast.learn(model, cost=cost, completion_tokens=tokens)
        return cost

    def exceeded(self) -> BudgetExceeded:
        """Return the error that says why no further item is asked."""
        return BudgetExceeded(
            f"the budget of {self.limit} US dollars has no room for another item: {self.spent} are spent;"
            " what was answered is kept, run it again with a larger budget",
            budget=self.limit,
            spent=self.spent,
            may_have_been_billed=False,
        )
