"""`RefusalNoise`: the share of requests that is refused at any rate, because some provider has no capacity. Pure.

It is measured on requests sent clearly below a rate at which others were accepted, since such a rate is not the
reason for their refusal. A share up to that is not evidence of a limit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

__all__ = ["LIMIT", "RefusalNoise"]

# Chosen, as those of `rate_limit`, and held by the same simulated servers.

LIMIT = 0.25
"""The most that is ever put down to chance."""
ENOUGH = 6
"""Refusals of slow requests from which their share is believed."""
MEMORY = 200
"""Requests over which the share of all refusals is measured."""
FORGOTTEN = 5_000
"""Slow requests after which half of the history is forgotten."""
MANY = 200
"""Refusals of slow requests after which it is, too."""


class RefusalNoise:
    """Compares the refusals of all requests with those of slow ones."""

    __slots__ = ("_share", "_since", "_until", "refused_slow", "sent_slow")

    def __init__(self) -> None:
        self._share = 0.0
        """Of the last requests, those without an answer being taken as accepted."""
        self.sent_slow = 0.0
        self.refused_slow = 0.0
        self._since = self._until = -math.inf
        """When the slow requests that are still to be examined were sent."""

    @property
    def expected(self) -> float:
        """The share by chance; two standard deviations more than was seen, for too high costs less than too low."""
        if self.refused_slow < ENOUGH:
            return 0.0
        return min(LIMIT, (self.refused_slow + 2 * math.sqrt(self.refused_slow)) / self.sent_slow)

    @property
    def explains_all(self) -> bool:
        """Whether no more is refused than by chance: at most three standard deviations above it."""
        expected = self.expected
        return self._share <= expected + 3 * math.sqrt(expected / (2 * MEMORY))

    def sent(self, now: float, *, is_slow: bool) -> None:
        """Count a request; `is_slow` where it is sent clearly below the good rate."""
        self._share -= self._share / MEMORY
        if not is_slow:
            self._until = min(self._until, now)
            return
        if self._until < now:
            self._since = now
        self._until = math.inf
        self.sent_slow += 1
        if self.sent_slow > FORGOTTEN or self.refused_slow > MANY:
            self.sent_slow /= 2
            self.refused_slow /= 2

    def refused(self, sent_at: float, now: float, *, sent_since: int) -> None:
        """Count a refusal, after whose request so many more were sent."""
        self._share = min(1.0, self._share + 1 / MEMORY)
        if self._since <= sent_at < self._until:
            # Refusals that come together have one reason: those behind it say nothing more, neither way.
            self._since = now
            self.refused_slow += 1
            self.sent_slow = max(1.0, self.sent_slow - sent_since)

    def forget(self, now: float) -> None:
        """Drop what was seen: there were too many requests, although that was not known."""
        self.sent_slow = self.refused_slow = 0.0
        self._since = now

    def dump(self) -> list[float]:
        """Return all that it knows, as numbers; `load` reads it."""
        return [self._share, self.sent_slow, self.refused_slow, self._since, self._until]

    @classmethod
    def load(cls, dumped: list[float]) -> Self:
        """Return one that knows what another knew."""
        noise = cls()
        noise._share, noise.sent_slow, noise.refused_slow, noise._since, noise._until = dumped
        return noise
