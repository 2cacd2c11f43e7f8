"""How many requests the emulator lets through in a window of time."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..exchange.service_errors import ServiceError
from ..replies import Failure

__all__ = ["RateLimit", "RateWindow"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in a window of so many seconds, which begins with the first of them."""

    requests: int
    per_s: float = 60.0
    tells_wait: bool = True
    """Whether a refusal says how long to wait, as a header and in its body."""


class RateWindow:
    """The window that is open, and how many requests it has let through."""

    def __init__(self, limit: RateLimit | None) -> None:
        self.limit = limit
        self._begun, self._count = 0.0, 0

    def check(self) -> None:
        """Count a request, and raise the service's 429 where it is one too many."""
        limit = self.limit
        if limit is None:
            return
        now = time.time()
        if now >= self._begun + limit.per_s:
            self._begun, self._count = now, 0
        if self._count >= limit.requests:
            raise ServiceError(_too_many(limit, reset_at=self._begun + limit.per_s, now=now))
        self._count += 1


def _too_many(limit: RateLimit, *, reset_at: float, now: float) -> Failure:
    headers = {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(reset_at * 1000)),
    }
    return Failure(
        status=429,
        message=(
            f"Rate limit exceeded: limited to {limit.requests} requests per {limit.per_s:g} seconds."
            " Please retry shortly."
        ),
        retry_after=max(0.001, round(reset_at - now, 3)) if limit.tells_wait else None,
        error_type="rate_limit_exceeded",
        metadata={"headers": dict(headers), "provider_name": None} if limit.tells_wait else None,
        headers=headers if limit.tells_wait else {},
    )
