"""What the emulator was told to answer: answers in order, a function, and faults for a share of the requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import TypeAlias

from ..faults import Fault
from ..replies import Failure, Replying, Scripted

__all__ = ["InjectedFault", "Script"]

InjectedFault: TypeAlias = Fault | Failure


class Script:
    """The script of one emulator."""

    def __init__(self, seed: int) -> None:
        self.function: Replying | None = None
        """Chooses the answer where nothing is scripted."""
        self._lock = threading.Lock()
        self._answers: dict[str, deque[tuple[Scripted, int | None]]] = {}
        self._faults: tuple[float, tuple[InjectedFault, ...]] = (0.0, ())
        self._random = Random(seed)

    def add(self, path: str, answer: Scripted, times: int | None) -> None:
        """Put an answer at the end of those for a path; None: it is given from then on."""
        with self._lock:
            self._answers.setdefault(path, deque()).append((answer, times))

    def next_answer(self, path: str) -> Scripted | None:
        """Take the next answer for a path."""
        with self._lock:
            queue = self._answers.get(path)
            if not queue:
                return None
            answer, times = queue[0]
            if times == 1:
                queue.popleft()
            elif times is not None:
                queue[0] = (answer, times - 1)
            return answer

    @property
    def unused(self) -> int:
        """How many answers were not asked for; those that are given from then on do not count."""
        with self._lock:
            return sum(times or 0 for queue in self._answers.values() for _, times in queue)

    def inject_faults(self, share: float, faults: Sequence[InjectedFault]) -> None:
        with self._lock:
            self._faults = (share, tuple(faults))

    def next_fault(self) -> InjectedFault | None:
        """Return what goes wrong with the next request, None for most."""
        with self._lock:
            share, faults = self._faults
            if not faults or self._random.random() >= share:
                return None
            return self._random.choice(faults)
