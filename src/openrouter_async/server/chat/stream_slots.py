"""`StreamGate`: limits the concurrent calls that cost money, and counts all of them, including cancelled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from ..._checks import whole
from ...spending.spend import Spend
from ..relays.failures import WebError

if TYPE_CHECKING:
    from decimal import Decimal

    from starlette.types import ASGIApp, Receive, Scope, Send

    from ...client import AsyncOpenRouter

__all__ = ["StreamGate", "StreamSlots"]


class StreamSlots:
    """What all routes of one router share."""

    def __init__(
        self,
        client: AsyncOpenRouter,
        budget: Spend | Decimal | str | float | None,
        max_concurrent_streams: int,
    ) -> None:
        self.spend = budget if isinstance(budget, Spend) else client.track(budget)
        self.most_at_once = whole("max_concurrent_streams", max_concurrent_streams)
        self.running = 0


class StreamGate:
    """Middleware around one route."""

    def __init__(self, app: ASGIApp, *, slots: StreamSlots) -> None:
        self._app = app
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless too many answers are being written already."""
        slots = self._slots
        if slots.running >= slots.most_at_once:
            raise WebError(
                429,
                f"{slots.most_at_once} answers are being written already; try again when one is done",
                kind="TooManyAtOnce",
                headers={"retry-after": "1"},
            )
        slots.running += 1
        try:
            async with slots.spend.join():
                await self._app(scope, receive, send)
        finally:
            slots.running -= 1
        if slots.spend.unsettled:
            # The browser has gone, which may cancel what is left of its request; what it cost has to be found.
            with anyio.CancelScope(shield=True):
                await slots.spend.settle()
