"""Answers kept for requests that ask for it by header: `X-OpenRouter-Cache: true`.

The cache stores replies, not their bytes: a repeated reply has an id and a time of its own, and costs nothing. Two
requests are equal if their key, operation and body are, with the properties in the same order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..exchange.responses import encode
from ..received import ReceivedRequest
from ..replies import Reply
from ..state.keys import EmulatedKey

__all__ = ["CacheUse", "Kept", "ResponseCache", "headers_of"]

_TTL_S, _LONGEST_TTL_S = 300, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """The cache settings of a request."""

    digest: str
    ttl_s: int
    clears: bool

    @classmethod
    def of(cls, request: ReceivedRequest, key: EmulatedKey) -> CacheUse | None:
        """Return what the headers ask for; None where caching is off."""
        headers = request.headers
        if headers.get("x-openrouter-cache", "").lower() != "true":
            return None
        asked = re.match(r"\d{1,9}", headers.get("x-openrouter-cache-ttl", ""))
        ttl_s = min(max(int(asked[0]), 1), _LONGEST_TTL_S) if asked else _TTL_S
        text = f"{key.digest} {request.path} {encode(request.body)}"
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        clears = headers.get("x-openrouter-cache-clear", "").lower() == "true"
        return cls(digest=digest, ttl_s=ttl_s, clears=clears)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply in the cache; None stands for one that is made anew from the request, as vectors are."""

    reply: Reply | None
    id: str
    since: float
    until: float

    def headers(self, now: float) -> dict[str, str]:
        """Return the headers of an answer from the cache."""
        return {
            "x-openrouter-cache-status": "HIT",
            "x-openrouter-cache-age": str(int(now - self.since)),
            "x-openrouter-cache-ttl": str(int(self.until - now)),
            "x-openrouter-cache-source-id": self.id,
        }


class ResponseCache:
    """The replies that are kept."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def get(self, use: CacheUse | None, now: float) -> Kept | None:
        """Return what is kept for a request at this time."""
        if use is None:
            return None
        if use.clears:
            self._kept.pop(use.digest, None)
        found = self._kept.get(use.digest)
        return found if found is not None and found.since <= now < found.until else None

    def put(self, use: CacheUse | None, reply: Reply | None, id: str, now: float) -> None:
        """Keep a reply from then on, if its request asked for that."""
        if use is not None:
            self._kept[use.digest] = Kept(reply, id, now, now + use.ttl_s)


def headers_of(use: CacheUse | None, kept: Kept | None, now: float) -> Mapping[str, str]:
    """Return the cache headers of an answer; none if its request did not ask."""
    if use is None:
        return {}
    if kept is not None:
        return kept.headers(now)
    return {"x-openrouter-cache-status": "MISS", "x-openrouter-cache-ttl": str(use.ttl_s)}
