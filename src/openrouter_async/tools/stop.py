"""When to stop a run although the model would continue: conditions that `|` and `&` combine. No I/O here.

A condition is checked after each step, when its tools have finished, and before the next request is sent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from .._checks import whole
from .._sansio.money import parse_usd
from ..errors import ConfigurationError
from .steps import usage_of_steps

if TYPE_CHECKING:
    from .steps import Step

__all__ = ["StopWhen", "max_cost", "max_run_tokens", "max_steps", "stop_when", "tool_called"]


_NOTHING = Decimal(0)


class StopWhen:
    """A condition over the steps so far; `a | b` is met by either, `a & b` by both together."""

    __slots__ = ("_met", "asks_cost")

    def __init__(
        self, met: Callable[[Sequence[Step], Decimal], str | None], *, asks_cost: bool = False
    ) -> None:
        self._met = met
        self.asks_cost = asks_cost
        """Whether it wants to know what the next request may cost."""

    def met(self, steps: Sequence[Step], next_cost: Decimal = _NOTHING) -> str | None:
        """Return the name of the condition that is met; None if none is.

        `next_cost` is the possible cost of the next request in US dollars, as far as known.
        """
        return self._met(steps, next_cost)

    def __or__(self, other: StopWhen) -> StopWhen:
        if not isinstance(other, StopWhen):
            return NotImplemented
        return StopWhen(
            lambda steps, cost: self.met(steps, cost) or other.met(steps, cost),
            asks_cost=self.asks_cost or other.asks_cost,
        )

    def __and__(self, other: StopWhen) -> StopWhen:
        if not isinstance(other, StopWhen):
            return NotImplemented

        def both(steps: Sequence[Step], cost: Decimal) -> str | None:
            first, second = self.met(steps, cost), other.met(steps, cost)
            return f"{first} & {second}" if first and second else None

        return StopWhen(both, asks_cost=self.asks_cost or other.asks_cost)


def stop_when(predicate: Callable[[Sequence[Step]], bool], *, name: str | None = None) -> StopWhen:
    """Return a condition of your own over the steps so far; `name` appears in `run.stopped_by`.

    Raises:
        ConfigurationError: `predicate` is not a function, or an async one.
    """
    if not callable(predicate) or inspect.iscoroutinefunction(predicate):
        raise ConfigurationError(
            f"stop_when() got {predicate!r}; expected a function of the steps that is not async"
        )
    label = name or getattr(predicate, "__name__", "stop_when")
    return StopWhen(lambda steps, _cost: label if predicate(steps) else None)


def max_steps(count: int) -> StopWhen:
    """Stop after so many replies of the model.

    Raises:
        ConfigurationError: `count` is below 1.
    """
    whole("count of max_steps()", count)
    return stop_when(lambda steps: len(steps) >= count, name=f"max_steps({count})")


def max_cost(dollars: str | Decimal | float) -> StopWhen:
    """Stop before a request that could bring the cost of the replies above so many US dollars.

    The cost of the next request is estimated from the prices of the catalogue and from earlier requests; without
    `max_tokens` the length of its answer is a guess. A reply that does not tell its cost counts as much as the next
    request. The first request is always sent, and so is the one for a `final_answer`. Requests on your own provider
    key count with the provider's charge. A free model never reaches the limit, so combine it with `max_steps`.

    Raises:
        ConfigurationError: `dollars` is not a positive number.
    """
    limit = parse_usd("max_cost()", dollars)
    if limit == 0:
        raise ConfigurationError(
            f"max_cost() is {dollars!r}, which ends every run; expected US dollars above 0"
        )
    name = f"max_cost({str(dollars)!r})"

    def met(steps: Sequence[Step], next_cost: Decimal) -> str | None:
        spent = usage_of_steps(steps).paid or Decimal(0)
        billed = (usage for step in steps for usage in step.completion.billed)
        untold = sum(usage is None or usage.paid is None for usage in billed)
        return name if spent >= limit or spent + next_cost * (untold + 1) > limit else None

    return StopWhen(met, asks_cost=True)


def max_run_tokens(count: int) -> StopWhen:
    """Stop once the replies have used so many tokens, input and output together.

    Raises:
        ConfigurationError: `count` is below 1.
    """
    whole("count of max_run_tokens()", count)
    return stop_when(
        lambda steps: (usage_of_steps(steps).total_tokens or 0) >= count,
        name=f"max_run_tokens({count})",
    )


def tool_called(*names: str) -> StopWhen:
    """Stop once one of these tools has run; a call that failed does not count, so the model can put it right.

    Raises:
        ConfigurationError: no name was given.
    """
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigurationError(f"tool_called() got {names!r}; expected names of tools")
    wanted = frozenset(names)
    label = ", ".join(map(repr, names))
    return stop_when(
        lambda steps: any(
            result.call.name in wanted and result.error is None for step in steps for result in step.results
        ),
        name=f"tool_called({label})",
    )
