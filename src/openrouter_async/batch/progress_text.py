"""The progress of a batch in words: as one line, or broken between two facts, so it fits the narrowest terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._sansio.money import format_usd
from .report import duration

if TYPE_CHECKING:
    from .stats import BatchProgress

__all__ = ["broken", "progress_facts", "progress_line"]

BETWEEN = " · "


def progress_facts(progress: BatchProgress) -> list[str]:
    """Return the progress in words, which say when limits delay the batch."""
    of = "" if progress.total is None else f" of {progress.total:,}"
    facts = [f"{progress.done + progress.failed:,}{of}", f"${format_usd(progress.cost)}"]
    if progress.failed:
        facts.append(f"{progress.failed:,} failed")
    if progress.rate:
        facts.append(f"{progress.rate:.1f}/s")
    if progress.time_left is not None:
        facts.append(f"{duration(progress.time_left)} left")
    elif progress.total is None:
        facts.append(duration(progress.elapsed))
    if progress.waiting:
        facts.append(f"limits hold back {progress.waiting:,} of {progress.in_flight:,}")
    elif progress.in_flight:
        facts.append(f"{progress.in_flight:,} in flight")
    return facts


def progress_line(progress: BatchProgress) -> str:
    """Return the same as one line."""
    return BETWEEN.join(progress_facts(progress))


def broken(facts: Iterable[str], width: int) -> list[str]:
    """Return facts as lines of at most so many columns, as far as each fits one."""
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]}{BETWEEN}{fact}" if lines else fact
        if lines and len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines
