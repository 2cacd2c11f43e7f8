"""`StreamGate`: limits the concurrent calls that cost money, and counts all of them, including cancelled ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Return a block for one answer, in which its calls are counted.

        Raises:
            WebError: 429, as many answers as may be are being written.
        """
        if self.running >= self.most_at_once:
            raise WebError(
                429,
                f"{self.most_at_once} answers are being written already; try again when one is done",
                kind="TooManyAtOnce",
                headers={"retry-after": "1"},
            )
        self.running += 1
        try:
            async with self.spend.join():
                yield
        finally:
            self.running -= 1
            if self.spend.unsettled:
                # The browser has gone, which may cancel what is left of its request; what it cost has to be found.
                with anyio.CancelScope(shield=True):
                    await self.spend.settle()


class StreamGate:
    """Middleware around one route."""

    def __init__(self, app: ASGIApp, *, slots: StreamSlots) -> None:
        self._app = app
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless too many answers are being written already."""
        async with self._slots.take():
            await self._app(scope, receive, send)
