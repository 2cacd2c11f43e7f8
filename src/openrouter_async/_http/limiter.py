"""`Limiter`: the one queue in which the calls of a client wait for their place, first come, first served.

Nothing below it queues: a call that has a place gets a connection at once. For the tasks of one event loop.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import anyio

__all__ = ["Limiter"]


class _Waiter:
    __slots__ = ("error", "has_place", "woken")

    def __init__(self) -> None:
        self.woken = anyio.Event()
        self.has_place = False
        self.error: Exception | None = None


class Limiter:
    """A number of places. A place is given back exactly once, by `release`."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._in_use = 0
        # Ordered, because a waiter may leave from the middle; not a dict, because popping from its front is slow.
        self._waiters: OrderedDict[_Waiter, None] = OrderedDict()
        self._closed_error: Callable[[], Exception] | None = None

    def __repr__(self) -> str:
        return f"<Limiter: {self._in_use} of {self.capacity} in use, {self.waiting} waiting>"

    @property
    def in_use(self) -> int:
        """Places that are taken."""
        return self._in_use

    @property
    def waiting(self) -> int:
        """Calls that wait for a place."""
        return len(self._waiters)

    def try_acquire(self) -> bool:
        """Take a place if that needs no waiting.

        Raises:
            Exception: what `close` was given.
        """
        if self._closed_error is not None:
            raise self._closed_error()
        if self._in_use >= self.capacity:  # a freed place goes to a waiter at once, so nobody waits otherwise
            return False
        self._in_use += 1
        return True

    async def acquire(self) -> None:
        """Take a place, waiting in turn for a free one; without a checkpoint if there is one.

        Cancelled, it leaves the queue, or hands on the place it was just given.

        Raises:
            Exception: what `close` was given.
        """
        if self.try_acquire():
            return
        waiter = _Waiter()
        self._waiters[waiter] = None
        try:
            await waiter.woken.wait()
        except BaseException:
            self._waiters.pop(waiter, None)
            if waiter.has_place:
                self.release()
            raise
        if waiter.error is not None:
            raise waiter.error

    def release(self) -> None:
        """Give a place back: to the first who waits, if anyone does."""
        if self._in_use == 0:
            raise RuntimeError("a place was given back that nobody had")
        if not self._waiters:
            self._in_use -= 1
            return
        waiter, _ = self._waiters.popitem(last=False)
        waiter.has_place = True
        waiter.woken.set()

    def close(self, error: Callable[[], Exception]) -> None:
        """Fail everyone who waits, and everyone who comes, each with an error of their own."""
        self._closed_error = error
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            waiter.error = error()
            waiter.woken.set()
