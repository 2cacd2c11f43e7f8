"""`Pace`: the rate of one model, as all processes of a ledger keep it. Pure.

Refusals teach it, and a `Rate` limits it, as in one process (`_sansio/rate_limit.py`).
The state is text between two steps, so an engine stores it without knowing what is in it.

A request gets a time, at most `AHEAD` from now. A process sleeps until its time: it need not be the
first to wake when the next request is due, and the time that a step takes does not slow the pace.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .._sansio.rate_limit import AdaptiveRate, Pacer

if TYPE_CHECKING:
    from typing import Self

    from .state import HoldRow

__all__ = ["AHEAD", "Pace"]

AHEAD = 0.05
"""Seconds. Chosen: several steps of a busy ledger; a request with a time just before a pause is still sent."""


class Pace:
    """The pace of one model, and when its next request may be sent."""

    def __init__(self) -> None:
        self._learned: AdaptiveRate | None = None
        self._given: dict[str, tuple[Pacer, float]] = {}
        """By what was given, such as `rpm=600`; with the tokens of an answer, as an average of the last ones."""

    @property
    def is_learned(self) -> bool:
        """Whether refusals have shown something."""
        return self._learned is not None

    @property
    def rate(self) -> float | None:
        """Requests a second that are let through; None before there were too many."""
        return None if self._learned is None else self._learned.rate

    def ready_at(self, rpm: float | None, tpm: float | None) -> float:
        """Return when the next request may be sent."""
        pacers = [self._of("rpm", rpm), self._of("tpm", tpm)]
        times = [pacer.next_at for pacer in pacers if pacer is not None]
        if self._learned is not None:
            times.append(self._learned.ready_at)
        return max(times, default=float("-inf"))

    def take(self, at: float, *, rpm: float | None, tpm: float | None, tokens: float) -> None:
        """Count a request that is sent then."""
        if self._learned is not None:
            self._learned.take(at)
        if (requests := self._of("rpm", rpm)) is not None:
            requests.take(1, at)
        if (of_tokens := self._of("tpm", tpm)) is not None:
            of_tokens.take(tokens + self._given[f"tpm={tpm}"][1], at)

    def learn(
        self,
        hold: HoldRow,
        outcome: str,
        *,
        now: float,
        wait: float | None,
        in_flight: int,
        tokens: int | None,
    ) -> bool:
        """Learn from the end of a request; return whether anything has changed."""
        of_tokens = self._given.get(f"tpm={hold.tpm}")
        if of_tokens is not None and tokens is not None and hold.tpm is not None:
            pacer, answer = of_tokens
            more = tokens - hold.tokens - answer
            pacer.correct(more)
            self._given[f"tpm={hold.tpm}"] = pacer, max(0.0, answer + 0.1 * more)
        if outcome == "refused":
            self._learned = self._learned or AdaptiveRate()
            self._learned.refused(sent_at=hold.at, now=now, wait=wait, in_flight=in_flight)
        elif outcome == "away" and wait is not None:
            self._learned = self._learned or AdaptiveRate()
            self._learned.mark_unavailable(now=now, wait=wait)
        elif outcome == "accepted" and self._learned is not None:
            self._learned.accepted(sent_at=hold.at, now=now)
        else:
            return of_tokens is not None
        return True

    def _of(self, name: str, per_minute: float | None) -> Pacer | None:
        if per_minute is None:
            return None
        given = self._given.setdefault(f"{name}={per_minute}", (Pacer(per_minute / 60), 0.0))
        return given[0]

    def dump(self) -> str:
        """Return all that it knows, as text; `load` reads it."""
        given = {name: (pacer.rate, pacer.next_at, answer) for name, (pacer, answer) in self._given.items()}
        return json.dumps([None if self._learned is None else self._learned.dump(), given])

    @classmethod
    def load(cls, dumped: str | None) -> Self:
        """Return one that knows what another knew; None: nothing."""
        pace = cls()
        if dumped is not None:
            learned, given = json.loads(dumped)
            pace._learned = None if learned is None else AdaptiveRate.load(learned)
            for name, (rate, next_at, answer) in given.items():
                pacer = Pacer(rate)
                pacer.next_at = next_at
                pace._given[name] = pacer, answer
        return pace
