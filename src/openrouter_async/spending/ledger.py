"""`Ledger`: the cost of finished calls, and the reservations of running and doubtful ones. Pure.

```
opened ── paid (its response reported the cost) ──> counted
   ├───── free (it was refused, or never sent)
   └───── in doubt (it was cut off) ── its record arrived ──> counted
                     └── the time is over ──> released: no longer reserved, still listed as unsettled
```

A call that was answered whole is known to be billed. If neither its answer nor a record says what it cost, its
reservation stays, so a service that does not tell costs passes no budget.

Ends are queued, and counted by the next reader, because an abandoned stream ends when it is garbage-collected: in any
thread, at any moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .._sansio.charges import Charge
from .forecast import Forecast, Foreseen, Request

if TYPE_CHECKING:
    from typing import Self

    from ..protocols import Sender

__all__ = ["Call", "Keyed", "Ledger", "ModelCost", "ModelSpend", "UnsettledCall"]

KEPT = 1_000
"""How many calls that were let go are told at most, the latest; chosen: some 300 kB."""

_NO_COST = Decimal(0)
_NOTHING = Foreseen(cost=_NO_COST, is_known=True)
_NO_CHARGE = Charge()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledCall:
    """A request whose cost is not known."""

    operation: str
    """Such as `chat.create`."""
    model: str | None
    """Which one was asked for; None where the account's default was."""
    generation_id: str | None
    """The id of its billed record; None where the service had not named it before the request broke off."""


class ModelCost(Decimal):
    """US dollars that the calls of one model cost, with their number and tokens."""

    prompt_tokens: int
    completion_tokens: int
    calls: int

    @classmethod
    def of(cls, spent: ModelSpend) -> ModelCost:
        """Return what a model cost until now."""
        cost = cls(spent.cost)
        cost.prompt_tokens, cost.completion_tokens = spent.prompt_tokens, spent.completion_tokens
        cost.calls = spent.calls
        return cost

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]  # that of Decimal would lose the rest
        spent = ModelSpend(Decimal(self), self.prompt_tokens, self.completion_tokens, self.calls)
        return ModelCost.of, (spent,)


@dataclass(slots=True)
class ModelSpend:
    """The usage and cost of the calls that one model answered."""

    cost: Decimal = Decimal(0)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = field(default=0, compare=False)
    """Not known of a batch's earlier runs."""

    def add(self, other: ModelSpend) -> None:
        """Add what other calls of the model used and cost."""
        self.cost += other.cost
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.calls += other.calls


@runtime_checkable
class Keyed(Protocol):
    """A purpose that other processes know too, by its key and the hash of its request."""

    key: str
    hash: str


class Call:
    """One request."""

    # What most calls never change is of the class, so a call takes four assignments in place of seventeen.

    request: Request | None = None
    """What decides its cost; None where nobody asks."""
    foreseen: Foreseen = _NOTHING
    held: Decimal = _NO_COST
    charge: Charge = _NO_CHARGE
    generation_id: str | None = None
    is_in_doubt: bool = False
    is_looked_up: bool = False
    """Whether somebody waits for its record."""
    has_no_record: bool = False
    """Whether its record was looked for, and cannot be read."""
    is_settled: bool = False
    """Whether its record said what it cost."""
    doubted_at: float = 0.0
    is_answered: bool = False
    """Whether its answer came whole, so it is billed, whatever is known of its cost."""
    task: int = 0
    """In which task it was made."""
    shared_id: str = ""
    """Its id in a ledger that several processes share; empty where that does not know it."""

    def __init__(self, operation: str, model: str | None, sender: Sender, item: object = None) -> None:
        self.operation = operation
        self.model = model
        self.sender = sender
        self.item = item
        """The purpose of the call, in the tracker's terms."""

    @property
    def job_id(self) -> str | None:
        """The job that it started, which continues; its cost is known at its end."""
        return None if self.charge.is_over else self.charge.job_id

    @property
    def described(self) -> UnsettledCall:
        return UnsettledCall(operation=self.operation, model=self.model, generation_id=self.generation_id)


class Ledger:
    """The calls of one block, and their costs."""

    def __init__(
        self, clock: Callable[[], float], *, doubt_s: float, settled: Callable[[Call], None] | None = None
    ) -> None:
        """Begin one.

        Args:
            clock: Seconds of any beginning.
            doubt_s: How long what a call in doubt may have cost is held.
            settled: Told of a call in doubt whose cost came to be known.
        """
        self._clock = clock
        self._doubt_s = doubt_s
        self._settled = settled
        self.forecast: Forecast | None = None
        self._running: dict[int, Call] = {}
        self._ended: deque[Call] = deque()
        self._in_doubt: dict[int, Call] = {}
        self._let_go: deque[Call] = deque(maxlen=KEPT)
        self.cost = Decimal(0)
        """The amount charged."""
        self.byok_cost = Decimal(0)
        """What providers charged to keys of the account's own."""
        self.held = Decimal(0)
        """The amount reserved for calls in flight."""
        self.doubtful = Decimal(0)
        """The amount reserved for calls that broke off."""
        self.untold = Decimal(0)
        """The amount that answers may have cost of which nothing has told the cost."""
        self.calls = 0
        """How many requests were paid for or are in doubt."""
        self.models: dict[str, ModelSpend] = {}
        """By the model that answered."""

    # What it comes to, as of the last `count`

    @property
    def taken(self) -> Decimal:
        """The amount no longer available."""
        return self.cost + self.byok_cost + self.held + self.doubtful + self.untold

    @property
    def unsettled(self) -> tuple[UnsettledCall, ...]:
        """The calls that run, those in doubt, and the last that were let go."""
        calls = (*self._running.values(), *self._in_doubt.values(), *self._let_go)
        return tuple(call.described for call in calls)

    @property
    def running(self) -> int:
        """How many calls run."""
        return len(self._running)

    @property
    def guessing(self) -> set[int]:
        """The tasks in which calls run of which nothing is known that bounds their cost."""
        jobs = (call for call in self._in_doubt.values() if call.job_id is not None)
        return {call.task for call in (*self._running.values(), *jobs) if not call.foreseen.is_known}

    @property
    def is_looking(self) -> bool:
        """Whether somebody waits for a record."""
        return any(call.is_looked_up for call in self._in_doubt.values())

    def in_doubt(self, *, also_let_go: bool = False) -> list[Call]:
        """Return the calls that broke off and have a record to look for, which nobody looks for yet.

        With `also_let_go` also those whose time was over, and those whose record could not be read before.
        """
        self.count()
        calls = [call for call in self._in_doubt.values() if also_let_go or not call.has_no_record]
        calls += self._let_go if also_let_go else ()
        return [
            call
            for call in calls
            if (call.job_id or call.generation_id) is not None and not call.is_looked_up
        ]

    def doubts_like(self, call: Call) -> bool:
        """Whether a call of the same kind is in doubt, and none has shown yet what the kind costs."""
        if call.request is None or self.forecast is None or self.forecast.knows(call.request.kind):
            return False
        kind = call.request.kind
        return any(
            other.request is not None and other.request.kind == kind
            for other in self._in_doubt.values()
            if other.generation_id is not None and not other.has_no_record
        )

    # What happens

    def begin_at(self, cost: Decimal, byok_cost: Decimal, models: Mapping[str, ModelSpend]) -> None:
        """Count what was spent before, of which no calls are known."""
        self.cost += cost
        self.byok_cost += byok_cost
        for name, spent in models.items():
            self.models.setdefault(name, ModelSpend()).add(spent)

    def open(self, call: Call) -> None:
        """A call is made."""
        self.count()  # so that no more are kept than run
        self._running[id(call)] = call
        if call.foreseen is not _NOTHING:
            call.held = call.foreseen.cost
            self.held += call.held

    def ended(self, call: Call) -> None:
        """Note that a call is over; from any thread, in the midst of anything."""
        self._ended.append(call)

    def count(self) -> Self:
        """Count the ends, let go of doubts whose time is over, and return the ledger."""
        while self._ended:
            call = self._ended.popleft()
            if self._running.pop(id(call), None) is None:
                continue
            if call.held:
                self.held -= call.held
            if call.charge.cost is not None:
                self.calls += 1
                self._pay(call)
            elif call.is_in_doubt:
                self.calls += 1
                call.doubted_at = self._clock()
                self._in_doubt[id(call)] = call
                self.doubtful += call.held
        if self._in_doubt:
            now = self._clock()
            for key, call in [*self._in_doubt.items()]:
                if now - call.doubted_at < self._doubt_s:
                    break  # they stand in the order in which they came
                if not call.is_looked_up and call.job_id is None:
                    del self._in_doubt[key]
                    self.doubtful -= call.held
                    self.untold += call.held if call.is_answered else 0
                    self._let_go.append(call)
        return self

    def doubt(self, call: Call) -> None:
        """Read the cost of something that was paid for elsewhere, such as a cached answer.

        Does nothing for a call of this ledger, whose record is already being read.
        """
        known = (*self._running.values(), *self._in_doubt.values(), *self._let_go)
        if any(other.generation_id == call.generation_id for other in known):
            return
        call.doubted_at = self._clock()
        self._in_doubt[id(call)] = call

    def settle(self, call: Call, charge: Charge) -> None:
        """The record of a call in doubt has come."""
        if self._in_doubt.pop(id(call), None) is not None:
            self.doubtful -= call.held
        elif call in self._let_go:
            self._let_go.remove(call)
            self.untold -= call.held if call.is_answered else 0
        else:
            return
        call.charge = charge.merged_over(call.charge)
        call.is_settled = True
        self._pay(call)
        if self._settled is not None:
            self._settled(call)

    def saw_job(self, charge: Charge) -> None:
        """A look at a job has shown what it costs, or that it is over."""
        self.count()
        calls = [call for call in self._in_doubt.values() if call.job_id is not None]
        for call in calls:
            if call.job_id != charge.job_id or not charge.is_over:
                continue
            if charge.cost is not None:
                self.settle(call, charge)
            else:  # then its record says it, as that of other calls does
                call.charge = charge
                call.generation_id = charge.generation_id
                call.doubted_at = self._clock()

    def _pay(self, call: Call) -> None:
        charge = call.charge
        name = charge.model or call.model or ""
        model = self.models.get(name)
        if model is None:
            model = self.models[name] = ModelSpend()
        if charge.cost:
            self.cost += charge.cost
            model.cost += charge.cost
        if charge.byok_cost:
            self.byok_cost += charge.byok_cost
        model.prompt_tokens += charge.prompt_tokens or 0
        model.completion_tokens += charge.completion_tokens or 0
        model.calls += 1
        if self.forecast is not None and call.request is not None:
            self.forecast.learn(call.request, charge)
