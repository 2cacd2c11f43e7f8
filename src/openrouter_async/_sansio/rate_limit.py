"""How fast to send: `Pace` keeps to a rate that is known, `LearnedRate` finds out what a server allows.

Theory of operation of `LearnedRate`. Before the first refusal nothing is held back. A refusal begins a *wave*: requests that
were sent before it and are refused too say nothing new. The first refusal of each wave lowers the rate; every acceptance
raises it, as long as the rate is what holds requests back.

```
refused, and few were accepted since the last wave    half the rate
refused, after many                                   a little below what was accepted a second: the good rate
accepted, far below the good rate                     quickly back towards it
accepted, near the good rate                          a twentieth in some hundred requests, so that probing costs few refusals
accepted, above the good rate                         faster and faster: the server allows more than before
```

A wait that the server asks for counts into the time in which it accepted so many: a server that counts by the minute
accepts sixty at once and then nothing, which is one a second.

No clock here: `now` is a monotonic time in seconds, and an argument.
"""

from __future__ import annotations

import math

__all__ = ["LearnedRate", "Pace"]

SLACK = 0.05
"""Seconds by which a sender that woke late may be ahead of its pace, so that late timers do not add up."""

LEAST = 0.05
"""Requests a second: the slowest that a rate is learned to be."""
EVIDENCE = 10
"""Acceptances after which a refusal is taken as the edge of a good rate, and not as a sign to halve it."""
BELOW = 0.97
"""Where to go on after a refusal, as a share of the good rate."""
NEAR = 0.9
"""From which share of the good rate on it is approached with care."""
STEP = 0.05
"""The share by which the rate grows in `CYCLE` acceptances near the good rate."""
CYCLE = 300
LEAST_WINDOW = 8
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

    __slots__ = ("_accepted", "_begun_at", "_good", "_is_binding", "_pace", "_sent", "paused_until")

    def __init__(self) -> None:
        self.paused_until = -math.inf
        """Until when the server asked to wait."""
        self._pace: Pace | None = None
        self._good: float | None = None
        self._begun_at = -math.inf
        self._accepted = 0
        self._sent = 0
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

    def refused(self, *, sent_at: float, now: float, wait: float | None, in_flight: int) -> None:
        """Learn from a refusal; `wait` is what the server asked for, in seconds, and `in_flight` all that was sent."""
        if wait is not None:
            self.paused_until = max(self.paused_until, now + wait)
        if self._pace is None:
            self._pace = Pace(max(1.0, in_flight))  # a guess, and rather too much: it is halved quickly
        elif sent_at < self._begun_at:
            return
        elif self._accepted < EVIDENCE:
            self._good = None if self._good is None else min(self._good, self._pace.rate)
            self._pace.rate = max(LEAST, self._pace.rate / 2)
        else:
            lasted = max(now, self.paused_until) - self._begun_at
            self._good = max(LEAST, min(self._pace.rate, self._sent / lasted))
            self._pace.rate = BELOW * self._good
        self._begun_at = now
        self._accepted = self._sent = 0
        self._pace.next_at = max(self._pace.next_at, now + 1 / self._pace.rate)

    def accepted(self, *, sent_at: float, now: float) -> None:
        """Learn from a request that was not refused."""
        if self._pace is None or sent_at < self._begun_at:
            return
        self._accepted += 1
        if not self._is_binding:
            return
        rate, good = self._pace.rate, self._good
        window = max(LEAST_WINDOW, rate * (now - sent_at))  # as many answers come in a round trip
        quickly = rate * QUICK / window
        if good is None:
            grown = rate + quickly
        elif rate < NEAR * good:
            grown = min(rate + quickly, NEAR * good)
        else:
            beyond = max(0.0, rate / good - 1 - STEP) / STEP
            grown = rate + min(quickly, good * STEP * (1 + beyond) ** 2 / max(CYCLE, window))
        self._pace.rate = grown
