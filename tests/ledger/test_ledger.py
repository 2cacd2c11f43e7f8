"""What a process asks of a ledger, whatever its holder does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from anyio import to_thread, wait_all_tasks_blocked

from openrouter_async import LedgerError, open_ledger
from openrouter_async.ledger.holder import MemoryHolder
from openrouter_async.ledger.ledger import Ledger, SharedBudget
from openrouter_async.ledger.steps import Admit, Answer, Go, Gone, Lease, Report, Step

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


async def test_each_task_has_an_error_of_its_own() -> None:
    """What is done to one, such as facts that are added, is not done to that of another task."""
    errors: list[LedgerError] = []

    async def ask(ledger: Ledger) -> None:
        with pytest.raises(LedgerError, match="the connection broke") as caught:
            await ledger.time()
        errors.append(caught.value)

    async with Ledger(holder := Gated()) as ledger, anyio.create_task_group() as tasks:
        await wait_all_tasks_blocked()
        tasks.start_soon(ledger.time)  # while this one is applied, the others wait together
        await wait_all_tasks_blocked()
        for _ in range(3):
            tasks.start_soon(ask, ledger)
        await wait_all_tasks_blocked()
        holder.failures_to_come = [False, True]
        for _ in range(20):
            holder.gate.release()
    assert len({id(error) for error in errors}) == len(errors) == 3


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


# What a stream that nobody holds any more costs is posted when it is collected: at any moment, in any thread.


class Slow(MemoryHolder):
    """A holder whose last step, and whose end, take as long as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.at_gone, self.at_close, self.may_go = anyio.Event(), anyio.Event(), anyio.Event()

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        if any(isinstance(step, Gone) for step in steps):
            self.at_gone.set()
            await self.may_go.wait()
        return await super().apply(steps)

    async def aclose(self) -> None:
        self.at_close.set()
        await self.may_go.wait()


async def admitted(ledger: Ledger) -> SharedBudget:
    budget = ledger.budget("user:42", "1")
    await ledger.admit(Admit(worker=ledger.worker, call="one", hold=7, budgets=(budget.terms,)))
    return budget


async def spent(holder: Slow) -> str:
    """Return what the ledger says of a budget when it is opened anew."""
    holder.may_go.set()
    async with Ledger(holder) as ledger:
        return str(await ledger.budget("user:42", "1").spent())


async def left(ledger: Ledger, post: Callable[[], None], when: anyio.Event) -> None:
    """Leave a ledger in whose block a call is made, and report its cost at a moment of the end."""

    async def post_then() -> None:
        await when.wait()
        post()
        assert isinstance(ledger._holder, Slow)
        ledger._holder.may_go.set()

    async with anyio.create_task_group() as tasks, ledger:
        await admitted(ledger)
        tasks.start_soon(post_then)


@pytest.mark.parametrize("is_in_loop", [True, False])
async def test_a_cost_that_comes_while_the_ledger_is_left_counts(is_in_loop: bool) -> None:
    ledger = Ledger(holder := Slow())
    await left(ledger, lambda: ledger.post(Report(call="one", cost=5), is_in_loop=is_in_loop), holder.at_gone)
    assert await spent(holder) == "5E-12"


async def test_a_cost_that_comes_too_late_is_told_and_counts_when_the_ledger_is_opened_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger = Ledger(holder := Slow())
    holder.may_go.set()
    async with ledger:
        await admitted(ledger)
    ledger.post(Report(call="one", cost=5))
    ledger.post(Report(call="two"))
    [told] = caplog.messages
    assert told.startswith("a cost came after the ledger ':memory:' was left")
    async with ledger:
        assert str(await ledger.budget("user:42", "1").spent()) == "5E-12"


async def left_with_a_cost(failures: int) -> Failing:
    """Leave a ledger that has yet to tell a cost, and whose next steps fail."""
    async with Ledger(holder := Failing()) as ledger:
        await admitted(ledger)
        await wait_all_tasks_blocked()
        ledger.post(Report(call="one", cost=5))
        holder.failures = failures
    return holder


async def test_a_cost_is_told_again_where_the_end_fails_at_first(caplog: pytest.LogCaptureFixture) -> None:
    holder = await left_with_a_cost(failures=2)
    assert not caplog.messages
    async with Ledger(holder) as ledger:
        assert str(await ledger.budget("user:42", "1").spent()) == "5E-12"


async def test_a_cost_that_cannot_be_told_at_the_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    await left_with_a_cost(failures=100)
    assert caplog.messages[-1] == (
        "the ledger ':memory:' was not told that its worker leaves, nor of 1 costs and answers: the connection broke"
    )


class Gated(MemoryHolder):
    """A holder that applies only as often as it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = anyio.Semaphore(1)
        self.failures_to_come: list[bool] = []

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        await self.gate.acquire()
        if self.failures_to_come and self.failures_to_come.pop(0):
            raise LedgerError("the connection broke")
        return await super().apply(steps)


async def test_an_item_is_free_whose_claim_was_cancelled_while_another_task_applied_it() -> None:
    async with Ledger(holder := Gated()) as ledger, anyio.create_task_group() as tasks:
        await wait_all_tasks_blocked()  # it has begun to beat
        for _ in range(2):  # the first is being applied, the second takes along what waits behind it
            tasks.start_soon(ledger.time)
            await wait_all_tasks_blocked()
        tasks.start_soon(claim_in, claiming := anyio.CancelScope(), ledger)
        await wait_all_tasks_blocked()
        holder.gate.release()
        await wait_all_tasks_blocked()
        claiming.cancel()
        await wait_all_tasks_blocked()
        for _ in range(20):
            holder.gate.release()
        assert isinstance(await ledger.claim("key", "hash", since=float("-inf")), Lease)


async def claim_in(scope: anyio.CancelScope, ledger: Ledger) -> None:
    with scope:
        await ledger.claim("key", "hash", since=float("-inf"))


async def test_a_budget_is_shared_with_the_event_loops_of_other_threads(tmp_path: Path) -> None:
    async def spend(budget: SharedBudget) -> int:
        """Return how many of five requests of 10 picodollars a budget had room for."""
        ledger, count = budget.ledger, 0
        for _ in range(5):
            call = uuid4().hex
            async with ledger.turn("m"):
                step = Admit(worker=ledger.worker, call=call, hold=10, budgets=(budget.terms,))
                answer = await ledger.admit(step)
            if isinstance(answer, Go):
                ledger.post(Report(call=call, cost=10))
                count += 1
        return count

    async with open_ledger(tmp_path / "run.db") as ledger:
        budget = ledger.budget("user:42", "70E-12")
        counts: list[int] = []

        async def in_a_thread(backend: str) -> None:
            run = partial(anyio.run, spend, budget, backend=backend)
            counts.append(await to_thread.run_sync(run))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for backend in ("asyncio", "trio", "asyncio"):
                    tasks.start_soon(in_a_thread, backend)
        assert sum(counts) == 7
        assert str(await budget.spent()) == "7E-11"
        assert await budget.held() == 0
