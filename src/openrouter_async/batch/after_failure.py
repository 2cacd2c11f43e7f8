"""Whether a failed item is sent again, given up, or ends the batch. Pure: the random number is an argument."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import (
    APIStatusError,
    AuthenticationError,
    BudgetExceeded,
    InsufficientCredits,
    OpenRouterError,
    RateLimited,
    SpendingLimitExceeded,
)

if TYPE_CHECKING:
    from .settings import BatchSettings

__all__ = ["Abort", "GiveUp", "Retry", "after_failure"]

HOPELESS = (AuthenticationError, InsufficientCredits, SpendingLimitExceeded, BudgetExceeded)
"""No other item would fare better; the last is of a `client.track` around the batch."""

BASE = 2.0
"""Seconds; the i-th wait is between half of `BASE * 2**i` and the whole. Chosen: the client has tried before."""
CAP = 60.0
"""Seconds; the longest wait that the service did not ask for. Chosen: its limits are by the minute."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again after so many seconds."""

    wait: float
    model: str | None = None
    """Another model to ask; None: the same."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The item failed."""


@dataclass(frozen=True, slots=True)
class Abort:
    """No further item can succeed now; this one is undone."""


def after_failure(
    error: OpenRouterError,
    *,
    attempt: int,
    tried: Collection[str | None],
    settings: BatchSettings,
    longest_wait: float,
    random: float,
) -> Retry | GiveUp | Abort:
    """Decide what follows the failure of an item.

    `tried` are the models it was asked of; `longest_wait` is how many seconds the service may ask the client to wait.
    """
    if isinstance(error, HOPELESS):
        return Abort()
    if isinstance(error, RateLimited) and (error.retry_after or 0.0) > longest_wait:
        return Abort()
    if settings.fallback and isinstance(error, APIStatusError) and error.availability is not None:
        for model in error.availability.fallback_models:
            if model not in tried:
                return Retry(0.0, model)
    if not isinstance(error, settings.retry_on) or attempt >= settings.attempts:
        return GiveUp()
    backoff = min(CAP, BASE * 2.0 ** min(attempt - 1, 16))
    return Retry(max(error.retry_after or 0.0, backoff * (1 + random) / 2))
