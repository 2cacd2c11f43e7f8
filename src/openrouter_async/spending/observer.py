"""`SpendObserver`: tells a `Spend` of the requests of one call, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .._http.observers import Attempt, Observer
from .._sansio.charges import Charge
from .replies import charge_of_attempt

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from ..errors import OpenRouterError
    from ..protocols import Sender
    from .ledger import Call
    from .shared import SharedAdmission

__all__ = ["CallCounter", "SpendObserver"]


class CallCounter(Protocol):
    """What is told: a `Spend`."""

    shared: SharedAdmission | None

    async def open_call(self, data: RequestData, sender: Sender, item: object) -> Call: ...

    def call_ended(self, call: Call, attempt: Attempt, error: OpenRouterError | None) -> None: ...


class SpendObserver(Observer):
    """Counts the requests of one call."""

    __slots__ = ("_attempt", "_calls", "_running", "_spend", "item", "paces", "sender")

    reads = True

    def __init__(self, spend: CallCounter, sender: Sender, item: object) -> None:
        self._spend = spend
        self._calls: list[Call] = []
        self._running: Call | None = None
        self._attempt: Attempt | None = None
        self.paces = spend.shared is not None and spend.shared.paces
        self.sender = sender
        """The user of the calls."""
        self.item = item
        """The purpose of the calls."""

    @property
    def is_sending(self) -> bool:
        """Whether one is out now, rather than waiting for a limit or before a retry."""
        return self._running is not None and self._attempt is not None and self._attempt.was_sent

    @property
    def attempts(self) -> int:
        """How many requests were sent."""
        return len(self._calls)

    @property
    def is_in_doubt(self) -> bool:
        """Whether one of them broke off, and may have been billed."""
        return any(call.is_in_doubt for call in self._calls)

    @property
    def charges(self) -> list[Charge]:
        """The costs reported by responses, without those from generation records, which `settled` receives."""
        return [call.charge for call in self._calls if not call.is_settled]

    async def started(self, attempt: Attempt) -> None:
        """Hold what the request may cost.

        Raises:
            BudgetExceeded: the budget has no room for it.
        """
        self._attempt = attempt
        self._running = await self._spend.open_call(attempt.request, self.sender, self.item)
        self._calls.append(self._running)

    def saw(self, attempt: Attempt, data: bytes) -> None:
        """Keep the id of a stream's record; the cost is asked for at the end."""
        if self._running is not None and attempt.is_streamed:
            self._running.generation_id = attempt.charge.generation_id

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None) -> None:
        """The request costs no more."""
        self._close(attempt, error)

    def ended(self, attempt: Attempt) -> None:
        """So does the call."""
        self._close(attempt, None)

    def _close(self, attempt: Attempt, error: OpenRouterError | None) -> None:
        call, self._running = self._running, None
        if call is not None:
            call.charge = charge = charge_of_attempt(attempt)
            call.is_in_doubt = attempt.may_have_been_billed
            call.is_answered = attempt.outcome == "answered"
            # Not the id on an error, which may be that of an earlier request that this one went on from.
            call.generation_id = attempt.generation_id or charge.generation_id
            self._spend.call_ended(call, attempt, error)
