"""`total_usage`: what several replies used and cost together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from .common import Usage

__all__ = ["total_usage"]


def total_usage(usages: Iterable[Usage | None]) -> Usage:
    """Return the sum of what is given, details included; a count that none of them has stays None.

    A reply without usage, or without a cost, adds nothing: the sum is then what is known of the whole.
    """
    total: dict[str, object] = {}
    for usage in usages:
        if usage is not None:
            _add(total, usage.model_dump(exclude_none=True))
    return Usage.model_validate(total)


def _add(total: dict[str, object], part: Mapping[str, object]) -> None:
    for name, value in part.items():
        known = total.get(name)
        if isinstance(value, Mapping):
            inner = dict(known) if isinstance(known, Mapping) else {}
            _add(inner, value)
            total[name] = inner
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            number = Decimal(str(value)) if isinstance(value, float) else value
            total[name] = known + number if isinstance(known, int | Decimal) else number
