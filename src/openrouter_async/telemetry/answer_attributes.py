"""Attributes of spans that describe an answer; the names are those of the GenAI conventions v0.1.0, and ours."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from ..types.reply_cache import reply_cache

if TYPE_CHECKING:
    from .._http.answer_facts import AnswerFacts
    from .._http.observers import Attempt
    from .._sansio.charges import Charge
    from ..types.common import Usage
    from .request_attributes import Attributes
    from .settings import CostName

__all__ = ["answer_attributes", "cost_attributes", "counts_of", "usage_counts"]

_INPUT_DETAILS = {
    "cached_tokens": "cache_read.input_tokens",
    "cache_write_tokens": "cache_write.input_tokens",
    "audio_tokens": "audio.input_tokens",
    "video_tokens": "video.input_tokens",
}
_OUTPUT_DETAILS = {
    "reasoning_tokens": "reasoning.output_tokens",
    "audio_tokens": "audio.output_tokens",
    "image_tokens": "image.output_tokens",
}

_ALSO_ZERO = {"cache_read.input_tokens", "cache_write.input_tokens", "reasoning.output_tokens"}
"""Of the others 0 is left out: most calls have neither sound nor pictures."""

_USAGE = {
    name: f"gen_ai.usage.{name}"
    for name in ("input_tokens", "output_tokens", *_INPUT_DETAILS.values(), *_OUTPUT_DETAILS.values())
} | {"video.input_tokens": "openrouter.usage.video.input_tokens"}  # the conventions have no name for it


def usage_counts(facts: AnswerFacts, charge: Charge) -> dict[str, int]:
    """Return the tokens of a call, by its usage, or else by its charge, which every dialect has."""
    counts = {} if facts.usage is None else counts_of(facts.usage)
    if "input_tokens" not in counts and charge.prompt_tokens is not None:
        counts["input_tokens"] = charge.prompt_tokens
    if "output_tokens" not in counts and charge.completion_tokens is not None:
        counts["output_tokens"] = charge.completion_tokens
    return counts


def counts_of(usage: Usage) -> dict[str, int]:
    """Return tokens by what the conventions call them below `gen_ai.usage`; those that nobody said are left out."""
    counts: dict[str, int] = {}
    if usage.prompt_tokens is not None:
        counts["input_tokens"] = usage.prompt_tokens
    if usage.completion_tokens is not None:
        counts["output_tokens"] = usage.completion_tokens
    for details, names in (
        (usage.prompt_tokens_details, _INPUT_DETAILS),
        (usage.completion_tokens_details, _OUTPUT_DETAILS),
    ):
        if details is not None:
            for field, name in names.items():
                count = getattr(details, field, None)
                if count or (count is not None and name in _ALSO_ZERO):
                    counts[name] = count
    return counts


def answer_attributes(facts: AnswerFacts, attempt: Attempt, counts: dict[str, int]) -> Attributes:
    """Return what is known when a call is over, without any content."""
    told: Attributes = {"openrouter.attempts": attempt.number}
    for name, count in counts.items():
        told[_USAGE[name]] = count
    if "cache_write.input_tokens" in counts:  # the older spelling, which backends still read
        told["gen_ai.usage.cache_creation.input_tokens"] = counts["cache_write.input_tokens"]
    if facts.id is not None:
        told["gen_ai.response.id"] = facts.id
        told["openrouter.generation.id"] = facts.id
    if facts.model is not None:
        told["gen_ai.response.model"] = facts.model
    if facts.provider is not None:
        told["openrouter.provider.name"] = facts.provider
    if attempt.to_first_piece is not None:
        told["gen_ai.response.time_to_first_chunk"] = attempt.to_first_piece
        if attempt.is_streamed and attempt.outcome != "answered":
            told["gen_ai.response.finish_reasons"] = [
                "error"
            ]  # as the conventions have it of a stream cut short
    if facts.finish_reasons and "gen_ai.response.finish_reasons" not in told:
        told["gen_ai.response.finish_reasons"] = [*facts.finish_reasons]
    tier = getattr(attempt.answer, "service_tier", None)
    if tier is not None:
        told["openrouter.service_tier"] = tier
    if attempt.is_streamed and (recoveries := getattr(attempt.answer, "recoveries", ())):
        told["openrouter.recoveries"] = len(recoveries)
    cache = reply_cache(attempt.headers)
    if cache is not None:
        told["openrouter.cache.status"] = "hit" if cache.is_hit else "miss"
        if cache.source_id is not None:
            told["openrouter.cache.source_id"] = cache.source_id
    return told


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
