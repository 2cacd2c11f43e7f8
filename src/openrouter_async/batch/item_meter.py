"""`ItemMeter`: counts the requests that a worker makes for the item it works on; see `protocols.Meter`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ..spending.spend import MeteredCall, Spend
from .items import Request

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from ..protocols import Sender

__all__ = ["ItemMeter"]


class ItemMeter:
    """The meter of one worker, which works on one item at a time."""

    def __init__(self, spend: Spend) -> None:
        self.transport = spend.transport
        self._spend = spend
        self._request: Request | None = None
        self._calls: list[MeteredCall] = []

    def turn_to(self, request: Request) -> None:
        """From now on the requests are made for this item."""
        self._request = request
        self._calls.clear()

    @property
    def cost(self) -> Decimal | None:
        """What the account was charged for the item: all requests whose cost is known; None where none is.

        Without those that were settled by their record, which stand in the journal by themselves.
        """
        known = [call.charge.cost for call in self._calls if call.charge.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def byok_cost(self) -> Decimal:
        """What providers are known to have charged for it to keys of the account's own."""
        return sum((call.charge.byok_cost for call in self._calls), Decimal(0))

    async def begin(self, data: RequestData, sender: Sender) -> MeteredCall:
        """Let the batch's budget decide; see `protocols.Meter`."""
        call = await self._spend.begin(data, sender, item=self._request)
        self._calls.append(call)
        return call

    def book(self, generation_id: str) -> None:
        """Look for what a generation cost that was made for the item before, and that nobody has counted."""
        if self._calls:
            self._spend.book(generation_id, self._calls[-1].sender, self._request)
