"""The progress of a batch: `BatchProgress` while it runs, `BatchSummary` of the whole."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..errors import OpenRouterError
from ..spending.ledger import ModelSpend
from ..spending.spend import Spend
from .item_meter import ItemMeter
from .journal import PaidAgain

__all__ = ["BatchProgress", "BatchStats", "BatchSummary", "ModelTotal"]

RECENT = 200
"""The number of recent items that determine the rate; chosen: enough to be steady, few enough to follow a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """The progress of a batch."""

    total: int | None
    """How many items there are; None where the items do not tell."""
    done: int
    """Answered, those of earlier runs included."""
    failed: int
    in_flight: int
    """Being asked now."""
    waiting: int
    """Of `in_flight`: not sent at the moment, because of a rate limit, the budget or the wait before a retry."""
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
    """Items a second, lately; 0 before there are two. After the batch, as it was at the end."""
    time_left: float | None
    """Seconds, at this rate; None where total or rate is not known."""
    elapsed: float
    """Seconds from the first request for a result to now, or to the end of the last item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTotal:
    """The usage of the answers of one model."""

    items: int
    """Answered, and those that failed and cost something."""
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    """US dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """The results of a batch, counted."""

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
    """Requests that were cut off and whose cost is unknown, so `cost` does not include it."""
    asked_again: int
    """Requests that runs with the journal were waiting for when they were killed or left, and that were made again, of
    which each may have been billed too; what `once` had answered from the service's cache is not among them."""
    paid_again: Decimal
    """US dollars that those cost at most, if each was billed like its repetition; they are not in `cost`."""
    models: Mapping[str, ModelTotal]
    """By the model that answered, in all runs with the journal: their costs add up to `cost`. A request whose model the
    journal does not know counts under the empty name."""
    errors: Mapping[str, int]
    """How many items failed with which class of error."""
    elapsed: float
    """Seconds of this run, to the end of its last item."""
    from_cache: int = 0
    """Of `done`: items that a local cache, or an equal call or item, answered in this run, for nothing."""


class BatchStats:
    """The counters of a batch; its money is counted by a `Spend`."""

    def __init__(self, total: int | None, spend: Spend) -> None:
        self.in_flight = 0
        self.meters: list[ItemMeter] = []
        """Those of the workers."""
        self._began = time.monotonic()
        self._ended: float | None = None
        self._total = total
        self._spend = spend
        self._done = 0
        self._failed = 0
        self._resumed = 0
        self._from_cache = 0
        self._errors: Counter[str] = Counter()
        self._items: Counter[str] = Counter()
        """By model, those that count in `ModelTotal.items`."""
        self._ended_at: deque[float] = deque(maxlen=RECENT)

    def begin(self) -> None:
        """Count the time from now on."""
        self._began = time.monotonic()

    def end(self) -> None:
        """Stop counting time: the batch sends nothing further."""
        self._ended = self._ended or time.monotonic()

    def _now(self) -> float:
        return self._ended or time.monotonic()

    def answered(self, model: str | None, *, from_cache: bool = False) -> None:
        """Count an item that was answered."""
        self._done += 1
        self._from_cache += from_cache
        self._ended_at.append(time.monotonic())
        self._items[model or ""] += 1

    def resumed(self, model: str | None) -> None:
        """Count an item whose answer is in the journal."""
        self._done += 1
        self._resumed += 1
        self._items[model or ""] += 1

    def failed(self, error: OpenRouterError, model: str | None = None, *, was_paid: bool = False) -> None:
        """Count an item that failed, or whose kept reply does not fit any more."""
        self._failed += 1
        self._ended_at.append(time.monotonic())
        self._errors[type(error).__name__] += 1
        if was_paid:
            self._items[model or ""] += 1

    def _models(self) -> dict[str, ModelTotal]:
        spent = self._spend.models
        return {
            name: ModelTotal(
                items=self._items[name],
                prompt_tokens=used.prompt_tokens,
                completion_tokens=used.completion_tokens,
                cost=used.cost,
            )
            for name in {**self._items, **spent}
            for used in [spent.get(name, ModelSpend())]
        }

    def progress(self) -> BatchProgress:
        """Return the progress so far."""
        now, rate, time_left = self._now(), 0.0, None
        if len(self._ended_at) > 1 and now > self._ended_at[0]:
            rate = (len(self._ended_at) - 1) / (now - self._ended_at[0])
        if self._total is not None and rate:
            time_left = max(0, self._total - self._done - self._failed) / rate
        models = self._models().values()
        return BatchProgress(
            total=self._total,
            done=self._done,
            failed=self._failed,
            in_flight=self.in_flight,
            waiting=max(0, self.in_flight - sum(meter.is_sending for meter in self.meters)),
            resumed=self._resumed,
            prompt_tokens=sum(model.prompt_tokens for model in models),
            completion_tokens=sum(model.completion_tokens for model in models),
            cost=self._spend.cost,
            held=self._spend.held,
            doubtful=self._spend.doubtful,
            rate=rate,
            time_left=time_left,
            elapsed=now - self._began,
        )

    def summary(self, again: PaidAgain) -> BatchSummary:
        """Return what the batch did."""
        return BatchSummary(
            done=self._done,
            failed=self._failed,
            resumed=self._resumed,
            from_cache=self._from_cache,
            cost=self._spend.cost,
            byok_cost=self._spend.byok_cost,
            unsettled=len(self._spend.unsettled),
            asked_again=again.requests,
            paid_again=again.cost,
            models=self._models(),
            errors=dict(self._errors),
            elapsed=self._now() - self._began,
        )
