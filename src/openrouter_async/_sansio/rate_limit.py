"""How fast to send: `Pace` keeps to a rate that is known, `LearnedRate` finds out what a server allows.

Theory of operation of `LearnedRate`. Before the first refusal nothing is held back. A refusal begins a *wave*: requests
that were sent before it and are refused too say nothing new. The first refusal of each wave lowers the rate; every
acceptance raises it, as long as the rate is what holds requests back.

```
refused, and few were accepted since the last wave   half the rate
refused for two seconds, and nothing accepted        the good rate is what was sent in the last minute
refused, after many                                  a little below what was sent a second: the good rate
refused rarely, at half the best rate                nothing: the refusals have another reason
accepted, far below the good rate                    quickly back towards it, at first twice the rate each time
accepted, near the good rate                         slowly, so that probing costs few refusals
accepted, above the good rate                        faster and faster: the server allows more than before
```

A wait that the server asks for counts into the time in which it accepted so many: a server that counts by the minute
accepts sixty at once and then nothing, which is one a second.

No clock here: `now` is a monotonic time in seconds, and an argument.
"""

from __future__ import annotations

import math
from collections import deque

__all__ = ["LearnedRate", "Pace"]

SLACK = 0.02
"""Seconds by which a sender that woke late may be ahead of its pace, so that late timers do not add up."""

FIRST = 5.0
"""Requests a second after the first refusal, at least; more if more are in flight."""
LEAST = 0.1
"""Requests a second: the slowest that a rate is learned to be."""
EVIDENCE = 10
"""Acceptances after which a refusal is taken as the edge of a good rate, and not as a sign to halve it."""
RECENT = 30
"""Requests from which it is taken how fast they were sent lately."""
CLOSED = 2.0
"""Seconds in which nothing was accepted, after which the server is taken to count by the minute."""
RECENTLY = 100
"""Answers over which the share of refusals is taken."""
TOLERATED = 0.05
"""The share of refusals up to which they may have another reason than the rate, such as one of many providers."""
FLOOR = 0.5
"""How far refusals as rare as that lower the rate, as a share of the best one so far."""
BELOW = 0.95
"""Where to go on after a refusal, as a share of the good rate."""
NEAR = 0.9
"""From which share of the good rate on it is approached with care."""
STEP = 0.05
"""The share by which the rate grows in `CYCLE` acceptances near the good rate."""
CYCLE = 300
LEAST_WINDOW = 8
ROUND_TRIP = 0.5
"""Seconds: what a quick server's round trip counts as."""
QUICK = 0.5
"""The share by which it grows in one round trip elsewhere, at most."""


class Pace:
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


class LearnedRate:
    """The rate at which a server takes requests, as far as its refusals show."""

    __slots__ = (
        "_accepted",
        "_begun_at",
        "_closed_at",
        "_good",
        "_is_binding",
        "_minute",
        "_pace",
        "_peak",
        "_recent",
        "_sent",
        "_share",
        "paused_until",
    )

    def __init__(self) -> None:
        self.paused_until = -math.inf
        """Until when the server asked to wait."""
        self._pace: Pace | None = None
        self._good: float | None = None
        self._begun_at = -math.inf
        self._accepted = 0
        self._sent = 0
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._minute = _LastMinute()
        self._closed_at = math.inf
        self._share = 0.0
        self._peak = 0.0
        self._is_binding = False

    @property
    def rate(self) -> float:
        """Requests a second that are let through; infinite before the first refusal."""
        return math.inf if self._pace is None else self._pace.rate

    @property
    def ready_at(self) -> float:
        """When the next request may be sent."""
        return self.paused_until if self._pace is None else max(self._pace.next_at, self.paused_until)

    def take(self, now: float) -> None:
        """Count a request that is sent now."""
        if self._pace is not None:
            self._is_binding = now - self.ready_at < 2 / self._pace.rate + SLACK
            self._pace.take(1, now)
            self._sent += 1
            self._recent.append(now)
        self._minute.add(now)

    def refused(self, *, sent_at: float, now: float, wait: float | None, in_flight: int) -> None:
        """Learn from a refusal; `wait` is what the server asked for, in seconds, and `in_flight` all that was sent."""
        self._share += (1 - self._share) / RECENTLY
        if wait is not None:
            self.paused_until = max(self.paused_until, now + wait)
        if self._pace is None:
            self._pace = Pace(max(FIRST, in_flight / 2))  # a guess; what is too much is halved quickly
        elif sent_at < self._begun_at:
            return
        elif self._accepted < EVIDENCE:
            self._halve(now)
        else:
            self._closed_at = math.inf
            self._good = max(LEAST, min(self._pace.rate, self._throughput(now)))
            self._peak = max(self._peak, self._good)
            self._pace.rate = max(self._floor, BELOW * self._good)
        self._begun_at = now
        self._accepted = self._sent = 0
        self._pace.next_at = max(self._pace.next_at, now + 1 / self._pace.rate)

    def _halve(self, now: float) -> None:
        assert self._pace is not None
        if self._accepted:
            self._closed_at = math.inf
            self._good = None if self._good is None else min(self._good, self._pace.rate)
        elif self._closed_at == math.inf:
            self._closed_at = now
        elif CLOSED < now - self._closed_at < math.inf:
            self._closed_at = -math.inf  # once each time
            self._good = max(LEAST, self._minute.count(now) / 60)
        self._pace.rate = max(self._floor, self._pace.rate / 2)

    @property
    def _floor(self) -> float:
        """How far a refusal lowers the rate at most: a few of them may have another reason than the rate."""
        return LEAST if self._share > TOLERATED else max(LEAST, FLOOR * self._peak)

    def _throughput(self, now: float) -> float:
        """Return how many requests a second were taken: lately, or since the last wave with the wait now asked for."""
        lately = (len(self._recent) - 1) / (now - self._recent[0])
        return max(lately, self._sent / (max(now, self.paused_until) - self._begun_at))

    def accepted(self, *, sent_at: float, now: float) -> None:
        """Learn from a request that was not refused."""
        self._share -= self._share / RECENTLY
        if self._pace is None or sent_at < self._begun_at:
            return
        self._accepted += 1
        if not self._is_binding:
            return
        rate, good = self._pace.rate, self._good
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
        self._pace.rate = grown


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
