"""The cost of a reply: the counted tokens times the prices of the list, exact until it becomes a JSON number.

Not modelled: prices by the time of day, discounts, and the free allowance of a provider key of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from ..json_values import objects_in
from .billing import NO_EXTRAS, Extras
from .models import ListedModel

__all__ = ["Usage", "usage_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The counted tokens of one reply."""

    prompt: int
    completion: int
    """With those of the reasoning."""
    reasoning: int = 0
    cached: int = 0
    """Tokens of the prompt that were read from the provider's cache."""
    cache_written: int = 0

    def input_cost(self, model: ListedModel) -> Decimal:
        """Return US dollars for the prompt, and for the request itself."""
        price = _price(model, "prompt", self.prompt)
        read = model.price("input_cache_read")
        write = model.price("input_cache_write")
        plain = self.prompt - self.cached - self.cache_written
        return (
            plain * price
            + self.cached * (price if read is None else read)
            + self.cache_written * (price if write is None else write)
            + (model.price("request") or Decimal(0))
        )

    def output_cost(self, model: ListedModel) -> Decimal:
        """Return US dollars for what the model wrote."""
        return self.completion * _price(model, "completion", self.prompt)

    def cost(self, model: ListedModel) -> Decimal:
        """Return US dollars for all of it."""
        return self.input_cost(model) + self.output_cost(model)


def usage_json(
    usage: Usage, model: ListedModel, over: Mapping[str, JsonValue], extras: Extras = NO_EXTRAS
) -> dict[str, JsonValue]:
    """Return the usage as the service reports it, with the fields of `over` in place of its own."""
    into, out = usage.input_cost(model) * extras.factor, usage.output_cost(model) * extras.factor
    more: dict[str, JsonValue] = {}
    if extras.searches:
        more["server_tool_use_details"] = {"web_search_requests": extras.searches}
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "cost": float(into + out + extras.cost),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.cache_written,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": float(into + out),
            "upstream_inference_prompt_cost": float(into),
            "upstream_inference_completions_cost": float(out),
            **({"server_tool_cost": float(extras.cost)} if extras.cost else {}),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "image_tokens": 0,
            "audio_tokens": 0,
        },
        **more,
        **over,
    }


def _price(model: ListedModel, unit: str, prompt_tokens: int) -> Decimal:
    """Return the price of a token, which some models raise for long prompts."""
    price = model.price(unit) or Decimal(0)
    for override in objects_in(model.pricing.get("overrides")):
        if "utc_start" in override:
            continue
        least = override.get("min_prompt_tokens")
        if isinstance(least, int) and prompt_tokens > least and isinstance(override.get(unit), str):
            price = Decimal(str(override[unit]))
    return price
