"""`Flights`: requests that several equal calls wait for.

*Theory of operation.* The first call of a kind begins a flight, a task that belongs to none of the callers, and so does
the request of it. Calls that are equal meanwhile wait for the same flight. One that is cancelled, or out of time,
leaves; when the last has left, the flight is cancelled, and its request with it. The first caller who takes the answer
is the one who paid; the others see that it was shared. An error is raised to all, to each a copy.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from ..errors import ConnectionLost, OpenRouterError

if TYPE_CHECKING:
    from .network.stream import Network

__all__ = ["Flight", "Flights", "unbilled"]

T = TypeVar("T")


class Flight(Generic[T]):
    """One request, and those who wait for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.answer: T | None = None
        self.error: OpenRouterError | None = None
        self.failure: Exception | None = None
        """Another exception, such as one of a hook."""
        self.is_paid = False
        """Whether somebody was told what it cost."""
        self.done = anyio.Event()
        self.scope = anyio.CancelScope()

    def result(self) -> tuple[T, bool]:
        """Return the answer, and whether this caller is the one who paid for it.

        Raises:
            OpenRouterError: the failure of the request.
        """
        is_first, self.is_paid = not self.is_paid, True
        if self.failure is not None:
            raise self.failure
        if self.error is not None:
            raise self.error if is_first else unbilled(self.error)
        if self.answer is None:
            raise ConnectionLost("the request that equal calls shared was cancelled; was the client closed?")
        return self.answer, is_first


class Flights(Generic[T]):
    """The flights of the clients that share connections."""

    def __init__(self) -> None:
        self._running: dict[Hashable, Flight[T]] = {}
        self.streams: dict[Hashable, object] = {}
        """Those that equal calls read, and that are not whole yet; see `SharedStream`."""

    def __contains__(self, key: Hashable) -> bool:
        return key in self._running

    def __len__(self) -> int:
        return len(self._running)

    def join(self, key: Hashable, work: Callable[[], Awaitable[T]], network: Network) -> Flight[T]:
        """Return the flight of a key; begins it with `work` if none runs. `wait` for it immediately."""
        flight = self._running.get(key)
        if flight is None:
            flight = self._running[key] = Flight()
            network.start(partial(self._fly, key, flight, work))
        flight.waiting += 1
        return flight

    async def wait(self, key: Hashable, flight: Flight[T]) -> None:
        """Wait until the flight is over; whoever leaves before leaves it to the others."""
        try:
            await flight.done.wait()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.done.is_set():
                self._forget(key, flight)
                flight.scope.cancel()

    def cancel(self) -> None:
        """Cancel all of them; who waits gets an error."""
        for flight in self._running.values():
            flight.scope.cancel()

    async def _fly(self, key: Hashable, flight: Flight[T], work: Callable[[], Awaitable[T]]) -> None:
        try:
            with flight.scope:
                flight.answer = await work()
        except OpenRouterError as error:
            flight.error = error
        except Exception as error:  # noqa: BLE001 - raised to who waits
            flight.failure = error
        finally:
            self._forget(key, flight)
            flight.done.set()

    def _forget(self, key: Hashable, flight: Flight[T]) -> None:
        if self._running.get(key) is flight:
            del self._running[key]


def unbilled(error: OpenRouterError) -> OpenRouterError:
    """Return a copy of an error for a caller who did not pay for what failed."""
    copied = copy.copy(error)
    copied.billed = ()
    copied.__cause__ = error.__cause__
    return copied
