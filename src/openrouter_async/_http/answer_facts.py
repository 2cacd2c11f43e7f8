"""`AnswerFacts`: the facts in a call's response, for any operation and any end of the call."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ..types._base import WireType

if TYPE_CHECKING:
    from .._sansio.charges import Charge
    from ..errors import OpenRouterError
    from ..types.common import Usage

__all__ = ["AnswerFacts", "answer_facts"]


class AnswerFacts(NamedTuple):
    """Each is None or empty where nobody said it, and before there is an answer."""

    id: str | None = None
    model: str | None = None
    """The one that answered."""
    provider: str | None = None
    usage: Usage | None = None
    """Of all requests of the call that were charged for, as far as it is known."""
    finish_reasons: tuple[str, ...] = ()
    bill: object = None
    """The object with `billed`: the reply, or the error."""
    charged: Decimal | None = None
    """The cost of the call if nothing has `billed`: that of its charge."""

    @property
    def cost(self) -> Decimal | None:
        """US dollars for the same as `usage`; None where the cost of one of them is not known."""
        if self.bill is None:
            return self.charged
        billed = getattr(self.bill, "billed", (self.usage,))
        costs = [None if each is None else each.cost for each in billed]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None


def answer_facts(
    answer: object, error: OpenRouterError | None, charge: Charge, generation_id: str | None
) -> AnswerFacts:
    """Return what is known when a call is over: by its answer, by what its error kept of one, or by its charge.

    The id of the head of the answer goes before those that its body says.
    """
    reply = answer if error is None else getattr(error, "partial", None)
    if not isinstance(reply, WireType):  # a type of the caller's, of `client.request`
        reply = None
    usage = _usage(reply)
    if error is not None and any(error.billed):
        from ..types.common import total_usage, usages_of  # they were loaded to read what was billed

        usage = total_usage(usages_of(error))
    choices = getattr(reply, "choices", None)
    ends = (reply,) if choices is None else choices  # a reply of another dialect has one answer
    reasons = [getattr(each, "finish_reason", None) for each in ends]
    return AnswerFacts(
        id=generation_id or _text(reply, "id") or charge.generation_id,
        model=_text(reply, "model") or charge.model,
        provider=_text(reply, "provider"),
        usage=usage,
        finish_reasons=tuple([reason for reason in reasons if isinstance(reason, str)]),
        bill=error if error is not None else reply if usage is not None else None,
        charged=charge.cost,
    )


def _usage(reply: WireType | None) -> Usage | None:
    usage = getattr(reply, "usage", None)
    if not isinstance(usage, WireType):
        return None
    from ..types.common import Usage, reported  # they were loaded to read the reply

    return reported(usage if isinstance(usage, Usage) else Usage.model_validate(usage.model_dump()))


def _text(reply: object, name: str) -> str | None:
    value = getattr(reply, name, None)
    return value if isinstance(value, str) else None
