"""What replies used and cost: `total_usage` of several, and `usages_of` a call that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ..errors import OpenRouterError
from .common import Usage

__all__ = ["total_usage", "usages_of"]


def total_usage(usages: Iterable[Usage | None]) -> Usage:
    """Return the sum of what is given, details included; a count that none of them has stays None.

    A reply without usage, or without a cost, adds nothing: the sum is then what is known of the whole. What a provider
    charged counts for those with your own key there, so that `paid` of the sum is the sum of what each was `paid`.
    """
    given = [usage for usage in usages if usage is not None]
    if len(given) == 1:
        return given[0]
    total: dict[str, object] = {}
    for usage in given:
        part = usage.model_dump(exclude_none=True)
        if not usage.is_byok:
            part.get("cost_details", {}).pop("upstream_inference_cost", None)
        _add(total, part)
    if any(usage.is_byok is not None for usage in given):
        total["is_byok"] = any(usage.is_byok for usage in given)
    return Usage.model_validate(total)


def usages_of(error: OpenRouterError) -> tuple[Usage | None, ...]:
    """Return what each request of the failed call used that was charged for; None where that is not known."""
    return tuple(usage if isinstance(usage, Usage) else None for usage in error.billed)


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
