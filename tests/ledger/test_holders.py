"""Each holder beside the pure machine, led by hypothesis: equal answers, whatever dies or is repeated in between."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from openrouter_async.ledger.dates import SMALL_S, Time
from openrouter_async.ledger.machine import Machine
from openrouter_async.ledger.state import HoldRow, MemoryState
from openrouter_async.ledger.steps import (
    Admit,
    Answer,
    Beat,
    Broke,
    BudgetTerms,
    Claim,
    Done,
    Finish,
    Free,
    GiveUp,
    Go,
    Gone,
    Lease,
    Look,
    LookAtPace,
    Looked,
    Read,
    Report,
    Settle,
    Step,
    Unbooked,
    Wait,
)
from tests.ledger.holders import HOLDERS, LEASE_S, Clock, Make
from tests.support.examples import TIMES

WORKERS = ["ann", "bob", "cid"]
KEYS = ["k1", "k2", "k3"]
BUDGETS = [BudgetTerms("run", 100), BudgetTerms("user", 60, "day"), BudgetTerms("all", None)]
MODELS = [None, "m/one"]
MOST = 40
"""What a request holds and costs at most."""


class Beside(RuleBasedStateMachine):
    """Workers that claim, send, finish and die, on the machine and on a holder."""

    make: ClassVar[Make]
    portal: ClassVar[BlockingPortal]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.time = Time()
        self.machine = Machine(MemoryState(), lease_s=LEASE_S)
        self.holder = type(self).make(self.folder, self.clock)
        self.portal.call(self.holder.open)
        self.taken: list[Step] = []
        self.leases: list[str] = []
        self.calls: list[str] = []
        self.kept: dict[str, int] = {}
        self.ids = 0

    def teardown(self) -> None:
        self.portal.call(self.holder.aclose)
        shutil.rmtree(self.folder)

    def apply(self, *steps: Step) -> list[Answer]:
        self.time = self.time.at(self.clock.now)
        expected = [self.machine.apply(step, self.time.now, self.time.date) for step in steps]
        found = self.portal.call(self.holder.apply, steps)
        assert found == expected, (steps, found, expected)
        self.taken += steps
        return found

    def new(self, name: str) -> str:
        self.ids += 1
        return f"{name}{self.ids}"

    def one(self, names: list[str], chance: float) -> str:
        return names[int(chance * len(names)) % len(names)] if names else "unknown"

    @rule(
        worker=st.sampled_from(WORKERS),
        key=st.sampled_from(KEYS),
        hash=st.sampled_from(["a", "a", "b"]),
        replaces=st.integers(0, 3),
        since=st.sampled_from([-float("inf"), float("inf")]),
    )
    def claim(self, worker: str, key: str, hash: str, replaces: int, since: float) -> None:
        lease = self.new("lease")
        step = Claim(worker=worker, lease=lease, key=key, hash=hash, replaces=replaces, since=since)
        (answer,) = self.apply(step)
        if isinstance(answer, Lease):
            self.leases.append(lease)
        if isinstance(answer, Done):
            assert answer.record.startswith(f"{key} {hash} ".encode())

    @rule(
        worker=st.sampled_from(WORKERS),
        hold=st.integers(0, MOST),
        is_bounded=st.booleans(),
        budgets=st.sets(st.sampled_from(BUDGETS)),
        model=st.sampled_from(MODELS),
        rpm=st.sampled_from([None, None, 600.0]),
        tpm=st.sampled_from([None, None, 60_000.0]),
    )
    def admit(
        self,
        worker: str,
        hold: int,
        is_bounded: bool,
        budgets: set[BudgetTerms],
        model: str | None,
        rpm: float | None,
        tpm: float | None,
    ) -> None:
        call = self.new("call")
        terms = tuple(sorted(budgets, key=lambda each: each.name))
        step = Admit(
            worker=worker,
            call=call,
            model=model,
            hold=hold,
            is_bounded=is_bounded,
            budgets=terms,
            rpm=rpm,
            tpm=tpm,
            tokens=0 if tpm is None else 50,
        )
        (answer,) = self.apply(step)
        if isinstance(answer, Go):
            self.calls.append(call)

    @rule(
        which=st.floats(0, 0.999),
        cost=st.one_of(st.none(), st.integers(0, MOST)),
        doubt_s=st.sampled_from([0.0, 5.0]),
        is_answered=st.booleans(),
        generation=st.sampled_from([None, "g1", "g2", "g3"]),
        outcome=st.sampled_from(["accepted", "refused", "away", "none"]),
        retry_after=st.sampled_from([None, 1.0]),
        tokens=st.sampled_from([None, 80]),
    )
    def report(self, which: float, **said: object) -> None:
        self.apply(Report(call=self.one(self.calls, which), item=("k1", "a"), **said))  # type: ignore[arg-type]  # of the strategies

    @rule(
        which=st.floats(0, 0.999), cost=st.integers(0, MOST), generation=st.sampled_from(["g1", "g2", "g3"])
    )
    def settle(self, which: float, cost: int, generation: str) -> None:
        call = self.one([*self.calls, f"of {generation}"], which)
        self.apply(
            Settle(
                call=call,
                cost=cost,
                generation=generation,
                budgets=(BUDGETS[0],),
                record=b"settled 0 %d\n" % cost,
            )
        )

    @rule(which=st.floats(0, 0.999), source=st.sampled_from([None, "g1", "g4"]))
    def finish(self, which: float, source: str | None) -> None:
        lease = self.one(self.leases, which)
        known = next((step for step in self.taken if isinstance(step, Claim) and step.lease == lease), None)
        said = "" if known is None else f"{known.key} {known.hash} {self.new('answer')}\n"
        self.apply(Finish(lease=lease, record=said.encode(), source=source))

    @rule(which=st.floats(0, 0.999), record=st.sampled_from([b"", b"failed\n"]), was=st.booleans())
    def give_up(self, which: float, record: bytes, was: bool) -> None:
        self.apply(GiveUp(lease=self.one(self.leases, which), record=record, was_paid=was, is_left=not was))

    @rule(worker=st.sampled_from(WORKERS), is_gone=st.booleans())
    def beat(self, worker: str, is_gone: bool) -> None:
        self.apply(Gone(worker=worker) if is_gone else Beat(worker=worker))

    @rule(seconds=st.sampled_from([0.0, 0.01, 1.0, 6.0, 11.0, 90_000.0, 200_000.0, -5.0, -90_000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(which=st.floats(0, 0.999))
    def repeat(self, which: float) -> None:
        """A step arrives twice, since its answer was lost; nothing changes but how long a worker lives."""
        if self.taken:
            self.apply(step := self.taken[-1])
            before = self.seen()
            (answer,) = self.apply(step)
            if not isinstance(step, Admit):  # one that had to wait may find room meanwhile
                assert self.seen() == before
            if isinstance(step, Finish):
                assert answer == "known"

    def seen(self) -> object:
        state = self.machine._state
        assert isinstance(state, MemoryState)
        looks = self.apply(Read(), Unbooked(), *(Look(budget=terms) for terms in BUDGETS))
        return looks, dict(state._paces), [(row.key, row.lease, row.number) for row in state._keys.values()]

    @rule()
    def several(self) -> None:
        self.apply(Free(keys=tuple(KEYS)), Unbooked(), *(Look(budget=terms) for terms in BUDGETS), Read())
        self.apply(*(LookAtPace(model=model) for model in MODELS))

    @invariant()
    def budgets_are_kept(self) -> None:
        """A budget is passed by what was admitted and cost more than was held for it, and by nothing else."""
        for terms in BUDGETS:
            row = self.machine._state.budget(terms.name)
            if row is not None:
                assert row.holds >= row.unbounded >= 0
                assert row.held >= 0
                held = [hold for hold in self.held() if terms in hold.budgets]
                assert row.held == sum(hold.amount for hold in held)
                assert row.holds == len(held)

    def held(self) -> list[HoldRow]:
        state = self.machine._state
        assert isinstance(state, MemoryState)
        return [hold for hold in state._holds.values() if hold.state in ("running", "doubtful")]


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


def answers_as_the_machine_does(make: Make, portal: BlockingPortal, *, runs: int = 30 * TIMES) -> None:
    """Lead a holder beside the machine; those of engines are tested by it too."""
    led = type("Led", (Beside,), {"make": staticmethod(make), "portal": portal})
    run_state_machine_as_test(
        led,
        settings=settings(
            max_examples=runs,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", HOLDERS)
def test_a_holder_answers_as_the_machine_does(name: str, portal: BlockingPortal) -> None:
    answers_as_the_machine_does(HOLDERS[name], portal)


def test_the_answer_to_a_look_counts_what_is_spent_and_held() -> None:
    machine, terms = Machine(MemoryState(), lease_s=LEASE_S), BudgetTerms("run", 100)
    machine.apply(Admit(worker="ann", call="one", hold=30, budgets=(terms,)), 0.0)
    machine.apply(Admit(worker="ann", call="two", hold=40, budgets=(terms,)), 0.0)
    machine.apply(Report(call="one", cost=25), 1.0)
    assert machine.apply(Look(budget=terms), 1.0) == Looked(spent=25, held=40, running=1)


def test_budgets_with_one_name_share_what_is_spent_and_each_begins_again_in_its_own_time() -> None:
    machine, day = Machine(MemoryState(), lease_s=LEASE_S), 86_400.0
    daily, monthly, ever = BudgetTerms("u", 50, "day"), BudgetTerms("u", 90, "month"), BudgetTerms("u", None)

    def spent() -> list[object]:
        return [machine.apply(Look(budget=terms), now).spent for terms in (daily, monthly, ever)]  # type: ignore[union-attr]  # a `Looked`

    now = 10 * day
    for number, (terms, wanted) in enumerate(
        [(daily, [30, 30, 30]), (monthly, [60, 60, 60]), (daily, [60, 60, 60])]
    ):
        answer = machine.apply(Admit(worker="ann", call=str(number), hold=20, budgets=(terms,)), now)
        assert isinstance(answer, Broke if number == 2 else Go)
        machine.apply(Report(call=str(number), cost=30), now)
        assert spent() == wanted
    now = 11 * day
    assert spent() == [0, 60, 60]
    assert isinstance(machine.apply(Admit(worker="ann", call="4", hold=20, budgets=(daily,)), now), Go)
    machine.apply(Report(call="4", cost=30), now)
    assert spent() == [30, 90, 90]
    assert isinstance(machine.apply(Admit(worker="ann", call="5", hold=1, budgets=(monthly,)), now), Broke)
    now = 40 * day
    assert spent() == [0, 0, 90]


def test_a_day_that_comes_twice_has_what_was_spent_on_it() -> None:
    machine, day, terms = Machine(MemoryState(), lease_s=LEASE_S), 86_400.0, BudgetTerms("u", 50, "day")
    time, calls = Time(), 0

    def spends(date: float) -> bool:
        nonlocal time, calls
        time, calls = time.at(date), calls + 1
        admit = Admit(worker="ann", call=str(calls), hold=50, budgets=(terms,))
        is_let = isinstance(machine.apply(admit, time.now, time.date), Go)
        if is_let:
            machine.apply(Report(call=str(calls), cost=50), time.now, time.date)
        return is_let

    assert spends(10 * day)
    assert spends(11 * day)
    assert not spends(10 * day)  # set back
    assert not spends(11 * day)
    assert spends(4_000 * day)  # ahead by mistake
    assert not spends(11 * day)
    assert spends(12 * day)


@pytest.mark.parametrize("name", HOLDERS)
async def test_what_time_ends_ends_also_after_the_clock_was_set_back(name: str, tmp_path: Path) -> None:
    clock, terms = Clock(), BudgetTerms("run", 100)
    holder = HOLDERS[name](tmp_path, clock)
    await holder.open()
    try:
        claim = Claim(worker="ann", lease="one", key="k", hash="h")
        admit = Admit(worker="bob", call="c", hold=30, budgets=(terms,))
        await holder.apply([claim, admit, Report(call="c", doubt_s=5.0)])
        for seconds in (-100_000.0, LEASE_S / 2, LEASE_S / 2, 0.1):
            clock.now += seconds
            await holder.apply([Beat(worker="cid")])
        again = Claim(worker="cid", lease="two", key="k", hash="h")
        claimed, looked = await holder.apply([again, Look(budget=terms)])
    finally:
        await holder.aclose()
    assert isinstance(claimed, Lease)
    assert looked == Looked(spent=0, held=0, running=0)


def test_a_small_step_back_of_the_clock_is_waited_for() -> None:
    time = Time().at(1_000.0)
    assert time.at(1_000.0 - SMALL_S) == time
    back = time.at(1_000.0 - SMALL_S - 1)
    assert (back.now, back.date) == (1_000.0, 939.0)
    assert back.at(941.0) == Time(1_002.0, 941.0)


@pytest.mark.parametrize("name", HOLDERS)
async def test_a_request_counts_in_each_of_its_budgets_once(name: str, tmp_path: Path) -> None:
    """Two blocks around a call are two requests to the ledger, which name one billed record."""
    holder, one, two = HOLDERS[name](tmp_path, Clock()), BudgetTerms("one", 100), BudgetTerms("two", 100)
    await holder.open()
    try:
        for call, budgets in (("a", (one,)), ("b", (two,)), ("c", (one, two)), ("d", (one,))):
            await holder.apply([Admit(worker="ann", call=call, hold=30, budgets=budgets)])
        await holder.apply([Report(call=call, cost=25, generation="g") for call in "abcd"])
        answers = await holder.apply([Look(budget=one), Look(budget=two)])
    finally:
        await holder.aclose()
    assert answers == [Looked(spent=25, held=0, running=0)] * 2


@pytest.mark.parametrize("doubt_s", [0.0, 5.0])
@pytest.mark.parametrize("name", HOLDERS)
async def test_an_answer_whose_cost_stays_unknown_counts_what_was_held_for_it(
    name: str, tmp_path: Path, doubt_s: float
) -> None:
    clock, terms = Clock(), BudgetTerms("run", 100)
    holder = HOLDERS[name](tmp_path, clock)
    await holder.open()
    try:
        for call, is_answered in (("whole", True), ("cut", False)):
            admit = Admit(worker="ann", call=call, hold=30, budgets=(terms,))
            report = Report(call=call, doubt_s=doubt_s, is_answered=is_answered, generation=call)
            await holder.apply([admit, report])
        clock.now += 6
        assert await holder.apply([Look(budget=terms)]) == [Looked(spent=30, held=0, running=0)]
        call = "whole" if doubt_s else "generation whole"  # which another process says
        await holder.apply([Settle(call=call, cost=25, generation="whole", budgets=(terms,))])
        assert await holder.apply([Look(budget=terms)]) == [Looked(spent=25, held=0, running=0)]
    finally:
        await holder.aclose()


@pytest.mark.parametrize("name", HOLDERS)
async def test_no_amount_is_too_large_to_be_counted(name: str, tmp_path: Path) -> None:
    holder, terms, most = HOLDERS[name](tmp_path, Clock()), BudgetTerms("run", None), 10**30
    await holder.open()
    try:
        await holder.apply([Admit(worker="ann", call="c", hold=most, budgets=(terms,))])
        held = await holder.apply([Look(budget=terms)])
        await holder.apply([Report(call="c", cost=most)])
        spent = await holder.apply([Look(budget=terms)])
    finally:
        await holder.aclose()
    assert held == [Looked(spent=0, held=most, running=1)]
    assert spent == [Looked(spent=most, held=0, running=0)]


def test_a_request_that_is_taken_to_be_free_is_let_through_and_counted_if_it_is_not() -> None:
    machine, terms = Machine(MemoryState(), lease_s=LEASE_S), BudgetTerms("run", 100)
    machine.apply(Admit(worker="ann", call="one", hold=100, budgets=(terms,)), 0.0)
    assert isinstance(machine.apply(Admit(worker="ann", call="two", budgets=(terms,)), 0.0), Wait)
    free = Admit(worker="ann", call="free", is_free=True, budgets=(terms,))
    assert machine.apply(free, 0.0) == Go(0.0, False)
    machine.apply(Report(call="free", cost=25), 1.0)
    assert machine.apply(Look(budget=terms), 1.0) == Looked(spent=25, held=100, running=1)


def test_the_cost_of_a_request_that_broke_off_may_be_counted_by_any_process_and_once() -> None:
    machine, terms = Machine(MemoryState(), lease_s=LEASE_S), BudgetTerms("run", 100)
    machine.apply(Admit(worker="ann", call="one", hold=30, budgets=(terms,)), 0.0)
    machine.apply(Report(call="one", doubt_s=5.0, generation="g", item=("k", "h")), 1.0)
    assert machine.apply(Unbooked(), 2.0) == {"g": ("k", "h")}
    for call in ("generation g", "one"):  # the process itself may find it too
        machine.apply(Settle(call=call, cost=25, generation="g", budgets=(terms,), record=b"x"), 2.0)
    assert machine.apply(Unbooked(), 2.0) == {}
    assert machine.apply(Look(budget=terms), 9.0) == Looked(spent=25, held=0, running=0)
    assert machine.apply(Read(), 9.0) == ((1, b"x"),)
