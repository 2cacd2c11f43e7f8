"""`SharedAdmission`: the requests of a block, admitted by a ledger that several processes share.

*Theory of operation.* A request asks the ledger, which answers immediately: go, wait, or no room. Of those
that have to wait for a model, one of the process asks again, after as long as it was told; the others wait for their
turn. The end of a request is posted, and nobody waits for that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import anyio

from .._http.limiter import REFUSALS
from ..errors import APIStatusError, ConfigurationError, OpenRouterError
from ..ledger.ledger import Ledger, SharedBudget
from ..ledger.steps import Admit, Broke, BudgetTerms, Go, Report, Settle, Wait, to_pico
from .ledger import Call, Keyed

if TYPE_CHECKING:
    from ..special_options import Rate

__all__ = ["Refusal", "SharedAdmission", "check_same", "outcome_of"]

LONGEST_WAIT = 3_600.0
"""Seconds; a longer wait that the service asks for is that request's own."""

JOB_DOUBT_S = 86_400.0
"""Seconds for which the cost of a job is held whose end nobody has seen."""

Outcome = Literal["accepted", "refused", "away", "none"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A budget has no room for a request."""

    budget: Broke
    is_final: bool
    """Whether nothing runs that could make some."""

    @property
    def is_spent(self) -> bool:
        """Whether the budget has no room at all, rather than for a request that nothing bounds."""
        return self.budget.spent + self.budget.held >= self.budget.limit


class SharedAdmission:
    """Asks a ledger for the requests of one block."""

    def __init__(
        self, ledger: Ledger, budgets: tuple[BudgetTerms, ...], *, paces: bool, rate: Rate | None = None
    ) -> None:
        """Make one; `paces` says that the ledger keeps the rate of each model, and `rate` what that is at most."""
        self.ledger = ledger
        self.paces = paces
        self._budgets = budgets
        self._rpm = None if rate is None else rate.rpm
        self._tpm = None if rate is None else rate.tpm

    @classmethod
    def of(cls, budget: object) -> SharedAdmission | None:
        """Return what admits the calls of a budget; None where it is one of this process."""
        return cls(budget.ledger, (budget.terms,), paces=False) if isinstance(budget, SharedBudget) else None

    @property
    def budget(self) -> SharedBudget:
        """The first budget, with what all processes have spent of it."""
        return SharedBudget(self.ledger, self._budgets[0])

    async def admit(self, call: Call, tokens: float) -> Refusal | None:
        """Return None once a call may be sent, or why it may not be now."""
        call.shared_id = call.shared_id or uuid4().hex
        step = self._step(call, tokens)
        turn = self.ledger.turn(step.model)
        try:
            answer: Go | Wait | Broke | None = None
            if not turn.locked():
                answer = await self.ledger.admit(step)
            if answer is None or (isinstance(answer, Wait) and answer.reason == "pace"):
                async with turn:
                    while isinstance(answer := await self.ledger.admit(step), Wait):
                        if answer.reason == "budget":
                            break
                        await anyio.sleep(answer.seconds)
            if isinstance(answer, Go):
                if answer.seconds > 0:
                    await anyio.sleep(answer.seconds)
                return None
        except BaseException:  # it may have been admitted, and is not sent
            self.ledger.post(Report(call=call.shared_id))
            raise
        if isinstance(answer, Broke):
            return Refusal(answer, is_final=True)
        assert answer.budget is not None
        return Refusal(answer.budget, is_final=False)

    def _step(self, call: Call, tokens: float) -> Admit:
        foreseen = call.foreseen
        return Admit(
            worker=self.ledger.worker,
            call=call.shared_id,
            model=call.model if self.paces else _UNPACED,
            hold=to_pico(foreseen.cost),
            is_bounded=foreseen.is_known,
            is_free=call.request is not None and foreseen.is_free,  # without a limit nothing is foreseen
            budgets=self._budgets,
            rpm=self._rpm,
            tpm=self._tpm,
            tokens=0.0 if self._tpm is None else tokens,
        )

    def ended(
        self, call: Call, outcome: Outcome, wait: float | None, *, doubt_s: float, is_in_loop: bool
    ) -> None:
        """Report the end of a call."""
        charge = call.charge
        is_known = charge.cost is not None
        report = Report(
            call=call.shared_id,
            cost=to_pico((charge.cost or 0) + charge.byok_cost) if is_known else None,
            doubt_s=0.0 if not call.is_in_doubt else JOB_DOUBT_S if call.job_id is not None else doubt_s,
            is_answered=call.is_answered and call.is_in_doubt,
            generation=call.generation_id,
            item=(call.item.key, call.item.hash)
            if call.is_in_doubt and isinstance(call.item, Keyed)
            else None,
            outcome=outcome if self.paces else "none",
            retry_after=wait,
            tokens=None
            if self._tpm is None
            else (charge.prompt_tokens or 0) + (charge.completion_tokens or 0) or None,
        )
        self.ledger.post(report, is_in_loop=is_in_loop)

    def settled(self, call: Call, record: bytes) -> None:
        """Report what a call cost, now that it is known, with the line that says so."""
        charge = call.charge
        self.ledger.post(
            Settle(
                call=call.shared_id or f"generation {call.generation_id}",
                cost=to_pico((charge.cost or 0) + charge.byok_cost),
                generation=call.generation_id,
                budgets=self._budgets,
                record=record,
            )
        )

    async def wait(self, since: float) -> None:
        """Wait before the next question to a budget without room: longer, the longer that has lasted."""
        waited = time.monotonic() - since
        await anyio.sleep(min(LONGEST_LOOK_S, max(LOOK_S, waited / 4)))


LOOK_S, LONGEST_LOOK_S = 0.05, 1.0
"""Seconds between two looks at a budget that other processes may make room in, at first and at last."""

_UNPACED = "(no pace)"
"""The model of all requests of a budget without a pace; the limiter of each client keeps theirs."""


def outcome_of(error: OpenRouterError | None, *, is_answered: bool) -> tuple[Outcome, float | None]:
    """Return how the service took a request, by its end, and the seconds that the service asked to wait."""
    if is_answered:
        return "accepted", None
    if not isinstance(error, APIStatusError):
        return "none", None
    wait = error.retry_after
    if wait is not None and wait > LONGEST_WAIT:
        return "none", None
    if error.status in REFUSALS:
        return "refused", wait
    return ("away", wait) if error.status == 503 and wait is not None else ("none", None)


def check_same(ledger: Ledger, budget: SharedBudget) -> None:
    """Refuse a budget of another ledger than that of the batch; raises `ConfigurationError`."""
    if budget.ledger is not ledger:
        raise ConfigurationError(
            "the budget is of another ledger than the batch; give the batch the ledger that the budget is made by"
        )
