"""`ItemMeter`: counts the requests that a worker makes for the item it works on."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ..spending.observer import SpendObserver
from ..spending.spend import Spend
from .items import Request

if TYPE_CHECKING:
    from .._sansio.charges import Charge
    from .._sansio.request import RequestData
    from ..protocols import Sender

__all__ = ["ItemMeter", "Taken"]


class Taken(NamedTuple):
    """What an item took that was answered."""

    elapsed: float
    attempts: int
    charges: list[Charge]
    cost: Decimal | None
    byok_cost: Decimal


class ItemMeter:
    """The meter of one worker, which works on one item at a time."""

    def __init__(self, spend: Spend) -> None:
        self.transport = spend.transport
        self._spend = spend
        self._request: Request | None = None
        self._calls: list[SpendObserver] = []
        self._began = 0.0

    def turn_to(self, request: Request) -> None:
        """From now on the requests are made for this item."""
        self._request = request
        self._calls.clear()
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since it turned to the item."""
        return time.monotonic() - self._began

    @property
    def is_sending(self) -> bool:
        """Whether a request for the item is out now."""
        return bool(self._calls) and self._calls[-1].is_sending

    @property
    def attempts(self) -> int:
        """How many requests were sent for the item."""
        sent = 0
        for call in self._calls:
            sent += call.attempts
        return sent

    @property
    def cost(self) -> Decimal | None:
        """The account's charge for the item: all requests whose cost is known; None if requests were sent and no cost
        is known.

        Without the requests settled by their generation record, which have journal lines of their own.
        """
        charges = self.charges
        if len(charges) == 1:
            return charges[0].cost
        cost = None if self._calls else Decimal(0)
        for charge in charges:
            if charge.cost is not None:
                cost = charge.cost if cost is None else cost + charge.cost
        return cost

    @property
    def cost_of_failure(self) -> Decimal | None:
        """The same of an item that failed: requests that were refused, and not cut off, cost nothing."""
        cost = self.cost
        if cost is None and not any(call.is_in_doubt for call in self._calls):
            return Decimal(0)
        return cost

    @property
    def byok_cost(self) -> Decimal:
        """What providers are known to have charged for it to keys of the account's own."""
        cost = Decimal(0)
        for charge in self.charges:
            cost += charge.byok_cost
        return cost

    @property
    def charges(self) -> list[Charge]:
        """The known usage and cost of each of its requests."""
        if len(self._calls) == 1:  # as nearly all have
            return self._calls[0].charges
        return [charge for call in self._calls for charge in call.charges]

    def taken(self) -> Taken:
        """Return what the item took until now."""
        elapsed = time.monotonic() - self._began
        charges = self.charges
        if len(charges) == 1 == len(self._calls):  # as nearly all have
            (charge,) = charges
            return Taken(elapsed, self._calls[0].attempts, charges, charge.cost, charge.byok_cost)
        return Taken(elapsed, self.attempts, charges, self.cost, self.byok_cost)

    def observe(self, request: RequestData, sender: Sender) -> SpendObserver | None:
        """Let the batch's budget watch a call."""
        observer = self._spend.observe_for(self._request, request, sender)
        if observer is not None:
            self._calls.append(observer)
        return observer

    def book(self, generation_id: str) -> None:
        """Look for what a generation cost that was made for the item before, and that nobody has counted."""
        if self._calls:
            self._spend.book(generation_id, self._calls[-1].sender, self._request)
