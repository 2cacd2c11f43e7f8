"""The result of a batch, as a few lines of text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._sansio.money import format_usd

if TYPE_CHECKING:
    from .stats import BatchSummary

__all__ = ["duration", "report"]


def duration(seconds: float | None) -> str:
    """Return a time for people; `?` where it is not known."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def report(summary: BatchSummary) -> str:
    """Return what a batch did: items, cost, time, each model, each kind of failure."""
    return "\n".join(_lines(summary))


def _lines(summary: BatchSummary) -> Iterator[str]:
    parts = [f"{summary.done:,} answered"]
    if summary.resumed:
        parts.append(f"{summary.resumed:,} of them before")
    if summary.from_cache:
        parts.append(f"{summary.from_cache:,} from a cache")
    if summary.failed:
        parts.append(f"{summary.failed:,} failed")
    yield " · ".join([*parts, f"${format_usd(summary.cost)}", duration(summary.elapsed)])
    for name, total in sorted(summary.models.items()):
        yield (
            f"  {name or 'unknown model'}: {total.items:,} items, {total.prompt_tokens:,} +"
            f" {total.completion_tokens:,} tokens, ${format_usd(total.cost)}"
        )
    for name, count in sorted(summary.errors.items()):
        yield f"  {name}: {count:,} failed"
    if summary.byok_cost:
        yield f"  ${format_usd(summary.byok_cost)} more on keys of your own"
    if summary.unsettled:
        yield f"  {summary.unsettled:,} requests were cut off, and their cost is not known"
    if summary.asked_again:
        yield f"  {summary.asked_again:,} requests were repeated, for ${format_usd(summary.paid_again)} at most"
