"""`ReplyCache`: whether a response came from a cache: the service's, by its headers, or one on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

__all__ = ["SOURCE_ID", "ReplyCache", "reply_cache"]

SOURCE_ID = "x-openrouter-cache-source-id"
"""The header that names the generation whose answer is given again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCache:
    """Whether an answer had been kept, and where."""

    is_hit: bool
    """Whether it had; such an answer costs nothing."""
    where: Literal["service", "local", "shared"] = "service"
    """In the service's response cache; in a `LocalCache`; or it is the answer to an equal call that was in flight."""
    age: float | None = None
    """Seconds since it was first given."""
    ttl: float | None = None
    """Seconds for which it is still kept, or is kept from now on."""
    source_id: str | None = None
    """The generation that it came from, which was charged then."""
    saved: Decimal | None = None
    """US dollars that it was charged then, where it was kept on this machine; None where that is not known."""


def reply_cache(headers: Mapping[str, str]) -> ReplyCache | None:
    """Return what headers, by lower-case name, say; None where they say nothing."""
    status = headers.get("x-openrouter-cache-status", "").strip().upper()
    if status not in ("HIT", "MISS"):
        return None
    return ReplyCache(
        is_hit=status == "HIT",
        age=_seconds(headers.get("x-openrouter-cache-age")),
        ttl=_seconds(headers.get("x-openrouter-cache-ttl")),
        source_id=headers.get(SOURCE_ID) or None,
    )


def _seconds(text: str | None) -> float | None:
    return (
        float(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 12 else None
    )
