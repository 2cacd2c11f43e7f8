"""The scripted answers of the emulator: answers in order, a function, and faults for a share of the requests."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ..faults import Fault
from ..received import ReceivedRequest
from ..replies import Failure, Replying, Scripted, When

__all__ = ["Script"]


@dataclass(slots=True, eq=False)
class _Entry:
    answer: Scripted
    times: int | None
    model: str | None
    when: When | None

    def is_for(self, request: ReceivedRequest) -> bool:
        return (self.model is None or self.model in request.models) and (
            self.when is None or self.when(request)
        )


class Script:
    """The script of one emulator."""

    def __init__(self, seed: int) -> None:
        self.function: Replying | None = None
        """Chooses the answer where nothing is scripted."""
        self._lock = threading.Lock()
        self._answers: dict[str, list[_Entry]] = {}
        self.faults: tuple[float, Sequence[Fault | Failure]] = (0.0, ())
        """What befalls a share of the requests."""
        self._random = Random(seed)

    def add(
        self,
        path: str,
        answer: Scripted,
        times: int | None,
        *,
        model: str | None = None,
        when: When | None = None,
    ) -> None:
        """Put an answer at the end of those for a path; None: it is given from then on."""
        with self._lock:
            self._answers.setdefault(path, []).append(_Entry(answer, times, model, when))

    def next_answer(self, path: str, request: ReceivedRequest) -> Scripted | None:
        """Take the first answer for a path that is for this request."""
        with self._lock:
            entries = [*self._answers.get(path, [])]
        entry = next((each for each in entries if each.is_for(request)), None)
        if entry is None:
            return None
        with self._lock:
            if entry.times is not None:
                entry.times -= 1
                if not entry.times:
                    self._answers[path].remove(entry)
        return entry.answer

    @property
    def unused(self) -> int:
        """How many answers were not asked for; those that are given from then on do not count."""
        with self._lock:
            return sum(entry.times or 0 for queue in self._answers.values() for entry in queue)

    def next_fault(self) -> Fault | Failure | None:
        """Return what goes wrong with the next request, None for most."""
        share, faults = self.faults
        return self._random.choice(faults) if faults and self._random.random() < share else None
