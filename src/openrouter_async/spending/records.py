"""The cost of a request by its billed record. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .._sansio.charges import Charge

if TYPE_CHECKING:
    from ..types.account.generations import Generation

__all__ = ["charge_of_record"]


def charge_of_record(record: Generation) -> Charge:
    """Return the charge of a request by its billed record."""
    upstream = record.upstream_inference_cost if record.is_byok else None
    return Charge(
        model=record.model,
        cost=max(record.total_cost, Decimal(0)) if record.usage is None else record.usage,
        byok_cost=upstream or Decimal(0),
        prompt_tokens=record.native_tokens_prompt,
        completion_tokens=record.native_tokens_completion,
    )
