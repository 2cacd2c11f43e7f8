"""`State`: the rows that the machine reads and writes, and `MemoryState`, which has them in dicts.

The machine reads a row, changes it, and puts it back; a state may therefore return copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .steps import BudgetTerms

__all__ = ["BudgetRow", "HoldRow", "HoldState", "KeyRow", "LeaseRow", "MemoryState", "State"]

HoldState: TypeAlias = Literal["running", "doubtful", "released", "over"]


@dataclass(slots=True)
class KeyRow:
    """An item."""

    key: str
    hash: str = ""
    """Of the request that was answered; empty before that."""
    number: int = 0
    """Of its answer, among the lines; 0 before there is one."""
    lease: str | None = None
    """The one that has it now."""
    lost: int = 0
    """Leases that ended with their workers since it was answered or failed last."""
    failures: int = 0
    """How often it failed and cost something."""
    failed_at: float = 0.0
    failed_number: int = 0
    """The line of its last failure."""
    failed_hash: str = ""


@dataclass(slots=True)
class LeaseRow:
    """A lease, also after its end: a step may come late or twice."""

    id: str
    key: str
    hash: str
    worker: str
    replaces: int
    """The number of the item's answer when it was granted."""
    state: Literal["running", "lost", "over"] = "running"


@dataclass(slots=True)
class HoldRow:
    """A request, and the money held for it."""

    call: str
    worker: str
    model: str | None
    amount: int
    """Picodollars."""
    is_bounded: bool
    budgets: tuple[BudgetTerms, ...]
    at: float
    """When it may be sent."""
    is_paced: bool = False
    state: HoldState = "running"
    until: float = 0.0
    """Until when it is held where it is in doubt; when it ended where it is over."""
    generation: str | None = None
    """The billed record that was counted for it, or is to be where it was answered."""
    rpm: float | None = None
    tpm: float | None = None
    tokens: float = 0.0
    is_answered: bool = False
    """Whether it is billed, though its cost is unknown."""
    assumed: int = 0
    """Picodollars that are counted in place of its cost."""


@dataclass(slots=True)
class BudgetRow:
    """A budget; amounts are picodollars."""

    name: str
    spent: dict[str, int] = field(default_factory=dict)
    """Of each day, week and month, by its name, and of all times, by the empty one; see `dates.count`."""
    held: int = 0
    holds: int = 0
    """Requests that run or are in doubt."""
    unbounded: int = 0
    """How many of them nothing bounds."""


class State(Protocol):
    """Rows by their ids. A holder offers one for as long as a step, or several in one go, take."""

    def key(self, key: str) -> KeyRow | None: ...
    def put_key(self, row: KeyRow) -> None: ...
    def lease(self, id: str) -> LeaseRow | None: ...
    def put_lease(self, row: LeaseRow) -> None: ...
    def leases_of(self, worker: str) -> Iterable[LeaseRow]:
        """Return those that run."""
        ...

    def hold(self, call: str) -> HoldRow | None: ...
    def put_hold(self, row: HoldRow) -> None: ...
    def holds_of(self, worker: str) -> Iterable[HoldRow]:
        """Return those that run."""
        ...

    def doubtful(self, until: float) -> Iterable[HoldRow]:
        """Return those whose doubt is over by then."""
        ...

    def forget_holds(self, before: float) -> None:
        """Remove those that were over before then."""
        ...

    def holds_with(self, generation: str) -> Iterable[HoldRow]:
        """Return those that have this billed record."""
        ...

    def running(self, model: str | None) -> int:
        """Return how many requests to a model run."""
        ...

    def budget(self, name: str) -> BudgetRow | None: ...
    def put_budget(self, row: BudgetRow) -> None: ...
    def worker(self, worker: str) -> float | None:
        """Return until when a worker is known to live; None where it is unknown or gone."""
        ...

    def put_worker(self, worker: str, until: float) -> None: ...
    def drop_worker(self, worker: str) -> None: ...
    def dead_workers(self, now: float) -> Iterable[tuple[str, float]]:
        """Return those that lived until then or earlier, and until when."""
        ...

    def pace(self, model: str | None) -> str | None:
        """Return the pace of a model, as `Pace.dump` has written it."""
        ...

    def put_pace(self, model: str | None, pace: str) -> None: ...
    def line(self, number: int) -> bytes: ...
    def append(self, line: bytes) -> int:
        """Keep a line; return its number, which is larger than those before, from 1."""
        ...

    def lines(self, after: int, limit: int) -> Iterable[tuple[int, bytes]]: ...
    def unbooked(self) -> Mapping[str, tuple[str, str]]: ...
    def put_unbooked(self, generation: str, key: str, hash: str) -> None: ...
    def drop_unbooked(self, generation: str) -> None: ...


class MemoryState:
    """A state of one process; it ends with it."""

    def __init__(self) -> None:
        self._keys: dict[str, KeyRow] = {}
        self._leases: dict[str, LeaseRow] = {}
        self._running_leases: dict[str, dict[str, LeaseRow]] = {}
        self._holds: dict[str, HoldRow] = {}
        self._running_holds: dict[str, dict[str, HoldRow]] = {}
        self._doubtful: dict[str, HoldRow] = {}
        self._generations: dict[str, set[str]] = {}
        self._budgets: dict[str, BudgetRow] = {}
        self._workers: dict[str, float] = {}
        self._paces: dict[str | None, str] = {}
        self._lines: list[bytes] = []
        self._unbooked: dict[str, tuple[str, str]] = {}

    def key(self, key: str) -> KeyRow | None:
        return self._keys.get(key)

    def put_key(self, row: KeyRow) -> None:
        self._keys[row.key] = row

    def lease(self, id: str) -> LeaseRow | None:
        return self._leases.get(id)

    def put_lease(self, row: LeaseRow) -> None:
        self._leases[row.id] = row
        of_worker = self._running_leases.setdefault(row.worker, {})
        if row.state == "running":
            of_worker[row.id] = row
        else:
            of_worker.pop(row.id, None)

    def leases_of(self, worker: str) -> list[LeaseRow]:
        return [*self._running_leases.get(worker, {}).values()]

    def hold(self, call: str) -> HoldRow | None:
        return self._holds.get(call)

    def put_hold(self, row: HoldRow) -> None:
        self._holds[row.call] = row
        if row.generation is not None:
            self._generations.setdefault(row.generation, set()).add(row.call)
        of_worker = self._running_holds.setdefault(row.worker, {})
        for state, rows in (("running", of_worker), ("doubtful", self._doubtful)):
            if row.state == state:
                rows[row.call] = row
            else:
                rows.pop(row.call, None)

    def holds_of(self, worker: str) -> list[HoldRow]:
        return [*self._running_holds.get(worker, {}).values()]

    def doubtful(self, until: float) -> list[HoldRow]:
        return [row for row in self._doubtful.values() if row.until <= until]

    def forget_holds(self, before: float) -> None:
        old = [
            row for row in self._holds.values() if row.state in ("released", "over") and row.until < before
        ]
        for row in old:
            del self._holds[row.call]
            if row.generation is not None:
                self._generations[row.generation].discard(row.call)

    def holds_with(self, generation: str) -> list[HoldRow]:
        rows = [self._holds[call] for call in sorted(self._generations.get(generation, ()))]
        return [row for row in rows if row.generation == generation]

    def running(self, model: str | None) -> int:
        return sum(
            row.model == model for of_worker in self._running_holds.values() for row in of_worker.values()
        )

    def budget(self, name: str) -> BudgetRow | None:
        return self._budgets.get(name)

    def put_budget(self, row: BudgetRow) -> None:
        self._budgets[row.name] = row

    def worker(self, worker: str) -> float | None:
        return self._workers.get(worker)

    def put_worker(self, worker: str, until: float) -> None:
        self._workers[worker] = until

    def drop_worker(self, worker: str) -> None:
        self._workers.pop(worker, None)
        self._running_leases.pop(worker, None)
        self._running_holds.pop(worker, None)

    def dead_workers(self, now: float) -> list[tuple[str, float]]:
        return [(worker, until) for worker, until in self._workers.items() if until <= now]

    def pace(self, model: str | None) -> str | None:
        return self._paces.get(model)

    def put_pace(self, model: str | None, pace: str) -> None:
        self._paces[model] = pace

    def line(self, number: int) -> bytes:
        return self._lines[number - 1]

    def append(self, line: bytes) -> int:
        self._lines.append(line)
        return len(self._lines)

    def lines(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        return [*enumerate(self._lines[after : after + limit], after + 1)]

    def unbooked(self) -> Mapping[str, tuple[str, str]]:
        return dict(self._unbooked)

    def put_unbooked(self, generation: str, key: str, hash: str) -> None:
        self._unbooked[generation] = key, hash

    def drop_unbooked(self, generation: str) -> None:
        self._unbooked.pop(generation, None)
