"""Everything one emulator remembers, by subject: money, rate, script, generations, requests, problems.

*Theory of operation.* The server reads and changes it from its own thread, the caller from any other, so each method of
each part holds the part's lock for as long as it takes, and never while it waits. What is handed out is a copy, or an
object of which single fields change (`ReceivedRequest`).
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from ..received import ReceivedRequest
from .generations import Generations
from .keys import EmulatedKey
from .ledger import Ledger
from .rate_limit import RateLimit, RateWindow
from .script import Script

__all__ = ["Beginning", "State"]

_KEPT_REQUESTS = 10_000
"""Chosen: a long test's worth, and some 100 MB at the size of usual prompts."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What an emulator begins with, and begins with again after a reset."""

    keys: tuple[EmulatedKey, ...]
    credits: Decimal
    rate_limit: RateLimit | None = None
    seed: int = 0
    misses: int = 1
    """How many lookups of a new generation fail."""


class State:
    """What one emulator remembers."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, and begin again as at the start."""
        begun = self._beginning
        with self._lock:
            self.ledger = Ledger(begun.keys, begun.credits)
            self.rate = RateWindow(begun.rate_limit)
            self.script = Script(begun.seed)
            self.generations = Generations(begun.misses)
            self.problems: list[Exception] = []
            self._requests: deque[ReceivedRequest] = deque(maxlen=_KEPT_REQUESTS)
            self._numbers = itertools.count(1)

    def arrived(self, request: ReceivedRequest) -> None:
        """Keep a request; the oldest is forgotten where there are too many."""
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What arrived, oldest first."""
        with self._lock:
            return list(self._requests)

    def record_problem(self, problem: Exception) -> None:
        """Keep an exception of the caller's own code, or of ours, for whoever ends the emulator."""
        with self._lock:
            self.problems.append(problem)

    def new_id(self, prefix: str) -> str:
        """Return an id like those of the service; the n-th is the same for the same seed."""
        with self._lock:
            random = Random(f"{self._beginning.seed} {prefix} {next(self._numbers)}")
        return f"{prefix}{''.join(random.choices(_ALPHABET, k=20))}"

    def call_ids(self) -> Iterator[str]:
        """Return ids for calls of tools, without end."""
        while True:
            yield self.new_id("call_")
