"""What the attributes of a span say of an answer: the names are those of the GenAI conventions v0.1.0, and ours."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from ..types.chat.reply_cache import reply_cache

if TYPE_CHECKING:
    from .._http.answer_facts import AnswerFacts
    from .._http.observers import Attempt
    from ..types.common import Usage
    from .request_attributes import Attributes
    from .settings import CostName

__all__ = ["answer_attributes", "cost_attributes", "counts_of", "usage_counts"]

_DETAILS = {
    "cache_read.input_tokens": ("prompt_tokens_details", "cached_tokens"),
    "cache_write.input_tokens": ("prompt_tokens_details", "cache_write_tokens"),
    "reasoning.output_tokens": ("completion_tokens_details", "reasoning_tokens"),
    "audio.input_tokens": ("prompt_tokens_details", "audio_tokens"),
    "video.input_tokens": ("prompt_tokens_details", "video_tokens"),
    "audio.output_tokens": ("completion_tokens_details", "audio_tokens"),
    "image.output_tokens": ("completion_tokens_details", "image_tokens"),
}


def usage_counts(facts: AnswerFacts, attempt: Attempt) -> dict[str, int]:
    """Return the tokens of a call, by its usage, or else by its charge."""
    if facts.usage is not None:
        return counts_of(facts.usage)
    charge = attempt.charge
    counts = {"input_tokens": charge.prompt_tokens, "output_tokens": charge.completion_tokens}
    return {name: count for name, count in counts.items() if count is not None}


def counts_of(usage: Usage) -> dict[str, int]:
    """Return tokens by what the conventions call them below `gen_ai.usage`; those that nobody said are left out."""
    counts = {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}
    for name, (group, field) in _DETAILS.items():
        counts[name] = getattr(getattr(usage, group), field, None)
    return {name: count for name, count in counts.items() if count is not None}


def answer_attributes(facts: AnswerFacts, attempt: Attempt, counts: dict[str, int]) -> Attributes:
    """Return what is known when a call is over, without any content."""
    attributes: Attributes = {f"gen_ai.usage.{name}": count for name, count in counts.items()}
    if "cache_write.input_tokens" in counts:  # the older spelling, which backends still read
        attributes["gen_ai.usage.cache_creation.input_tokens"] = counts["cache_write.input_tokens"]
    reasons = [*facts.finish_reasons]
    if attempt.is_streamed and attempt.outcome != "answered" and attempt.to_first_piece is not None:
        reasons = ["error"]  # as the conventions have it of a stream that ended early
    known = {
        "gen_ai.response.id": facts.id,
        "gen_ai.response.model": facts.model,
        "gen_ai.response.finish_reasons": reasons or None,
        "gen_ai.response.time_to_first_chunk": attempt.to_first_piece,
        "openrouter.provider.name": facts.provider,
        "openrouter.generation.id": attempt.generation_id or facts.id,
        "openrouter.service_tier": getattr(attempt.answer, "service_tier", None),
        "openrouter.attempts": attempt.number,
        "openrouter.recoveries": len(getattr(attempt.answer, "recoveries", ())) or None,
    }
    cache = reply_cache(attempt.headers)
    if cache is not None:
        known["openrouter.cache.status"] = "hit" if cache.is_hit else "miss"
        known["openrouter.cache.source_id"] = cache.source_id
    return attributes | {name: value for name, value in known.items() if value is not None}


def cost_attributes(cost: Decimal, names: Iterable[CostName]) -> Attributes:
    """Return a cost, in US dollars, as the provider said it."""
    attributes: Attributes = {}
    if "gen_ai" in names:
        attributes["gen_ai.usage.cost.amount"] = float(cost)
        attributes["gen_ai.usage.cost.currency"] = "USD"
        attributes["gen_ai.usage.cost.source"] = "provider"
    if "operation.cost" in names:
        attributes["operation.cost"] = float(cost)
    return attributes
