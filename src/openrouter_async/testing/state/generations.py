"""The billed records of replies, as `/generation` returns them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from ..exchange.service_errors import refused
from .accounting import Usage
from .keys import iso_now

__all__ = ["Generation", "Generations"]


@dataclass(slots=True, kw_only=True)
class Generation:
    """The billed record of one reply."""

    id: str
    model: str
    provider: str
    usage: Usage
    cost: Decimal
    streamed: bool
    finish_reason: str | None
    cancelled: bool = False
    started_at: float = 0.0
    took_s: float = 0.0
    misses_left: int = 0
    """How often a lookup still fails."""
    created: str = ""
    key_digest: str = ""
    """Which key asked."""
    input: JsonValue = None
    byok_cost: Decimal | None = None
    """The provider's charge to a key of the account's own; None without one."""
    source_id: str | None = None
    """The generation whose answer the cache repeated."""
    output: JsonValue = None
    """Prompt and answer, as `/generation/content` returns them."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the record as `/generation` does."""
        cost = float(self.cost)
        took_ms = round(self.took_s * 1000)
        return {
            **dict.fromkeys(_UNSAID),
            "id": self.id,
            "request_id": f"req-{self.id.removeprefix('gen-')}",
            "api_type": "completions",
            "data_region": "global",
            "model": self.model,
            "provider_name": self.provider,
            "created_at": self.created,
            "streamed": self.streamed,
            "cancelled": self.cancelled,
            "finish_reason": self.finish_reason,
            "native_finish_reason": self.finish_reason,
            "tokens_prompt": self.usage.prompt,
            "tokens_completion": self.usage.completion,
            "native_tokens_prompt": self.usage.prompt,
            "native_tokens_completion": self.usage.completion,
            "native_tokens_reasoning": self.usage.reasoning,
            "native_tokens_cached": self.usage.cached,
            "total_cost": cost,
            "usage": cost,
            "upstream_inference_cost": cost if self.byok_cost is None else float(self.byok_cost),
            "is_byok": self.byok_cost is not None,
            "response_cache_source_id": self.source_id,
            "latency": took_ms,
            "generation_time": took_ms,
            "origin": "",
        }


_UNSAID = (
    "app_id", "cache_discount", "external_user", "http_referer", "moderation_latency",
    "native_tokens_completion_images", "num_fetches", "num_input_audio_prompt", "num_media_completion",
    "num_media_prompt", "num_search_results", "preset_id", "provider_responses", "router", "service_tier",
    "upstream_id", "user_agent", "web_search_engine", "workspace_id",
)  # fmt: skip
"""Fields of the service's record that the emulator leaves null."""


class Generations:
    """The generations of one emulator, by id."""

    def __init__(self, misses: int) -> None:
        self._misses = misses
        self._by_id: dict[str, Generation] = {}

    def add(self, generation: Generation) -> None:
        """Keep a generation as made now."""
        generation.misses_left = self._misses
        generation.created = iso_now()
        self._by_id[generation.id] = generation

    @property
    def all(self) -> list[Generation]:
        """Oldest first."""
        return list(self._by_id.values())

    def find(self, id: str | None) -> Generation:
        """Return a generation.

        Raises:
            ServiceError: 404, for an unknown generation, and for the first lookups of a new one, as with the service.
        """
        found = self._by_id.get(id or "")
        if found is not None and found.misses_left <= 0:
            return found
        if found is not None:
            found.misses_left -= 1
        raise refused(404, f"Generation {id} not found")
