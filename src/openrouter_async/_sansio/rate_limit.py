"""How fast to send: `Pacer` keeps a known rate, `AdaptiveRate` finds the rate that a server allows.

Theory of operation of `AdaptiveRate`. Before the first refusal nothing is delayed. A refusal raises one question:
were there too many requests, or was it chance, because one of many providers has no capacity? Three cases differ:

```
most of the sent requests are refused        too many by far: half the rate, and half again while that continues
refused near the good rate                   a little too many: 5 % below what was accepted a second, the good rate
refused repeatedly, clearly below it         chance: so large a share of the requests is refused at any rate;
                                             up to that share, a refusal lowers nothing (`refusal_noise`)
```

A decrease starts an *epoch*: refusals of requests sent before it say nothing about the new rate. Every acceptance
raises the rate, as long as the rate is what delays requests:

```
the good rate is unknown        by half in each round trip
far below the good rate         quickly back towards it, at first twice the rate each time
near it                         slowly, so that probing costs few refusals
above it                        faster and faster: the server allows more than before
```

A delay that the server demands applies to all requests, unless the refusal is chance. It counts towards the time in
which the accepted requests were sent: a server that counts by the minute accepts sixty immediately and then nothing,
which is one per second.

No clock here: `now` is a monotonic time in seconds, and an argument.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from .refusal_noise import LIMIT as MOST_NOISE
from .refusal_noise import RefusalNoise

if TYPE_CHECKING:
    from typing import Self

__all__ = ["AdaptiveRate", "Pacer"]

Dumped: TypeAlias = list[Any]
"""The state that `dump` returns and `load` reads; its form is private."""

# The numbers below are chosen; the simulated servers of tests/_sansio/test_rate_limit.py hold what they come to.

SLACK = 0.02
"""Seconds by which a sender that woke late may be ahead of its pace, so late timers do not add up."""

FEW = 3
"""Refusals in an epoch from which they are examined together."""
FIRST = 5.0
"""Requests a second where most are refused before it is seen how many are accepted; half of those in flight, if that is
more."""
LEAST = 0.1
"""Requests a second: the slowest that a rate is learned to be."""
EVIDENCE = 10
"""Requests and acceptances from which it is seen how many are accepted a second."""
RECENT = 30
"""Requests that determine the recent sending rate."""
CAUTION = 0.35
"""Where between the most and the least that a server may take a second, on a scale of logarithms, it is guessed to be:
0 the most, 1 the least."""
CLOSED = 2.0
"""Seconds almost without acceptances after which the server is assumed to count by the minute."""
NEXT_TO_ALL = 0.9
"""The share of refusals from which next to nothing is accepted."""
AWAY = 3
"""Answers one after the other that say a model is away, from which everyone waits for it."""
BELOW = 0.95
"""Where to continue after a refusal, as a share of the good rate. TCP halves (RFC 5681) because it sees a queue that
must drain; a limiter has no queue, and a refusal costs only a round trip."""
SLOW = 0.975
"""Up to which share of the good rate a refusal is suspected to be chance."""
NEAR = 0.9
"""From which share of the good rate on it is approached with care."""
STEP = 0.05
"""The share by which the rate grows in `CYCLE` acceptances near the good rate."""
CYCLE = 300
"""Acceptances: near the good rate one refusal in about as many is what probing costs, a third of a per cent."""
LEAST_WINDOW = 8
"""Acceptances that count as a round trip at least, so a single answer does not double a slow rate."""
ROUND_TRIP = 0.5
"""Seconds: the assumed round trip of a fast server."""
QUICK = 0.5
"""The share by which it grows in one round trip elsewhere, at most."""


class Pacer:
    """Evenly spaced amounts: so many a second, and nothing saved up while nothing is sent."""

    __slots__ = ("next_at", "rate")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        """Amount a second."""
        self.next_at = -math.inf
        """When the next may be sent."""

    def take(self, amount: float, now: float) -> None:
        """Count an amount that is sent now."""
        self.next_at = max(self.next_at, now - SLACK) + amount / self.rate

    def correct(self, amount: float) -> None:
        """Count what was sent before and is known only now; less than nothing, if it was too much."""
        self.next_at += amount / self.rate


class AdaptiveRate:
    """The rate at which a server takes requests, as far as its refusals show."""

    __slots__ = (
        "_away",
        "_closed",
        "_epoch",
        "_good",
        "_is_binding",
        "_minute",
        "_noise",
        "_pacer",
        "_recent",
        "paused_until",
    )

    def __init__(self) -> None:
        self.paused_until = -math.inf
        """Until when the server asked to wait."""
        self._pacer: Pacer | None = None
        self._good: float | None = None
        """The rate accepted when there were last a few too many, per second."""
        self._epoch = _Counts(-math.inf)
        self._closed: _Counts | None = None
        """Since it was first seen that most were refused."""
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._minute = _LastMinute()
        self._noise = RefusalNoise()
        self._away = 0
        self._is_binding = False

    @property
    def rate(self) -> float:
        """Requests a second that are let through; infinite before there were too many."""
        return math.inf if self._pacer is None else self._pacer.rate

    @property
    def ready_at(self) -> float:
        """When the next request may be sent."""
        return self.paused_until if self._pacer is None else max(self._pacer.next_at, self.paused_until)

    def take(self, now: float) -> None:
        """Count a request that is sent now."""
        self._noise.sent(now, is_slow=self._is_slow)
        self._recent.append(now)
        self._minute.add(now)
        self._epoch.sent += 1
        if self._closed is not None:
            self._closed.sent += 1
        if self._pacer is not None:
            self._is_binding = now - self.ready_at < 2 / self._pacer.rate + SLACK
            self._pacer.take(1, now)

    def refused(self, *, sent_at: float, now: float, wait: float | None, in_flight: int) -> None:
        """Learn from a refusal; `wait` is what the server asked for, in seconds, and `in_flight` all that was sent."""
        if self._pacer is None:  # nothing is counted before the first refusal
            self._epoch.sent = max(self._epoch.sent, in_flight)
        self._noise.refused(sent_at, now, sent_since=sum(at > sent_at for at in self._recent))
        if self._closed is not None and sent_at >= self._closed.at:
            self._closed.refused += 1
        if sent_at < self._epoch.at:
            if now < self.paused_until:
                self._pause(wait, now)
            return
        self._epoch.refused += 1
        self._epoch.sent = max(self._epoch.sent, self._epoch.refused)
        if self._are_most_refused:
            self._pause(wait, now)
            self._halve(now, in_flight)
        elif self._noise.explains_all:
            if self._is_slow:
                self._good = None  # there was no limit
        elif not self._is_slow:
            self._pause(wait, now)
            if self._shows_throughput:
                self._go_below(now)
        elif self._epoch.refused == FEW:  # the good rate is wrong, or it is chance; the next epoch tells
            self._pause(wait, now)
            self._go_below(now)

    def mark_unavailable(self, *, now: float, wait: float) -> None:
        """Learn that a model is away for so long; that says nothing of how many requests it takes afterwards."""
        self._away += 1
        if self._away >= AWAY:
            self._pause(wait, now)

    def _pause(self, wait: float | None, now: float) -> None:
        """Hold back everyone, if the server asked for that."""
        if wait is not None:
            self.paused_until = max(self.paused_until, now + wait)

    @property
    def _is_slow(self) -> bool:
        """Whether requests are sent clearly below a good rate that was seen."""
        return self._closed is None and self._good is not None and self.rate <= SLOW * self._good

    @property
    def _are_most_refused(self) -> bool:
        """Whether most of the epoch is; where that was so before, one refusal at its beginning is enough to tell."""
        epoch = self._epoch
        return 2 * epoch.refused >= epoch.sent and (epoch.refused >= FEW or self._closed is not None)

    @property
    def _shows_throughput(self) -> bool:
        return self._epoch.accepted >= EVIDENCE <= len(self._recent)

    def _throughput(self, now: float) -> float:
        """Return about how many requests a second the server takes.

        That is less than were sent lately, and more than were accepted on average, with the wait now asked for, since
        there were too many before.
        """
        epoch, since = self._epoch, self._closed or self._epoch
        most = (len(self._recent) - 1) / max(SLACK, now - self._recent[0]) * (1 - epoch.refused / epoch.sent)
        least = (since.sent - since.refused) / max(SLACK, max(now, self.paused_until) - since.at)
        return most * (least / most) ** CAUTION if 0 < least < most else most

    def _go_below(self, now: float) -> None:
        """Use the accepted rate per second as the good rate, and continue a little below it."""
        self._closed = None
        self._good = max(LEAST, min(self.rate, self._throughput(now)))
        self._begin(BELOW * self._good, now)

    def _halve(self, now: float, in_flight: int) -> None:
        if self._pacer is None:
            if self._shows_throughput:
                self._go_below(now)
            else:
                self._begin(max(FIRST, in_flight / 2), now)  # a guess; what is too much is halved quickly
            return
        if self._epoch.accepted and self._good is not None:
            self._good = min(self._good, self.rate)
        if self._closed is None or self._closed.refused < NEXT_TO_ALL * self._closed.sent:
            self._closed = _Counts(now)
        elif CLOSED < now - self._closed.at < math.inf:
            self._closed.at = -math.inf  # once each time
            self._good = max(LEAST, self._minute.count(now) / 60)
        self._begin(self.rate / 2, now)

    def _begin(self, rate: float, now: float) -> None:
        """Begin an epoch."""
        if self._epoch.refused > MOST_NOISE * self._epoch.sent:
            self._noise.forget(now)
        if self._pacer is None:
            self._pacer = Pacer(rate)
        self._pacer.rate = max(LEAST, rate)
        self._pacer.next_at = max(self._pacer.next_at, now + 1 / self._pacer.rate)
        self._epoch = _Counts(now)

    def accepted(self, *, sent_at: float, now: float) -> None:
        """Learn from a request that was not refused."""
        self._away = 0
        if sent_at < self._epoch.at:
            return
        self._epoch.accepted += 1
        if self._pacer is None or not self._is_binding:
            return
        rate, good = self._pacer.rate, self._good
        # As many answers as come in a round trip.
        window = max(LEAST_WINDOW, rate * max(ROUND_TRIP, now - sent_at))
        quickly = rate * QUICK / window
        if good is None:
            grown = rate + quickly
        elif rate < NEAR * good:
            grown = min(rate + (rate if rate < good / 2 else quickly), NEAR * good)
        else:
            beyond = max(0.0, rate / good - 1 - STEP) / STEP
            grown = rate + min(quickly, good * STEP * (1 + beyond) ** 2 / max(CYCLE, window))
        self._pacer.rate = grown

    # For whoever keeps it elsewhere

    def dump(self) -> Dumped:
        """Return all that it knows, as values of JSON, infinite numbers included; `load` reads it."""
        pacer = None if self._pacer is None else [self._pacer.rate, self._pacer.next_at]
        return [
            self.paused_until,
            pacer,
            self._good,
            self._epoch.dump(),
            None if self._closed is None else self._closed.dump(),
            [*self._recent],
            self._minute.dump(),
            self._noise.dump(),
            self._away,
            self._is_binding,
        ]

    @classmethod
    def load(cls, dumped: Dumped) -> Self:
        """Return one that knows what another knew."""
        learned = cls()
        learned.paused_until, pacer, learned._good, epoch, closed, recent, minute, noise = dumped[:8]
        learned._away, learned._is_binding = dumped[8:]
        if pacer is not None:
            learned._pacer = Pacer(pacer[0])
            learned._pacer.next_at = pacer[1]
        learned._epoch = _Counts.load(epoch)
        learned._closed = None if closed is None else _Counts.load(closed)
        learned._recent.extend(recent)
        learned._minute = _LastMinute.load(minute)
        learned._noise = RefusalNoise.load(noise)
        return learned


class _Counts:
    """The outcomes of the requests sent since a moment."""

    __slots__ = ("accepted", "at", "refused", "sent")

    def __init__(self, at: float) -> None:
        self.at = at
        self.sent = self.refused = self.accepted = 0

    def dump(self) -> list[float]:
        return [self.at, self.sent, self.refused, self.accepted]

    @classmethod
    def load(cls, dumped: Dumped) -> Self:
        counts = cls(dumped[0])
        counts.sent, counts.refused, counts.accepted = dumped[1:]
        return counts


class _LastMinute:
    """About how many requests were sent in the last minute, from those of this minute and of the one before."""

    __slots__ = ("_before", "_began", "_now")

    def __init__(self) -> None:
        self._began = -math.inf
        self._before = self._now = 0

    def add(self, now: float) -> None:
        self._turn(now)
        self._now += 1

    def count(self, now: float) -> float:
        self._turn(now)
        return self._now + self._before * (1 - (now - self._began) / 60)

    def _turn(self, now: float) -> None:
        if now - self._began >= 60:
            self._before = self._now if now - self._began < 120 else 0
            self._now = 0
            self._began = now

    def dump(self) -> list[float]:
        return [self._began, self._before, self._now]

    @classmethod
    def load(cls, dumped: Dumped) -> Self:
        minute = cls()
        minute._began, minute._before, minute._now = dumped
        return minute
