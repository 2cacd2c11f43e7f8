"""Everything one emulator remembers, by subject: money, rate, script, generations, requests, problems.

*Theory of operation.* The server's own thread changes it, one request at a time. Requests and script, which the caller
reads or changes from any other, have a lock, never held while something waits. What is handed out is a copy, or an
reads or changes from any other, have a lock, which no wait ever keeps. Its results are copies, or an
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

from ..received import ReceivedRequest
from .generations import Generations
from .keys import EmulatedKey
from .ledger import Ledger
from .rate_limit import RateLimit, RateWindow
from .script import Script

__all__ = ["State"]

_KEPT_REQUESTS = 10_000
"""Chosen: a long test's worth, and some 100 MB at the size of usual prompts."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class State:
    """The memory of one emulator, since its start or its last reset."""

    def __init__(
        self,
        keys: Iterable[EmulatedKey],
        *,
        credits: Decimal,
        rate_limit: RateLimit | None = None,
        seed: int = 0,
        misses: int = 1,
    ) -> None:
        self.ledger = Ledger(keys, credits)
        self.rate = RateWindow(rate_limit)
        self.script = Script(seed)
        self.generations = Generations(misses)
        self.problems: list[Exception] = []
        """Exceptions of the caller's own code, or of ours, for whoever ends the emulator."""
        self._seed = seed
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._requests: deque[ReceivedRequest] = deque(maxlen=_KEPT_REQUESTS)

    def arrived(self, request: ReceivedRequest) -> None:
        """Keep a request; the oldest is forgotten where there are too many."""
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that arrived, oldest first."""
        with self._lock:
            return list(self._requests)

    def new_id(self, prefix: str) -> str:
        """Return an id like those of the service; the n-th is the same for the same seed."""
        random = Random(f"{self._seed} {prefix} {next(self._numbers)}")
        return f"{prefix}{''.join(random.choices(_ALPHABET, k=20))}"

    def call_ids(self) -> Iterator[str]:
        """Yield endless ids for calls of tools."""
        while True:
            yield self.new_id("call_")
