"""`RedisState`: the rows of a ledger in hashes and sorted sets of Redis, for as long as a process has the turn.

Rows are read in few round trips: `begin` asks for those that the steps name, then for those that these name. One that
is missing is read when it is asked for. Writes are kept, and `writes` returns them as commands, each row once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Protocol, TypeAlias

from .dates import Time
from .state import BudgetRow, HoldRow, KeyRow, LeaseRow
from .steps import Admit, BudgetTerms, Claim, Finish, Free, GiveUp, Look, LookAtPace, Report, Settle, Step

__all__ = ["Ask", "Command", "RedisState"]

Command: TypeAlias = tuple[str | bytes | int | float, ...]

_NO_MODEL = ""
"""Stands for the account's default, which has no name."""
_COUNTS = "counts"
_EVER = float("inf")


class Ask(Protocol):
    """Sends commands in one round trip, and returns their answers."""

    def __call__(self, *commands: Command) -> list[Any]: ...


class _Rows:
    """A hash, as far as it was read, with what is to be written."""

    def __init__(self) -> None:
        self.known: dict[str, bytes | None] = {}
        self.changed: set[str] = set()


class RedisState:
    """A state whose rows are copies; raises what the client of Redis raises."""

    def __init__(self, ask: Ask, prefix: str) -> None:
        self._ask = ask
        self._prefix = prefix
        self._forget()

    def _forget(self) -> None:
        self._tables: dict[str, _Rows] = {}
        self._moves: dict[str, dict[str, float | None]] = {}
        """Members of sorted sets that were added, with their score, or removed: None."""
        self._workers: dict[str, float] = {}

    # Reading and writing in few round trips

    def begin(self, steps: Sequence[Step], clock: float | None) -> Time:
        """Forget what was read before, read what steps need, and return the time.

        Args:
            steps: What will be applied.
            clock: The time; None: that of the server.
        """
        self._forget()
        names = _named(steps)
        tables = [table for table in names if names[table]]
        time, workers, *found = self._ask(
            ("TIME",),
            ("ZRANGE", self._key("workers"), 0, -1, "WITHSCORES"),
            *(("HMGET", self._key(table), *names[table]) for table in tables),
        )
        pairs = zip(workers[::2], workers[1::2], strict=True)
        self._workers = {worker.decode(): float(until) for worker, until in pairs}
        for table, rows in zip(tables, found, strict=True):
            self._rows(table).known |= zip(names[table], rows, strict=True)
        self._read(self._behind(steps))
        now = time[0] + time[1] / 1e6 if clock is None else clock
        at = Time(*(self._json(_COUNTS, "time") or ())).at(now)
        self._put(_COUNTS, "time", _dump(astuple(at)))
        return at

    def _behind(self, steps: Sequence[Step]) -> dict[str, set[str]]:
        """Return the rows that those of steps name."""
        keys = [self.key(step.key) for step in steps if isinstance(step, Claim)]
        leases = [self.lease(step.lease) for step in steps if isinstance(step, Finish | GiveUp)]
        holds = [self.hold(step.call) for step in steps if isinstance(step, Report | Settle)]
        return {
            "keys": {row.key for row in leases if row},
            "leases": {row.lease for row in keys if row and row.lease},
            "lines": {str(number) for row in keys if row for number in (row.number, row.failed_number)},
            "budgets": {terms.name for row in holds if row for terms in row.budgets},
            "paces": {row.model or _NO_MODEL for row in holds if row},
        }

    def _read(self, names: Mapping[str, set[str]]) -> None:
        wanted = {table: [*(ids - self._rows(table).known.keys())] for table, ids in names.items()}
        wanted = {table: ids for table, ids in wanted.items() if ids}
        if wanted:
            found = self._ask(*(("HMGET", self._key(table), *ids) for table, ids in wanted.items()))
            for (table, ids), rows in zip(wanted.items(), found, strict=True):
                self._rows(table).known |= zip(ids, rows, strict=True)

    def writes(self) -> list[Command]:
        """Return the commands that write what was changed."""
        commands: list[Command] = []
        for table, rows in self._tables.items():
            for id in rows.changed:
                row = rows.known[id]
                key = self._key(table)
                commands.append(("HDEL", key, id) if row is None else ("HSET", key, id, row))
        for index, members in self._moves.items():
            for member, score in members.items():
                key = self._key(index)
                commands.append(
                    ("ZREM", key, member) if score is None else ("ZADD", key, repr(score), member)
                )
        return commands

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _rows(self, table: str) -> _Rows:
        return self._tables.setdefault(table, _Rows())

    def _get(self, table: str, id: str) -> bytes | None:
        known = self._rows(table).known
        if id not in known:
            (known[id],) = self._ask(("HGET", self._key(table), id))
        return known[id]

    def _put(self, table: str, id: str, row: bytes | None) -> None:
        rows = self._rows(table)
        rows.known[id] = row
        rows.changed.add(id)

    def _json(self, table: str, id: str) -> Any:
        row = self._get(table, id)
        return None if row is None else json.loads(row)

    def _move(self, index: str, member: str, score: float | None) -> None:
        self._moves.setdefault(index, {})[member] = score

    def _members(self, index: str, until: float = _EVER) -> list[str]:
        """Return the members of a sorted set up to a score."""
        moved = self._moves.get(index, {})
        (found,) = self._ask(("ZRANGEBYSCORE", self._key(index), "-inf", repr(until)))
        members = [name for member in found if (name := member.decode()) not in moved]
        return members + [member for member, score in moved.items() if score is not None and score <= until]

    # Rows

    def key(self, key: str) -> KeyRow | None:
        row = self._json("keys", key)
        return None if row is None else KeyRow(key, *row)

    def put_key(self, row: KeyRow) -> None:
        self._put("keys", row.key, _dump(astuple(row)[1:]))

    def lease(self, id: str) -> LeaseRow | None:
        row = self._json("leases", id)
        return None if row is None else LeaseRow(id, *row)

    def put_lease(self, row: LeaseRow) -> None:
        self._put("leases", row.id, _dump(astuple(row)[1:]))
        self._move(f"leases:{row.worker}", row.id, 0 if row.state == "running" else None)

    def leases_of(self, worker: str) -> list[LeaseRow]:
        ids = self._members(f"leases:{worker}")
        self._read({"leases": {*ids}})
        rows = [row for id in ids if (row := self.lease(id)) is not None]
        self._read({"keys": {row.key for row in rows}})
        return rows

    def hold(self, call: str) -> HoldRow | None:
        row = self._json("holds", call)
        if row is None:
            return None
        worker, model, amount, is_bounded, budgets, *rest = row
        terms = tuple(BudgetTerms(*each) for each in budgets)
        return HoldRow(call, worker, model, amount, is_bounded, terms, *rest)

    def put_hold(self, row: HoldRow) -> None:
        if row.generation is not None and row.call not in (calls := self._calls_of(row.generation)):
            self._put("generations", row.generation, _dump(sorted([*calls, row.call])))
        self._put("holds", row.call, _dump(astuple(row)[1:]))
        is_running = 0 if row.state == "running" else None
        self._move(f"holds:{row.worker}", row.call, is_running)
        self._move(f"running:{row.model or _NO_MODEL}", row.call, is_running)
        self._move("doubtful", row.call, row.until if row.state == "doubtful" else None)
        self._move("ended", row.call, row.until if row.state in ("released", "over") else None)

    def holds_of(self, worker: str) -> list[HoldRow]:
        return self._holds(self._members(f"holds:{worker}"))

    def doubtful(self, until: float) -> list[HoldRow]:
        return self._holds(self._members("doubtful", until))

    def _holds(self, calls: list[str]) -> list[HoldRow]:
        self._read({"holds": {*calls}})
        return [row for call in calls if (row := self.hold(call)) is not None]

    def forget_holds(self, before: float) -> None:
        for row in self._holds(self._members("ended", before)):
            if row.until < before:
                self._put("holds", row.call, None)
                self._move("ended", row.call, None)
                if row.generation is not None:
                    calls = [call for call in self._calls_of(row.generation) if call != row.call]
                    self._put("generations", row.generation, _dump(calls) if calls else None)

    def holds_with(self, generation: str) -> list[HoldRow]:
        return [row for row in self._holds(self._calls_of(generation)) if row.generation == generation]

    def _calls_of(self, generation: str) -> list[str]:
        return self._json("generations", generation) or []

    def running(self, model: str | None) -> int:
        return len(self._members(f"running:{model or _NO_MODEL}"))

    def budget(self, name: str) -> BudgetRow | None:
        row = self._json("budgets", name)
        return None if row is None else BudgetRow(name, *row)

    def put_budget(self, row: BudgetRow) -> None:
        self._put("budgets", row.name, _dump(astuple(row)[1:]))

    def worker(self, worker: str) -> float | None:
        return self._workers.get(worker)

    def put_worker(self, worker: str, until: float) -> None:
        self._workers[worker] = until
        self._move("workers", worker, until)

    def drop_worker(self, worker: str) -> None:
        self._workers.pop(worker, None)
        self._move("workers", worker, None)

    def dead_workers(self, now: float) -> list[tuple[str, float]]:
        return [(worker, until) for worker, until in self._workers.items() if until <= now]

    def pace(self, model: str | None) -> str | None:
        row = self._get("paces", model or _NO_MODEL)
        return None if row is None else row.decode()

    def put_pace(self, model: str | None, pace: str) -> None:
        self._put("paces", model or _NO_MODEL, pace.encode())

    def line(self, number: int) -> bytes:
        return self._get("lines", str(number)) or b""

    def append(self, line: bytes) -> int:
        number = self._last_line() + 1
        self._put(_COUNTS, "lines", str(number).encode())
        self._put("lines", str(number), line)
        return number

    def lines(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        numbers = range(after + 1, min(after + limit, self._last_line()) + 1)
        self._read({"lines": {*map(str, numbers)}})
        return [(number, self.line(number)) for number in numbers]

    def _last_line(self) -> int:
        return int(self._get(_COUNTS, "lines") or 0)

    def unbooked(self) -> Mapping[str, tuple[str, str]]:
        (found,) = self._ask(("HGETALL", self._key("unbooked")))
        rows = {name.decode(): row for name, row in found.items()}
        rows |= self._rows("unbooked").known
        return {generation: _pair(row) for generation, row in rows.items() if row is not None}

    def put_unbooked(self, generation: str, key: str, hash: str) -> None:
        self._put("unbooked", generation, _dump((key, hash)))

    def drop_unbooked(self, generation: str) -> None:
        self._put("unbooked", generation, None)


def _named(steps: Iterable[Step]) -> dict[str, list[str]]:
    """Return the ids of the rows that steps name, by table."""
    names: dict[str, set[str]] = {
        table: set() for table in ("keys", "leases", "holds", "budgets", "paces", "generations")
    }
    for step in steps:
        match step:
            case Claim():
                names["keys"].add(step.key)
            case Free():
                names["keys"].update(step.keys)
            case Finish() | GiveUp():
                names["leases"].add(step.lease)
                if isinstance(step, Finish) and step.source is not None:
                    names["generations"].add(step.source)
            case Admit():
                names["holds"].add(step.call)
                names["budgets"].update(terms.name for terms in step.budgets)
                names["paces"].add(step.model or _NO_MODEL)
            case Report() | Settle():
                names["holds"].add(step.call)
                if step.generation is not None:
                    names["generations"].add(step.generation)
                if isinstance(step, Settle):
                    names["budgets"].update(terms.name for terms in step.budgets)
            case Look():
                names["budgets"].add(step.budget.name)
            case LookAtPace():
                names["paces"].add(step.model or _NO_MODEL)
            case _:
                pass
    return {_COUNTS: ["time", "lines"], **{table: [*ids] for table, ids in names.items()}}


def _dump(row: object) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def _pair(row: bytes) -> tuple[str, str]:
    key, hash = json.loads(row)
    return key, hash
