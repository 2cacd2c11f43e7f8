"""`NextCost`: the possible cost of one more request, for callers that make several in a row within their own
limit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from anyio import to_thread

from .._sansio.charges import charge_of
from ..types.common import Usage
from .forecast import Forecast, PriceList, Request

__all__ = ["NextCost"]


class NextCost:
    """Foresees the next request from the ones before."""

    def __init__(self, prices: PriceList) -> None:
        self._forecast = Forecast(prices)
        self._asked: Request | None = None

    async def of(self, body: Mapping[str, object]) -> Decimal:
        """Return the US dollars that a request may cost, as far as known; the event loop stays free meanwhile."""
        self._asked = await to_thread.run_sync(Request, body)
        return self._forecast.of(self._asked).cost

    def was(self, usage: Usage | None) -> None:
        """The request that was asked about last cost this."""
        if self._asked is not None and usage is not None:
            self._forecast.learn(self._asked, charge_of(usage))
