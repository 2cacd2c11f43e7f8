"""`SetAside`: the items that other processes ask, until those have answered them or are gone.

Theory of operation: one of the workers that want such an item looks, at all of them in one step, after pauses that
grow from 0.05 to 1 second while nothing changes; the others wait for it. A worker that would put too many aside waits,
so an endless list of items is not kept in memory.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from typing import Self

    from ..ledger.ledger import Ledger
    from .items import Request

__all__ = ["SetAside"]

MOST = 10_000
"""Items that are put aside at most; chosen: some 10 MB of prompts."""
PAGE = 1_000
"""Items in one question to the ledger."""
FIRST_LOOK_S, LONGEST_LOOK_S = 0.05, 1.0


class SetAside:
    """Items of which a claim has said that they are busy."""

    def __init__(self, ledger: Ledger, *, readers: int) -> None:
        """Make one that is empty, which so many workers put items into."""
        self._ledger = ledger
        self._readers = readers
        self._busy: dict[str, Request] = {}
        self._ready: deque[Request] = deque()
        self._turn = anyio.Lock(fast_acquire=True)
        self._changed = anyio.Event()
        self._pause = FIRST_LOOK_S
        self._is_stopped = False

    async def put(self, request: Request) -> None:
        """Put an item aside; waits where there are too many."""
        self._busy[request.key] = request
        self._tell()
        while len(self._busy) > MOST and not self._is_stopped:
            await self._changed.wait()

    def reader_ended(self) -> None:
        """One of those workers has no further items."""
        self._readers -= 1
        self._tell()

    def stop(self) -> None:
        """Return no further items."""
        self._is_stopped = True
        self._tell()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Request:
        """Return an item that may be claimed again, waiting for one."""
        async with self._turn:
            while not self._is_stopped:
                if self._ready:
                    return self._ready.popleft()
                if self._busy:
                    await self._look()
                elif self._readers:
                    await self._changed.wait()
                else:
                    break
        raise StopAsyncIteration

    async def _look(self) -> None:
        with anyio.move_on_after(self._pause):
            while not self._is_stopped:
                await self._changed.wait()
        free = await self._ledger.free((*self._busy,)[:PAGE])
        self._pause = FIRST_LOOK_S if free else min(LONGEST_LOOK_S, 2 * self._pause)
        keys = [*self._busy][:PAGE]
        for key in keys:  # those that stay go behind the others, which are looked at next
            request = self._busy.pop(key)
            if key in free:
                self._ready.append(request)
            else:
                self._busy[key] = request
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
