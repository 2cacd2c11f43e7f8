"""The deadlines of a call, all on the monotonic clock: a jump of the wall clock moves none of them."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

import anyio

from .._sentinels import OMIT, Omit
from ..errors import DeadlineExceeded, OpenRouterError, RequestTimeout, TimeoutPhase
from ..options import Timeouts

__all__ = ["CallTimeouts", "Deadline", "run_within"]

T = TypeVar("T")

_S: TypeAlias = float | None
_Seconds: TypeAlias = tuple[_S, _S, _S, _S, _S, _S]


class Deadline:
    """A moment, and the meaning of its passing."""

    __slots__ = ("at", "phase", "seconds")

    def __init__(self, phase: TimeoutPhase | None, seconds: float | None) -> None:
        self.phase: TimeoutPhase | None = phase
        """A phase of `RequestTimeout`; None for the total time of the call."""
        self.seconds = seconds
        self.at = math.inf if seconds is None else time.monotonic() + seconds

    def expired(self, host: str) -> OpenRouterError:
        """Return the error of it having passed."""
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


class CallTimeouts(NamedTuple):
    """The timeouts of a call in seconds, and the deadline of the whole call, which has begun."""

    connect: float | None
    queue: float | None
    headers: float | None
    body: float | None
    idle: float | None
    event: float | None
    total: Deadline

    @classmethod
    def start(cls, timeouts: Timeouts, *, streaming: bool) -> CallTimeouts:
        """Return the timeouts of a call that begins now."""
        seconds = _with_defaults(timeouts, streaming=streaming)
        return cls(*seconds, Deadline(None, None if timeouts.total is OMIT else timeouts.total))


async def run_within(deadlines: Sequence[Deadline], work: Callable[[], Awaitable[T]], host: str) -> T:
    """Await what `work` returns until the first of the deadlines.

    Raises:
        OpenRouterError: `RequestTimeout` or `DeadlineExceeded`, of the deadline that passed.
    """
    first = deadlines[0]
    for deadline in deadlines:
        if deadline.at < first.at:
            first = deadline
    if first.at == math.inf:
        return await work()
    left = first.at - time.monotonic()
    # Looked at here too: work that need not wait, such as reading what has come already, is never cancelled.
    if left > 0:
        with anyio.CancelScope(deadline=anyio.current_time() + left):
            return await work()
    raise first.expired(host)


@lru_cache(maxsize=64)
def _with_defaults(timeouts: Timeouts, *, streaming: bool) -> _Seconds:
    """Return the timeouts of `CallTimeouts` in its order, up to the total time."""
    return (
        _or(timeouts.connect, 5.0),
        _or(timeouts.queue, None),
        _or(timeouts.headers, 60.0 if streaming else 600.0),
        _or(timeouts.body, 1_800.0),
        _or(timeouts.idle, 60.0),
        _or(timeouts.event, 300.0),
    )


def _or(value: T | Omit, default: T) -> T:
    return default if value is OMIT else value
