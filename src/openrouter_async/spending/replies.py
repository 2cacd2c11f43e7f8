"""The cost of a request by its reply: its body was read for that, and to read it again took four times as long."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .._sansio.charges import MOST, Charge
from ..types.chat.completion import ChatCompletion

if TYPE_CHECKING:
    from .._http.observers import Attempt

__all__ = ["charge_of_attempt", "charge_of_reply"]

_NOTHING = Decimal(0)

_ELSEWHERE = frozenset({"message", "polling_url", "response"})
"""Fields that no reply has, and that say where else to look."""


def charge_of_attempt(attempt: Attempt) -> Charge:
    """Return what a request cost; by its reply, where that was read and is of it alone."""
    reply = attempt.answer
    if attempt.unread is not None and attempt.number == 1 and type(reply) is ChatCompletion:
        charge = charge_of_reply(reply)
        if charge is not None:
            return charge
    return attempt.charge


def charge_of_reply(reply: ChatCompletion) -> Charge | None:
    """Return the charge in a reply that only one request was made for; None where its body has to say it."""
    usage, extra = reply.usage, reply.__pydantic_extra__
    if usage.cost is None or (extra and not _ELSEWHERE.isdisjoint(extra)):
        return None
    return Charge(
        generation_id=reply.id or None,
        model=reply.model or None,
        cost=usage.cost,
        byok_cost=(usage.paid or _NOTHING) - usage.cost if usage.is_byok else _NOTHING,
        prompt_tokens=_count(usage.prompt_tokens),
        completion_tokens=_count(usage.completion_tokens),
    )


def _count(tokens: int | None) -> int | None:
    return tokens if tokens and 0 < tokens < MOST else None
