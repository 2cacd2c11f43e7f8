"""`ItemMeter`: counts the requests that a worker makes for the item it works on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ..spending.spend import Spend, SpendObserver
from .items import Request

if TYPE_CHECKING:
    from .._sansio.charges import Charge
    from .._sansio.request import RequestData
    from ..protocols import Sender

__all__ = ["ItemMeter"]


class ItemMeter:
    """The meter of one worker, which works on one item at a time."""

    def __init__(self, spend: Spend) -> None:
        self.transport = spend.transport
        self._spend = spend
        self._request: Request | None = None
        self._calls: list[SpendObserver] = []

    def turn_to(self, request: Request) -> None:
        """From now on the requests are made for this item."""
        self._request = request
        self._calls.clear()

    @property
    def cost(self) -> Decimal | None:
        """The account's charge for the item: all requests whose cost is known; None if no cost is known.

        Without the requests settled by their generation record, which have journal lines of their own.
        """
        known = [charge.cost for charge in self._charges if charge.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def byok_cost(self) -> Decimal:
        """What providers are known to have charged for it to keys of the account's own."""
        return sum((charge.byok_cost for charge in self._charges), Decimal(0))

    @property
    def _charges(self) -> list[Charge]:
        return [charge for call in self._calls for charge in call.charges]

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
