"""The times of a ledger: one that never goes back, by which leases end, and the date, by which budgets begin again.

*Theory of operation.* The clock of a machine may be set back. A small step is waited for: the time stands still until
the clock has caught up. After a larger one the time goes on from where it was, at the pace of the clock, and the date
is what the clock says. What a budget has spent is kept for each day, week and month, so a date that comes again,
after the clock went back or ahead by mistake, finds what was spent on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .steps import Every

__all__ = ["Time", "count", "spent_in", "window_of"]

SMALL_S = 60.0
"""Seconds by which the clock goes back and is waited for; chosen: more than those of several machines differ."""

KEPT = 40
"""Days, weeks and months whose spending is kept, those that were counted in last; chosen: some 1,500 characters."""

_EVERY: tuple[Every | None, ...] = (None, "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Time:
    """A moment of a ledger, in seconds since 1970."""

    now: float = 0.0
    """Never earlier than that of the moment before."""
    date: float = 0.0
    """What the clock says."""

    def at(self, clock: float) -> Time:
        """Return the next moment, at which the clock says this."""
        if self.date - SMALL_S <= clock < self.date:
            return self
        return Time(self.now + max(0.0, clock - self.date), clock)


def window_of(every: Every | None, date: float) -> str:
    """Return the name of the day, week or month that a time is in; empty for a budget that never begins again."""
    at = datetime.fromtimestamp(date, UTC)
    match every:
        case "day":
            return at.strftime("%Y-%m-%d")
        case "week":
            return at.strftime("%G-W%V")
        case "month":
            return at.strftime("%Y-%m")
        case None:
            return ""


def spent_in(spent: Mapping[str, int], every: Every | None, date: float) -> int:
    """Return what was spent in the day, week or month of a date."""
    return spent.get(window_of(every, date), 0)


def count(spent: dict[str, int], cost: int, date: float) -> None:
    """Add a cost to the day, the week and the month of a date, and to all; the oldest are forgotten."""
    for window in (window_of(every, date) for every in _EVERY):
        spent[window] = spent.pop(window, 0) + cost
    for window in [*spent][:-KEPT]:
        del spent[window]
