"""The clocks of a call, all on the monotonic clock: a jump of the wall clock changes none of them."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from .._sentinels import OMIT, Omit
from ..errors import DeadlineExceeded, OpenRouterError, RequestTimeout, TimeoutPhase
from ..options import Timeouts

__all__ = ["Clock", "Clocks", "under"]

T = TypeVar("T")


class Clock:
    """A clock that has started: the moment it ends, and what its end means."""

    __slots__ = ("at", "phase", "seconds")

    def __init__(self, phase: TimeoutPhase | None, seconds: float | None) -> None:
        self.phase: TimeoutPhase | None = phase
        """A phase of `RequestTimeout`; None for the total time of the call."""
        self.seconds = seconds
        self.at = math.inf if seconds is None else time.monotonic() + seconds

    def expired(self, host: str) -> OpenRouterError:
        """Return the error of this clock having run out."""
        if self.phase is None:
            return DeadlineExceeded(
                f"the call was not done within its total time of {self.seconds:g} s; see Timeouts(total=...)"
            )
        what = {
            "connect": f"no connection to {host}",
            "queue": "no place in the client's limiter became free",
            "headers": f"{host} sent no answer",
            "body": f"the answer of {host} was not whole",
            "idle": f"{host} sent nothing",
            "event": f"{host} sent no event of the stream",
        }[self.phase]
        return RequestTimeout(
            f"{what} within {self.seconds:g} s; see Timeouts({self.phase}=...)",
            phase=self.phase,
            may_have_been_billed=False if self.phase in ("connect", "queue") else None,
        )


@dataclass(frozen=True, slots=True)
class Clocks:
    """The lengths of a call's clocks in seconds, and its total clock, which runs already."""

    connect: float | None
    queue: float | None
    headers: float | None
    body: float | None
    idle: float | None
    event: float | None
    total: Clock

    @classmethod
    def start(cls, timeouts: Timeouts, *, streaming: bool) -> Clocks:
        """Return the clocks of a call that begins now."""
        return cls(
            connect=_or(timeouts.connect, 5.0),
            queue=_or(timeouts.queue, None),
            headers=_or(timeouts.headers, 60.0 if streaming else 600.0),
            body=_or(timeouts.body, 1_800.0),
            idle=_or(timeouts.idle, 60.0),
            event=_or(timeouts.event, 300.0),
            total=Clock(None, _or(timeouts.total, None)),
        )


async def under(clocks: tuple[Clock, ...], work: Callable[[], Awaitable[T]], host: str) -> T:
    """Await what `work` returns until the first of the clocks runs out.

    Raises:
        OpenRouterError: `RequestTimeout` or `DeadlineExceeded`, of the clock that ran out.
    """
    first = clocks[0]
    for clock in clocks:
        if clock.at < first.at:
            first = clock
    if first.at == math.inf:
        return await work()
    left = first.at - time.monotonic()
    # Looked at here too: work that need not wait, such as reading what has come already, is never cancelled.
    if left > 0:
        with anyio.CancelScope(deadline=anyio.current_time() + left):
            return await work()
    raise first.expired(host)


def _or(value: T | Omit, default: T) -> T:
    return default if value is OMIT else value
