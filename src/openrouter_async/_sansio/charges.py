"""What an answer says of its own cost and tokens, in whichever of the service's dialects it is written. Pure.

Usage stands at the top of a reply, of the last chunk of a stream and of the last event of a Messages stream, and below
`response` in the last event of a Responses stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from .error_body import load_json

__all__ = ["Charge", "charge_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is known of the cost of one answer."""

    generation_id: str | None = None
    model: str | None = None
    """Which model answered."""
    cost: Decimal | None = None
    """US dollars."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def tokens(self) -> int:
        """Those of prompt and answer, as far as they are known."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)

    def over(self, earlier: Charge) -> Charge:
        """Return this charge, with what it lacks taken from an earlier one."""
        return Charge(
            generation_id=self.generation_id or earlier.generation_id,
            model=self.model or earlier.model,
            cost=earlier.cost if self.cost is None else self.cost,
            prompt_tokens=self.prompt_tokens or earlier.prompt_tokens,
            completion_tokens=self.completion_tokens or earlier.completion_tokens,
        )


def charge_in(data: bytes) -> Charge | None:
    """Return what a whole answer, or one event of a stream, says; None where it is no JSON object."""
    try:
        answer = load_json(data)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    for name in ("response", "message"):
        inner = answer.get(name)
        if isinstance(inner, dict):
            answer = {**inner, **({"usage": answer["usage"]} if "usage" in answer else {})}
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        usage = {}
    return Charge(
        generation_id=_text(answer.get("id")),
        model=_text(answer.get("model")),
        cost=_amount(usage.get("cost")),
        prompt_tokens=_count(usage.get("prompt_tokens", usage.get("input_tokens"))),
        completion_tokens=_count(usage.get("completion_tokens", usage.get("output_tokens"))),
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None


def _amount(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Decimal(str(value))
