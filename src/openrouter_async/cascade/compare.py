"""The replies of several models to the same messages, side by side, with cost and time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, overload

import anyio

from .._sansio.money import format_usd
from ..errors import ConfigurationError, OpenRouterError
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.common import usages_of

__all__ = ["Compared", "Comparison", "compare"]

WIDTH = 60
"""Characters of a reply in the table of `str(comparison)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Generic[OutputT]):
    """The reply of one model."""

    model: str
    """As it was asked for."""
    completion: ChatCompletion[OutputT] | None
    """Its reply; None where it failed."""
    error: OpenRouterError | None
    """Why it failed; None where it replied."""
    elapsed: float
    """Seconds, retries and waits included."""
    cost: Decimal | None
    """US dollars of all requests; None where that is not known."""

    @property
    def output(self) -> OutputT:
        """The value that was asked for, or the text; raises the error of a model that failed."""
        if self.completion is None:
            raise self.error or AssertionError("either is there")
        return self.completion.output


class Comparison(Sequence[Compared[OutputT]]):
    """The replies in the order of the models; `print` shows them as a table."""

    def __init__(self, compared: Sequence[Compared[OutputT]]) -> None:
        self._compared = tuple(compared)

    def __str__(self) -> str:
        rows = [("model", "US dollars", "seconds", "reply"), *(_row(each) for each in self._compared)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
            for row in rows
        )

    @overload
    def __getitem__(self, index: int) -> Compared[OutputT]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Compared[OutputT]]: ...
    def __getitem__(self, index: int | slice) -> Compared[OutputT] | Sequence[Compared[OutputT]]:
        return self._compared[index]

    def __len__(self) -> int:
        return len(self._compared)


async def compare(
    models: Sequence[str], ask: Callable[[str], Awaitable[ChatCompletion[OutputT]]]
) -> Comparison[OutputT]:
    """Ask all models concurrently.

    Raises:
        ConfigurationError: `models` is not a list of models, or the call is wrong.
    """
    if isinstance(models, str) or not models or not all(isinstance(model, str) for model in models):
        raise ConfigurationError(f"models is {models!r}; expected a list of slugs of models")
    compared: dict[int, Compared[OutputT]] = {}
    wrong: ConfigurationError | None = None

    async def work(place: int, model: str) -> None:
        nonlocal wrong
        began = time.monotonic()
        completion: ChatCompletion[OutputT] | None = None
        error: OpenRouterError | None = None
        try:
            completion = await ask(model)
        except ConfigurationError as failure:
            wrong = failure
            return
        except OpenRouterError as failure:
            error = failure
        cost = completion.cost if completion is not None else _cost_of(error)
        elapsed = time.monotonic() - began
        compared[place] = Compared(
            model=model, completion=completion, error=error, elapsed=elapsed, cost=cost
        )

    async with anyio.create_task_group() as group:
        for place, model in enumerate(models):
            group.start_soon(work, place, model)
    if wrong is not None:
        raise wrong
    return Comparison([compared[place] for place in range(len(models))])


def _cost_of(error: OpenRouterError | None) -> Decimal | None:
    if error is None or error.may_have_been_billed is False:
        return Decimal(0)
    costs = [None if usage is None else usage.cost for usage in usages_of(error)]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _row(each: Compared[OutputT]) -> tuple[str, str, str, str]:
    cost = "?" if each.cost is None else format_usd(each.cost)
    said = f"{type(each.error).__name__}: {each.error}" if each.completion is None else repr(each.output)
    if each.completion is not None and isinstance(each.output, str):
        said = " ".join(each.output.split())
    return each.model, cost, f"{each.elapsed:.1f}", said if len(said) <= WIDTH else f"{said[: WIDTH - 1]}…"
