"""A rate that several processes learn together, against simulated servers: no clock runs."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

import pytest

from openrouter_async.ledger.machine import Machine
from openrouter_async.ledger.pace import AHEAD, Pace
from openrouter_async.ledger.state import MemoryState
from openrouter_async.ledger.steps import Admit, Beat, Go, Report, Wait
from tests._sansio.test_rate_limit import Bucket, Load, Server, Sliding, Window

STEP_S = 0.004
"""How long a step takes at most, from the question to its answer, on a busy ledger."""


class SharedLoad:
    """Processes whose callers all have something to send; in each, one caller at a time asks the ledger."""

    def __init__(self, server: Server, *, processes: int, callers: int, seed: int = 1) -> None:
        self.server = server
        self.machine = Machine(MemoryState())
        self.now = 0.0
        self.accepted: list[float] = []
        self.refused: list[float] = []
        self._idle = [callers // processes] * processes
        self._asks = [False] * processes
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._chance = random.Random(seed)

    def run(self, until: float) -> None:
        for process in range(len(self._idle)):
            self._ask_later(process, 0.0)
        while self.now < until:
            self.now, _, happen = heapq.heappop(self._events)
            happen()

    def _later(self, delay: float, happen: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + delay, self._count, happen))

    def _ask_later(self, process: int, delay: float) -> None:
        if self._idle[process] and not self._asks[process]:
            self._asks[process] = True
            self._later(delay + self._chance.uniform(0, STEP_S), lambda: self._ask(process))

    def _ask(self, process: int) -> None:
        self._asks[process] = False
        self._count += 1
        call = f"call {self._count}"
        answer = self.machine.apply(Admit(worker=f"w{process}", call=call, model="m"), self.now)
        if isinstance(answer, Go):
            self._idle[process] -= 1
            self._later(answer.seconds + self._chance.uniform(0, 0.002), lambda: self._send(process, call))
            self._ask_later(process, 0.0)
        else:
            assert isinstance(answer, Wait)
            self._ask_later(process, answer.seconds)

    def _send(self, process: int, call: str) -> None:
        is_accepted, wait = self.server.ask(self.now)
        delay = self._chance.uniform(0.3, 1.5) if is_accepted else 0.03
        self._later(delay, lambda: self._end(process, call, is_accepted, wait))

    def _end(self, process: int, call: str, is_accepted: bool, wait: float | None) -> None:
        (self.accepted if is_accepted else self.refused).append(self.now)
        outcome = "accepted" if is_accepted else "refused"
        report = Report(call=call, outcome=outcome, retry_after=wait)  # type: ignore[arg-type]  # one of two
        self.machine.apply(report, self.now)
        pause = 0.0 if is_accepted else self._chance.random() if wait is None else wait
        self._later(pause, lambda: self._again(process))

    def _again(self, process: int) -> None:
        self._idle[process] += 1
        self._ask_later(process, 0.0)

    def share(self, allowed: float, since: float) -> float:
        return sum(at >= since for at in self.accepted) / (self.now - since) / allowed

    def share_refused(self, since: float) -> float:
        accepted, refused = (sum(at >= since for at in times) for times in (self.accepted, self.refused))
        return refused / (accepted + refused)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        (lambda: Bucket(100, 10), 100.0),
        (lambda: Bucket(20, 20, tells=False), 20.0),
        (lambda: Sliding(50, 1.0), 50.0),
        (lambda: Window(30, 1.0), 30.0),
    ],
    ids=["100 a second", "20 a second, without a wait", "50 in any second", "30 by the second"],
)
def test_three_processes_come_within_5_per_cent_of_one(server: Callable[[], Server], allowed: float) -> None:
    alone, together = (
        Load(server(), callers=300),
        SharedLoad(server(), processes=3, callers=300),
    )
    alone.run(120)
    together.run(120)
    assert together.share(allowed, since=50) >= 0.95 * alone.share(allowed, since=50)
    assert together.share_refused(since=50) <= alone.share_refused(since=50) + 0.05


def test_a_given_rate_is_that_of_all_processes() -> None:
    machine, now, sent = Machine(MemoryState()), 0.0, 0
    while now < 10:
        for worker in ("ann", "bob", "cid"):
            answer = machine.apply(Admit(worker=worker, call=f"{worker} {now}", model="m", rpm=600.0), now)
            sent += isinstance(answer, Go)
        now += 0.01
    assert 98 <= sent <= 103


def test_a_request_gets_a_time_a_moment_ahead_and_others_wait() -> None:
    machine = Machine(MemoryState())
    answers = [
        machine.apply(Admit(worker="ann", call=str(number), model="m", rpm=6_000.0), 100.0)
        for number in range(20)
    ]
    times = [answer.seconds for answer in answers if isinstance(answer, Go)]
    assert times == sorted(times)
    assert max(times) <= AHEAD
    assert all(isinstance(answer, Wait) and answer.reason == "pace" for answer in answers[len(times) :])
    assert 4 <= len(times) < 20


def test_a_pace_is_the_same_after_it_was_stored() -> None:
    machine = Machine(state := MemoryState())
    for number in range(60):
        machine.apply(Beat(worker="ann"), number / 10)
        machine.apply(Admit(worker="ann", call=str(number), model="m", tpm=60_000.0, tokens=10), number / 10)
        outcome = "refused" if number % 7 == 3 else "accepted"
        machine.apply(Report(call=str(number), outcome=outcome, tokens=30), number / 10 + 0.05)  # type: ignore[arg-type]
    stored = state.pace("m")
    assert stored is not None
    assert Pace.load(stored).dump() == stored
    assert Pace.load(stored).rate is not None
