"""What a process asks of a ledger, whatever its holder does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from anyio import wait_all_tasks_blocked

from openrouter_async import LedgerError
from openrouter_async.ledger.holder import MemoryHolder
from openrouter_async.ledger.ledger import Ledger
from openrouter_async.ledger.steps import Admit, Answer, Go, Report, Step

pytestmark = pytest.mark.anyio


class Failing(MemoryHolder):
    """A holder that fails as often as it is told, and notes how many steps each go had."""

    failures = 0

    def __init__(self) -> None:
        super().__init__()
        self.goes: list[int] = []

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        if self.failures:
            self.failures -= 1
            raise LedgerError("the connection broke")
        self.goes.append(len(steps))
        return await super().apply(steps)


async def test_a_posted_step_is_applied_with_the_next_one() -> None:
    async with Ledger(holder := Failing()) as ledger:
        budget = ledger.budget("user:42", "1")
        admitted = await ledger.admit(
            Admit(worker=ledger.worker, call="one", hold=7, budgets=(budget.terms,))
        )
        assert isinstance(admitted, Go)
        ledger.post(Report(call="one", cost=5))
        assert str(await budget.spent()) == "5E-12"
        assert max(holder.goes) >= 2


async def test_a_posted_step_survives_a_failure_of_the_ledger() -> None:
    async with Ledger(holder := Failing()) as ledger:
        budget = ledger.budget("user:42", "1")
        await ledger.admit(Admit(worker=ledger.worker, call="one", hold=7, budgets=(budget.terms,)))
        holder.failures = 1
        ledger.post(Report(call="one", cost=5))
        with pytest.raises(LedgerError, match="the connection broke"):
            await budget.spent()
        assert str(await budget.spent()) == "5E-12"
        assert await budget.held() == 0


async def test_a_step_that_is_posted_just_before_the_end_is_applied() -> None:
    async with Ledger(holder := Failing()) as ledger:
        budget = ledger.budget("user:42", "1")
        await ledger.admit(Admit(worker=ledger.worker, call="one", hold=7, budgets=(budget.terms,)))
        await wait_all_tasks_blocked()
        ledger.post(Report(call="one", cost=5))
    assert sum(holder.goes) >= 4  # it came, asked, reported, and left
