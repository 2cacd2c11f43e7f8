"""Which meters count the calls of the running task.

A meter is put there by a block that counts what is spent; tasks that begin inside inherit it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import TypeAlias

from .._sansio.charges import charge_in
from .._sansio.request import RequestData
from ..protocols import Meter, MeteredCall

__all__ = ["METERS", "BeginMetered", "MeteredAttempt", "is_metered"]

METERS: ContextVar[tuple[Meter, ...]] = ContextVar("openrouter_async.meters", default=())

BeginMetered: TypeAlias = Callable[[RequestData], Awaitable[MeteredCall]]


class MeteredAttempt:
    """One request, as the meters see it."""

    __slots__ = ("_calls", "_has_id")

    def __init__(self, calls: list[MeteredCall]) -> None:
        self._has_id = False
        self._calls = calls

    @classmethod
    async def begin(cls, meters: Sequence[BeginMetered], data: RequestData) -> MeteredAttempt:
        """Ask the meters whether the request may be made, which may wait for others to end.

        Raises:
            BudgetExceeded: one of them refuses it; then none counts it.
        """
        attempt = cls([])
        try:
            for begin in meters:
                attempt._calls.append(await begin(data))
        except BaseException:
            attempt.end(may_have_been_billed=False)
            raise
        return attempt

    def saw(self, data: bytes) -> None:
        """Look for the cost in a whole body, or in an event."""
        if self._has_id and b'"cost"' not in data:
            return
        charge = charge_in(data)
        if charge is not None:
            self._has_id |= charge.generation_id is not None
            for call in self._calls:
                call.report(charge)

    def end(
        self, *, may_have_been_billed: bool, generation_id: str | None = None, is_in_loop: bool = True
    ) -> None:
        """The request is over; nothing where it was before."""
        calls, self._calls = self._calls, []
        for call in calls:
            call.end(
                may_have_been_billed=may_have_been_billed, generation_id=generation_id, is_in_loop=is_in_loop
            )


def is_metered(data: RequestData) -> bool:
    """Return whether a request may cost money."""
    return data.operation.method == "POST" and data.operation.key == "inference"
