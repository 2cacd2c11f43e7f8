"""What a batch has done so far: `BatchProgress` while it runs, `BatchSummary` of the whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from ..errors import OpenRouterError
from ..types.common import Usage

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
    """US dollars, those of earlier runs included."""
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
    """US dollars; with a journal, those of earlier runs included."""
    models: Mapping[str, ModelTotal]
    """By the model that answered; the items of `failed` that cost something are under the model asked for."""
    errors: Mapping[str, int]
    """How many items failed with which class of error."""
    elapsed: float
    """Seconds."""


@dataclass(slots=True)
class _Total:
    """A `ModelTotal` that grows."""

    items: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)


@dataclass
class Accounts:
    """The counters of a batch."""

    began: float
    total: int | None
    earlier_cost: Decimal = Decimal(0)
    """What the journal says was paid before this run."""
    done: int = 0
    failed: int = 0
    resumed: int = 0
    in_flight: int = 0
    cost: Decimal = Decimal(0)
    """Of this run."""
    errors: dict[str, int] = field(default_factory=dict)
    _models: dict[str, _Total] = field(default_factory=dict)
    _finished: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def total_cost(self) -> Decimal:
        """What was spent, in earlier runs too."""
        return self.earlier_cost + self.cost

    def answered(self, model: str | None, usage: Usage | None, now: float) -> None:
        """Count an item that was answered."""
        self.done += 1
        self._finished.append(now)
        self._charge(model, usage, paid_now=True)

    def read(self, model: str | None, usage: Usage | None) -> None:
        """Count an item that was read from the journal."""
        self.done += 1
        self.resumed += 1
        self._charge(model, usage, paid_now=False)

    def gave_up(
        self,
        model: str | None,
        error: OpenRouterError,
        usage: Usage | None,
        now: float,
        *,
        paid_now: bool = True,
    ) -> None:
        """Count an item that failed, or with `paid_now` False, one whose kept reply does not fit any more."""
        self.failed += 1
        self._finished.append(now)
        name = type(error).__name__
        self.errors[name] = self.errors.get(name, 0) + 1
        if usage is not None:
            self._charge(model, usage, paid_now=paid_now)

    def _charge(self, model: str | None, usage: Usage | None, *, paid_now: bool) -> None:
        cost = (usage.cost if usage else None) or Decimal(0)
        if paid_now:
            self.cost += cost
        total = self._models.get(model or "")
        if total is None:
            total = self._models[model or ""] = _Total()
        total.items += 1
        total.cost += cost
        if usage is not None:
            total.prompt_tokens += usage.prompt_tokens or 0
            total.completion_tokens += usage.completion_tokens or 0

    def progress(self, now: float) -> BatchProgress:
        """Return where the batch stands."""
        rate = 0.0
        if len(self._finished) > 1 and now > self._finished[0]:
            rate = (len(self._finished) - 1) / (now - self._finished[0])
        left = None
        if self.total is not None and rate:
            left = max(0, self.total - self.done - self.failed) / rate
        return BatchProgress(
            total=self.total,
            done=self.done,
            failed=self.failed,
            in_flight=self.in_flight,
            resumed=self.resumed,
            prompt_tokens=sum(model.prompt_tokens for model in self._models.values()),
            completion_tokens=sum(model.completion_tokens for model in self._models.values()),
            cost=self.total_cost,
            rate=rate,
            time_left=left,
            elapsed=now - self.began,
        )

    def summary(self, now: float) -> BatchSummary:
        """Return what the batch did."""
        return BatchSummary(
            done=self.done,
            failed=self.failed,
            resumed=self.resumed,
            cost=self.total_cost,
            models={name: ModelTotal(**asdict(total)) for name, total in self._models.items()},
            errors=dict(self.errors),
            elapsed=now - self.began,
        )
