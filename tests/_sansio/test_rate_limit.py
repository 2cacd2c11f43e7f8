"""Learning what a server allows, against simulated servers: no clock runs, and a minute takes a millisecond."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from typing import Protocol

import pytest

from openrouter_async._sansio.rate_limit import LEAST, AdaptiveRate, Pacer


class Server(Protocol):
    """A server with a hidden limit."""

    def ask(self, now: float) -> tuple[bool, float | None]:
        """Return whether it takes a request, and if not, the wait it asks for, if it tells."""


class Bucket:
    """So many a second, and a burst when nothing was sent for a while."""

    def __init__(self, rate: float, burst: float, *, tells: bool = True) -> None:
        self.rate, self.burst, self.tells = rate, burst, tells
        self.level, self.at = burst, 0.0

    def ask(self, now: float) -> tuple[bool, float | None]:
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return True, None
        return False, (1 - self.level) / self.rate if self.tells else None


class Window:
    """So many in each second or minute by the clock."""

    def __init__(self, count: int, length: float, *, tells: bool = True) -> None:
        self.count, self.length, self.tells = count, length, tells
        self.number, self.used = -1, 0

    def ask(self, now: float) -> tuple[bool, float | None]:
        number = math.floor(now / self.length)
        if number != self.number:
            self.number, self.used = number, 0
        if self.used < self.count:
            self.used += 1
            return True, None
        return False, (number + 1) * self.length - now if self.tells else None


class Sliding:
    """So many in any second or minute."""

    def __init__(self, count: int, length: float, *, tells: bool = False) -> None:
        self.count, self.length, self.tells = count, length, tells
        self.taken: deque[float] = deque()

    def ask(self, now: float) -> tuple[bool, float | None]:
        while self.taken and self.taken[0] <= now - self.length:
            self.taken.popleft()
        if len(self.taken) < self.count:
            self.taken.append(now)
            return True, None
        return False, self.taken[0] + self.length - now if self.tells else None


class Load:
    """Callers who all have something to send, the refused ones again after a while."""

    def __init__(self, server: Server, *, callers: int, seed: int = 1) -> None:
        self.server = server
        self.learned = AdaptiveRate()
        self.now = 0.0
        self.accepted: list[float] = []
        self.refused: list[float] = []
        self._idle = callers
        self._in_flight = 0
        self._events: list[tuple[float, int, str, float, float | None]] = []
        self._count = 0
        self._chance = random.Random(seed)

    def run(self, until: float) -> None:
        while self.now < until:
            if self._idle and self.learned.ready_at <= self.now:
                self._send()
                continue
            following = [self._events[0][0]] if self._events else []
            if self._idle:
                following.append(self.learned.ready_at + self._chance.uniform(0, 0.002))  # timers are late
            self.now = max(self.now, min(following))
            while self._events and self._events[0][0] <= self.now:
                self._happen(*heapq.heappop(self._events))

    def _send(self) -> None:
        self.learned.take(self.now)
        self._idle -= 1
        self._in_flight += 1
        is_accepted, wait = self.server.ask(self.now)
        delay = self._chance.uniform(0.3, 1.5) if is_accepted else 0.03
        self._later(delay, "accepted" if is_accepted else "refused", wait)

    def _later(self, delay: float, what: str, wait: float | None) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + delay, self._count, what, self.now, wait))

    def _happen(self, _at: float, _count: int, what: str, sent_at: float, wait: float | None) -> None:
        if what == "again":
            self._idle += 1
            return
        if what == "accepted":
            self.accepted.append(self.now)
            self.learned.accepted(sent_at=sent_at, now=self.now)
            self._idle += 1
        else:
            self.refused.append(self.now)
            self.learned.refused(sent_at=sent_at, now=self.now, wait=wait, in_flight=self._in_flight)
            self._later(self._chance.random() if wait is None else wait, "again", None)
        self._in_flight -= 1

    def share(self, allowed: float, since: float) -> float:
        """Return what was accepted, as a share of what the server allows."""
        return sum(at >= since for at in self.accepted) / (self.now - since) / allowed

    def share_refused(self, since: float) -> float:
        accepted, refused = (sum(at >= since for at in times) for times in (self.accepted, self.refused))
        return refused / (accepted + refused)


class Opening:
    """So many in a second or minute that begins with the first request after the last one ended."""

    def __init__(self, count: int, length: float, *, tells: bool) -> None:
        self.count, self.length, self.tells = count, length, tells
        self.begun, self.used = -math.inf, 0

    def ask(self, now: float) -> tuple[bool, float | None]:
        if now - self.begun >= self.length:
            self.begun, self.used = now, 0
        if self.used < self.count:
            self.used += 1
            return True, None
        return False, self.begun + self.length - now if self.tells else None


SERVERS: list[tuple[str, Callable[[], Server], float, float]] = [
    ("bucket", lambda: Bucket(10, 10), 10, 60),
    ("bucket that tells no wait", lambda: Bucket(10, 10, tells=False), 10, 60),
    ("bucket without a burst", lambda: Bucket(10, 1, tells=False), 10, 120),
    ("bucket with a burst of a minute", lambda: Bucket(10, 600), 10, 120),
    ("bucket of 20 a minute", lambda: Bucket(1 / 3, 20), 1 / 3, 600),
    ("bucket of 100 a second", lambda: Bucket(100, 100, tells=False), 100, 30),
    ("window of a minute", lambda: Window(600, 60), 10, 240),
    ("window of a second that tells no wait", lambda: Window(10, 1, tells=False), 10, 120),
    ("window of a second", lambda: Window(100, 1), 100, 30),
    ("opening second", lambda: Opening(100, 1, tells=True), 100, 30),
    ("opening second that tells no wait", lambda: Opening(100, 1, tells=False), 100, 30),
    ("sliding second", lambda: Sliding(50, 1), 50, 60),
    ("sliding minute that tells no wait", lambda: Sliding(600, 60), 10, 600),
]


@pytest.mark.parametrize(
    ("server", "allowed", "warm"),
    [pytest.param(make, allowed, warm, id=name) for name, make, allowed, warm in SERVERS],
)
def test_the_rate_converges_to_what_a_server_allows(
    server: Callable[[], Server], allowed: float, warm: float
) -> None:
    """At least 90 % of the allowed rate, and under 2 % of the requests refused, after a warm-up."""
    load = Load(server(), callers=200)
    load.run(5 * warm)
    assert load.share(allowed, warm) >= 0.9
    assert load.share_refused(warm) < 0.02


class Chancy:
    """Refuses a share of the requests whatever the rate, as one of many providers may; and those over a limit."""

    def __init__(self, share: float, wait: float | None, server: Server | None = None) -> None:
        self._share, self._wait, self._server = share, wait, server
        self._chance = random.Random(3)

    def ask(self, now: float) -> tuple[bool, float | None]:
        if self._chance.random() < self._share:
            return False, self._wait
        return (True, None) if self._server is None else self._server.ask(now)


class Unlearned(AdaptiveRate):
    """Holds nothing back."""

    def refused(self, *, sent_at: float, now: float, wait: float | None, in_flight: int) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("wait", [None, 0.3, 2.0])
@pytest.mark.parametrize("callers", [16, 64, 256])
def test_refusals_by_chance_slow_nothing_down(share: float, wait: float | None, callers: int) -> None:
    """What is accepted after a while is nearly what would be if nothing were learned."""
    load, unlearned = (Load(Chancy(share, wait), callers=callers) for _ in range(2))
    unlearned.learned = Unlearned()
    for each in (load, unlearned):
        each.run(300)
    warm = 100
    allowed = unlearned.share(1, warm)
    assert load.share(allowed, warm) >= 0.9


def test_a_limit_is_found_among_refusals_by_chance() -> None:
    load = Load(Chancy(1 / 30, 0.2, Bucket(20, 20)), callers=64)
    load.run(900)
    assert load.share(20, 300) >= 0.8
    assert load.share_refused(300) < 0.12


@pytest.mark.parametrize(("before", "after"), [(10, 30), (30, 10)])
def test_a_limit_that_changes_is_followed(before: float, after: float) -> None:
    server = Bucket(before, 10, tells=False)
    load = Load(server, callers=200)
    load.run(120)
    server.rate = after
    load.run(600)
    assert load.share(after, 200) >= 0.9
    assert load.share_refused(200) < 0.02


def test_when_all_is_refused_next_to_nothing_is_sent_and_then_it_recovers() -> None:
    server = Bucket(20, 20, tells=False)
    load = Load(server, callers=64)
    load.run(60)
    server.rate = server.level = 0
    load.run(180)
    assert len([at for at in load.refused if at >= 60]) < 30
    server.rate = 20
    load.run(300)
    assert load.share(20, 240) >= 0.9


def test_before_the_first_refusal_nothing_is_held_back() -> None:
    learned = AdaptiveRate()
    for _ in range(1_000):
        learned.take(5.0)
        learned.accepted(sent_at=5.0, now=5.0)
    assert learned.ready_at == -math.inf
    assert learned.rate == math.inf


def test_one_epoch_of_refusals_lowers_the_rate_once() -> None:
    learned = AdaptiveRate()
    for _ in range(100):
        learned.refused(sent_at=0.0, now=0.1, wait=None, in_flight=100)
    assert learned.rate == 50
    for _ in range(50):
        learned.refused(sent_at=0.2, now=0.3, wait=None, in_flight=50)
    assert learned.rate == 25


def test_one_refusal_among_many_requests_lowers_nothing_yet() -> None:
    """Before it is seen how many are accepted a second, only a majority of refusals tells that there are too many."""
    learned = AdaptiveRate()
    for _ in range(31):
        learned.refused(sent_at=0.0, now=0.1, wait=None, in_flight=64)
    assert learned.rate == math.inf
    learned.refused(sent_at=0.0, now=0.1, wait=None, in_flight=64)
    assert learned.rate == 32


def test_a_model_that_is_away_is_waited_for_and_not_slowed_down() -> None:
    """One of many answers that say so holds back nobody: each waits for itself."""
    learned = AdaptiveRate()
    for _ in range(10):
        learned.mark_unavailable(now=0.0, wait=5.0)
        learned.accepted(sent_at=0.0, now=0.1)
    for _ in range(2):
        learned.mark_unavailable(now=1.0, wait=5.0)
    assert learned.ready_at == -math.inf
    learned.mark_unavailable(now=1.0, wait=5.0)
    assert (learned.ready_at, learned.rate) == (6.0, math.inf)
    first = AdaptiveRate()
    for _ in range(3):
        first.mark_unavailable(now=1.0, wait=5.0)
    assert first.ready_at == 6.0


def test_the_longest_wait_that_was_asked_for_holds() -> None:
    learned = AdaptiveRate()
    for wait in (2.0, 5.0, 1.0):
        learned.refused(sent_at=0.0, now=1.0, wait=wait, in_flight=1)
    assert learned.ready_at == 6.0


def test_repeated_refusals_never_stop_it_for_good() -> None:
    learned = AdaptiveRate()
    for number in range(100):
        learned.refused(sent_at=float(number), now=number + 0.5, wait=None, in_flight=64)
    assert learned.rate == LEAST


def test_while_nobody_waits_the_rate_does_not_grow() -> None:
    """What is not limited by the rate says nothing about a higher one."""
    learned = AdaptiveRate()
    for _ in range(20):
        learned.refused(sent_at=0.0, now=0.1, wait=None, in_flight=20)
    for number in range(1, 200):
        learned.take(10.0 * number)
        learned.accepted(sent_at=10.0 * number, now=10.0 * number + 0.1)
    assert learned.rate == 10


def test_a_pace_is_even_and_saves_nothing_up() -> None:
    pace = Pacer(10)
    pace.take(1, 0.0)
    assert pace.next_at == pytest.approx(0.08)  # a late timer may catch up so much
    pace.take(1, 0.1)
    assert pace.next_at == pytest.approx(0.18)
    pace.take(1, 100.0)
    assert pace.next_at == pytest.approx(100.08)
    for _ in range(10):
        pace.take(1, pace.next_at)
    assert pace.next_at == pytest.approx(101.08)


def test_amounts_are_corrected_when_they_are_known() -> None:
    pace = Pacer(100)
    pace.take(50, 0.0)
    pace.correct(100)
    assert pace.next_at == pytest.approx(1.48)
    pace.correct(-50)
    assert pace.next_at == pytest.approx(0.98)
