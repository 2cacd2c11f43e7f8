"""What the emulator was told to answer: answers in order, a function, and faults for a share of the requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from random import Random

from ..faults import Fault
from ..replies import Failure, Replying, Scripted

__all__ = ["Script"]


class Script:
    """The script of one emulator."""

    def __init__(self, seed: int) -> None:
        self.function: Replying | None = None
        """Chooses the answer where nothing is scripted."""
        self._lock = threading.Lock()
        self._answers: dict[str, deque[tuple[Scripted, int | None]]] = {}
        self.faults: tuple[float, Sequence[Fault | Failure]] = (0.0, ())
        """What befalls a share of the requests."""
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

    def next_fault(self) -> Fault | Failure | None:
        """Return what goes wrong with the next request, None for most."""
        share, faults = self.faults
        return self._random.choice(faults) if faults and self._random.random() < share else None
