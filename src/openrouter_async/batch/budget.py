"""`Budget`: money that is spent and money that is held for what is in flight, against a limit.

What an item will cost is known only when it is done, so a guess is held for it: what it can cost at most where
`max_tokens` bounds it, else what it would cost with the longest answer so far. Where no price is known, the first items
are sent one by one, until it is seen what one costs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ..errors import BudgetExceeded
from ..types.common import Usage

__all__ = ["Budget", "Price"]

FIRST_ANSWER = 1_000
"""Tokens that an answer is taken to have, before there is one to go by."""

MARGIN = Decimal("1.25")
"""How much more than the dearest item so far is held where no price is known."""


LEAST = Decimal("0.000001")
"""What is held at least for an item of unknown price, so that nothing is sent when nothing is left."""

Price = Callable[[str | None, int, int], Decimal | None]
"""US dollars of a call to a model with so many tokens in and out; None where its price is not known."""


class Budget:
    """A limit of what a batch may cost."""

    def __init__(self, limit: Decimal, price: Price, *, spent: Decimal = Decimal(0)) -> None:
        self.limit = limit
        self.spent = spent
        """Paid, in earlier runs too."""
        self.held = Decimal(0)
        """Kept back for what is in flight."""
        self._price = price
        self._longest: dict[str | None, int] = {}
        self._dearest: dict[str | None, Decimal] = {}

    def guess(self, model: str | None, prompt_tokens: int, max_tokens: int | None) -> Decimal:
        """Return what is to be held for an item."""
        answer = max_tokens if max_tokens is not None else self._longest.get(model, FIRST_ANSWER)
        cost = self._price(model, prompt_tokens, answer)
        if cost is not None:
            return cost
        if model in self._dearest:
            return self._dearest[model] * MARGIN
        return max(self.limit - self.spent, LEAST)

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
        tokens = usage.completion_tokens or 0
        cost = usage.cost
        if cost is None:
            cost = self._price(model, usage.prompt_tokens or 0, tokens) or Decimal(0)
        self._longest[model] = max(tokens, self._longest.get(model, 0))
        self._dearest[model] = max(cost, self._dearest.get(model, Decimal(0)))
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
