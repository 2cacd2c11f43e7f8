"""The errors of calls that a budget has no room for, with the amounts spent and held, and the cost of the call."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .._sansio.money import format_usd
from ..errors import BudgetExceeded
from ..ledger.steps import to_usd

if TYPE_CHECKING:
    from ..ledger.steps import Broke
    from .ledger import Call, Ledger

__all__ = ["exceeded", "shared_exceeded"]


def exceeded(call: Call, ledger: Ledger, budget: Decimal, advice: str) -> BudgetExceeded:
    """Return the error of a call that the budget of a block has no room for."""
    foreseen = call.foreseen
    byok = f" and {format_usd(ledger.byok_cost)} on keys of your own" if ledger.byok_cost else ""
    doubtful = f" and {format_usd(ledger.doubtful)} for some that broke off" if ledger.doubtful else ""
    if ledger.untold:
        doubtful += f" and {format_usd(ledger.untold)} for answers whose cost the service did not tell"
    may_cost = f", and it may cost {format_usd(foreseen.cost)}" if foreseen.is_known else ""
    if not foreseen.is_known:
        may_cost = ", and its possible cost is unknown"
        may_cost += " before another such call is over" if ledger.guessing else ""
    return BudgetExceeded(
        f"{call.operation} would pass the budget of {budget:f} US dollars: {format_usd(ledger.cost)} are"
        f" spent{byok}, {format_usd(ledger.held)} held for calls in flight{doubtful}{may_cost};"
        f" {advice}",
        budget=budget,
        spent=Decimal(format_usd(ledger.taken)),
        may_have_been_billed=False,
    )


def shared_exceeded(call: Call, budget: Broke, advice: str) -> BudgetExceeded:
    """Return the error of a call that a budget of several processes has no room for."""
    limit, spent, held = to_usd(budget.limit), to_usd(budget.spent), to_usd(budget.held)
    may_cost = (
        f"it may cost {format_usd(call.foreseen.cost)}"
        if call.foreseen.is_known
        else "its possible cost is unknown"
    )
    return BudgetExceeded(
        f"{call.operation} would pass the budget {budget.name!r} of {limit:f} US dollars: {format_usd(spent)} are"
        f" spent and {format_usd(held)} held by all processes, and {may_cost}; {advice}",
        budget=limit,
        spent=Decimal(format_usd(spent + held)),
        may_have_been_billed=False,
    )
