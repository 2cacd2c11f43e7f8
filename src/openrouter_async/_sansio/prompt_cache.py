"""`PromptCaches`: whether a provider still has the prompt of a conversation cached that it had before. No I/O.

*Theory of operation.* The requests of one conversation, or of one run, grow: each begins with the one before. Once a
provider has cached so many tokens of it, the next request finds about as many. Where it finds fewer by more than a
twentieth, and by more than a cache's smallest prompt, they are paid for anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..hooks import CollapseReason, PromptCacheCollapse
from .cache_marks import prompt_of_body

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PromptCaches"]

LEAST_SHARE = 0.05
LEAST_TOKENS = 1024
"""Chosen: most providers cache no shorter prompt."""
IDLE_S = 300.0
"""Seconds; the shortest time for which a provider of today keeps a prompt that was used."""
MOST_KEPT = 1_000
"""Conversations; of older ones a collapse is not noticed."""
MOST_BYTES = 16 * 2**20
"""Of their last requests together."""


@dataclass(frozen=True, slots=True)
class _Mark:
    cached: int
    prompt: int
    provider: str | None
    content: bytes
    at: float


class PromptCaches:
    """The marks that the last request of each conversation left in a provider's cache."""

    def __init__(self) -> None:
        self._marks: OrderedDict[tuple[str, str | None], _Mark] = OrderedDict()
        self._bytes = 0

    def saw(
        self,
        conversation: str,
        model: str | None,
        provider: str | None,
        counts: Mapping[str, int],
        *,
        content: bytes,
        now: float,
    ) -> PromptCacheCollapse | None:
        """Return how far the cache of a conversation collapsed, if it did, and remember what is there now.

        Args:
            conversation: Its id; a conversation has one cache for each model.
            model: The one that answered.
            provider: Who served it.
            counts: Tokens, by what the conventions call them.
            content: The body of the request.
            now: In monotonic seconds.
        """
        if "cache_read.input_tokens" not in counts:
            return None  # nobody said anything of a cache
        read, prompt = counts["cache_read.input_tokens"], counts.get("input_tokens", 0)
        cached = read + counts.get("cache_write.input_tokens", 0)
        key = (conversation, model)
        before = self._marks.pop(key, None)
        self._marks[key] = _Mark(cached, prompt, provider, content, now)
        self._bytes += len(content) - (0 if before is None else len(before.content))
        while len(self._marks) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._marks) > 1):
            _, oldest = self._marks.popitem(last=False)
            self._bytes -= len(oldest.content)
        if before is None:
            return None
        missed = before.cached - read
        if missed < LEAST_TOKENS or missed <= LEAST_SHARE * before.cached:
            return None
        difference = _first_difference(before.content, content)
        reason: CollapseReason = "unknown"
        if provider != before.provider:
            reason = "provider_changed"
        elif difference is not None and difference < 1024:
            reason = "prompt_changed"
        elif prompt < before.prompt:
            reason = "prompt_shortened"
        elif difference is not None:
            reason = "prompt_changed"
        elif now - before.at > IDLE_S:
            reason = "idle"
        return PromptCacheCollapse(missed, before.cached, reason, difference)


def _first_difference(before: bytes, now: bytes) -> int | None:
    """Return the first byte of an earlier prompt that a later one does not repeat; None where it repeats all, or is the
    beginning of it."""
    one, other = prompt_of_body(before), prompt_of_body(now)
    least = min(len(one), len(other))
    if one[:least] == other[:least]:
        return None
    low, high = 0, least
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
