"""The cost and tokens that a response reports, in any of the service's dialects. Pure.

Usage is at the top of a reply, of the last chunk of a stream and of the last event of a Messages stream, and below
`response` in the last event of a Responses stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from pydantic import JsonValue
from pydantic_core import from_json

from .error_body import load_json

if TYPE_CHECKING:
    from ..types.common import Usage

__all__ = ["MOST", "Charge", "charge_of", "read_charge", "usage_in"]


class Charge(NamedTuple):
    """The known facts of the cost of one answer."""

    generation_id: str | None = None
    job_id: str | None = None
    """The id of the job that the answer describes, whose cost is known once it is over."""
    is_over: bool = True
    """Whether nothing more will be charged; False for a job that is still running."""
    model: str | None = None
    cost: Decimal | None = None
    """US dollars charged to the account; None where the answer does not say."""
    byok_cost: Decimal = Decimal(0)
    """US dollars that a provider charged to the account's own key there, beside `cost`."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def paid(self) -> Decimal | None:
        """The total paid: the charge to the account, and that to its own key at a provider."""
        return None if self.cost is None else self.cost + self.byok_cost

    @property
    def tokens(self) -> int:
        """Those of prompt and answer, as far as they are known."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)

    def merged_over(self, earlier: Charge) -> Charge:
        """Return this charge, with what it lacks taken from an earlier one; as in `fuller_usage`, 0 says nothing."""
        says_cost = bool(self.cost or self.byok_cost) or earlier.cost is None
        return Charge(
            generation_id=self.generation_id or earlier.generation_id,
            job_id=self.job_id or earlier.job_id,
            is_over=self.is_over,
            model=self.model or earlier.model,
            cost=self.cost if says_cost else earlier.cost,
            byok_cost=self.byok_cost if says_cost else earlier.byok_cost,
            prompt_tokens=self.prompt_tokens or earlier.prompt_tokens,
            completion_tokens=self.completion_tokens or earlier.completion_tokens,
        )


def read_charge(data: bytes) -> Charge | None:
    """Return the charge in a whole response, or in one event of a stream; None if it is not a JSON object."""
    try:
        answer: JsonValue = from_json(data)  # half of the cost of `load_json`, which reads what this refuses
    except ValueError:
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
    is_job = "polling_url" in answer or answer.get("object") == "batch"
    return Charge(
        generation_id=_text(answer.get("generation_id" if is_job else "id")),
        job_id=_text(answer.get("id")) if is_job else None,
        is_over=not is_job or answer.get("status") in _ENDS,
        model=_text(answer.get("model")),
        cost=_amount(usage.get("cost")),
        byok_cost=_byok_cost(usage),
        prompt_tokens=_prompt_tokens(usage),
        completion_tokens=_count(usage.get("completion_tokens", usage.get("output_tokens"))),
    )


def charge_of(usage: Usage) -> Charge:
    """Return the cost in a reply's usage, and the length of its answer."""
    byok_cost = (usage.paid or Decimal(0)) - (usage.cost or Decimal(0))
    return Charge(cost=usage.cost, byok_cost=byok_cost, completion_tokens=usage.completion_tokens)


def usage_in(body: bytes) -> Usage | None:
    """Return the usage in a body, even one that is not a reply; None if it has no usage."""
    if b'"usage"' not in body:
        return None
    try:
        answer = load_json(body)
    except ValueError:
        return None
    usage = answer.get("usage") if isinstance(answer, dict) else None
    from ..types.common import Usage  # only failures come here, and a client is made without any types

    return Usage.model_validate(usage) if isinstance(usage, dict) else None


def _prompt_tokens(usage: Mapping[str, JsonValue]) -> int | None:
    """Return all tokens of the prompt; Messages counts those of its cache apart."""
    fresh = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    if fresh is None:
        return None
    return fresh + sum(_count(usage.get(name)) or 0 for name in _OF_CACHE if name in usage)


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: JsonValue) -> int | None:
    """Return a count, from the same forms as the types of replies read it."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < MOST else None


def _amount(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < MOST else None


_OF_CACHE = ("cache_creation_input_tokens", "cache_read_input_tokens")

_ENDS = ("completed", "failed", "cancelled", "expired", "dead")
"""How jobs end."""

MOST = 10**12
"""More than any call uses or costs; sums of larger numbers would be meaningless."""


def _byok_cost(usage: Mapping[str, JsonValue]) -> Decimal:
    details = usage.get("cost_details")
    if usage.get("is_byok") is not True or not isinstance(details, dict):
        return Decimal(0)
    return _amount(details.get("upstream_inference_cost")) or Decimal(0)
