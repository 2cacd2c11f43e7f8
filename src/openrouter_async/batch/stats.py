"""What a batch has done so far: `BatchProgress` while it runs, `BatchSummary` of the whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import OpenRouterError
from ..spending.ledger import ModelSpend
from ..spending.spend import Spend
from ..types.common import Usage
from .journal import PaidAgain

__all__ = ["Accounts", "BatchProgress", "BatchSummary", "ModelTotal"]

RECENT = 200
"""How many of the last items the rate is taken from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """Where a batch stands."""

    total: int | None
    """How many items there are; None where the items do not tell."""
    done: int
    """Answered, those of earlier runs included."""
    failed: int
    in_flight: int
    """Being asked now."""
    resumed: int
    """Of `done`: read from the journal."""
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    """US dollars that the account was charged, as far as it is known, those of earlier runs included."""
    held: Decimal
    """US dollars kept back for requests that run, and for those that broke off; 0 without a budget."""
    doubtful: Decimal
    """What of `held` is for requests that broke off, until their cost is known or the time of `settle` is over."""
    rate: float
    """Items a second, lately; 0 before there are two."""
    time_left: float | None
    """Seconds, at this rate; None where total or rate is not known."""
    elapsed: float
    """Seconds since the batch began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTotal:
    """What the answers of one model used."""

    items: int = 0
    """Answered, and those that failed and cost something."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    """US dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """What a batch did."""

    done: int
    """Answered, those of earlier runs included."""
    failed: int
    resumed: int
    """Of `done`: read from the journal."""
    cost: Decimal
    """US dollars that the account was charged, for whatever came of it; with a journal, in earlier runs too."""
    byok_cost: Decimal
    """US dollars that providers charged to your own keys there, beside `cost`."""
    unsettled: int
    """Requests that broke off and whose cost is not known, so that it is not in `cost`."""
    asked_again: int
    """Requests that runs with the journal were waiting for when they were killed or left, and that were made again, of
    which each may have been billed too; what `once` had answered from the service's cache is not among them."""
    paid_again: Decimal
    """US dollars that those cost at most, if each was billed like its repetition; they are not in `cost`."""
    models: Mapping[str, ModelTotal]
    """By the model that answered; of earlier runs, what they answered."""
    errors: Mapping[str, int]
    """How many items failed with which class of error."""
    elapsed: float
    """Seconds."""


@dataclass
class Accounts:
    """The counters of a batch; its money is counted by a `Spend`."""

    began: float
    total: int | None
    spend: Spend
    done: int = 0
    failed: int = 0
    resumed: int = 0
    in_flight: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    _items: dict[str, int] = field(default_factory=dict)
    _resumed: dict[str, ModelSpend] = field(default_factory=dict)
    """What the answers of earlier runs used."""
    _finished: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def answered(self, model: str | None, now: float) -> None:
        """Count an item that was answered."""
        self.done += 1
        self._finished.append(now)
        self._count(model)

    def read(self, model: str | None, usage: Usage | None) -> None:
        """Count an item that was read from the journal."""
        self.done += 1
        self.resumed += 1
        self._count(model)
        if usage is not None:
            total = self._resumed.setdefault(model or "", ModelSpend())
            total.cost += usage.cost or 0
            total.prompt_tokens += usage.prompt_tokens or 0
            total.completion_tokens += usage.completion_tokens or 0

    def gave_up(self, model: str | None, error: OpenRouterError, now: float, *, was_paid: bool) -> None:
        """Count an item that failed, or whose kept reply does not fit any more."""
        self.failed += 1
        self._finished.append(now)
        name = type(error).__name__
        self.errors[name] = self.errors.get(name, 0) + 1
        if was_paid:
            self._count(model)

    def _count(self, model: str | None) -> None:
        self._items[model or ""] = self._items.get(model or "", 0) + 1

    def _models(self) -> dict[str, ModelTotal]:
        spent = self.spend.models
        models = {}
        for name in {**self._items, **spent}:
            before, now = self._resumed.get(name) or ModelSpend(), spent.get(name) or ModelSpend()
            models[name] = ModelTotal(
                items=self._items.get(name, 0),
                prompt_tokens=before.prompt_tokens + now.prompt_tokens,
                completion_tokens=before.completion_tokens + now.completion_tokens,
                cost=before.cost + now.cost,
            )
        return models

    def progress(self, now: float) -> BatchProgress:
        """Return where the batch stands."""
        rate = 0.0
        if len(self._finished) > 1 and now > self._finished[0]:
            rate = (len(self._finished) - 1) / (now - self._finished[0])
        left = None
        if self.total is not None and rate:
            left = max(0, self.total - self.done - self.failed) / rate
        totals = [*self._resumed.values(), *self.spend.models.values()]
        return BatchProgress(
            total=self.total,
            done=self.done,
            failed=self.failed,
            in_flight=self.in_flight,
            resumed=self.resumed,
            prompt_tokens=sum(model.prompt_tokens for model in totals),
            completion_tokens=sum(model.completion_tokens for model in totals),
            cost=self.spend.cost,
            held=self.spend.held,
            doubtful=self.spend.doubtful,
            rate=rate,
            time_left=left,
            elapsed=now - self.began,
        )

    def summary(self, now: float, again: PaidAgain) -> BatchSummary:
        """Return what the batch did."""
        return BatchSummary(
            done=self.done,
            failed=self.failed,
            resumed=self.resumed,
            cost=self.spend.cost,
            byok_cost=self.spend.byok_cost,
            unsettled=len(self.spend.unsettled),
            asked_again=again.requests,
            paid_again=again.cost,
            models=self._models(),
            errors=dict(self.errors),
            elapsed=now - self.began,
        )
