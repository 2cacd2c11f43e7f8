"""`SqliteState`: the rows of a ledger in the tables of a SQLite file, within the transaction of whoever made it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from typing import Any, TypeAlias, cast

from .dates import Time
from .state import BudgetRow, HoldRow, KeyRow, LeaseRow
from .steps import BudgetTerms

__all__ = ["SCHEMA", "SqliteState"]

SCHEMA = """
CREATE TABLE lines (number INTEGER PRIMARY KEY, line BLOB NOT NULL);
CREATE TABLE keys (
    key TEXT PRIMARY KEY, hash TEXT NOT NULL, number INTEGER NOT NULL, lease TEXT, lost INTEGER NOT NULL,
    failures INTEGER NOT NULL, failed_at REAL NOT NULL, failed_number INTEGER NOT NULL, failed_hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE leases (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, hash TEXT NOT NULL, worker TEXT NOT NULL, replaces INTEGER NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX running_leases ON leases (worker) WHERE state = 'running';
CREATE TABLE holds (
    call TEXT PRIMARY KEY, worker TEXT NOT NULL, model TEXT, amount TEXT NOT NULL, is_bounded INTEGER NOT NULL,
    budgets TEXT NOT NULL, at REAL NOT NULL, is_paced INTEGER NOT NULL, state TEXT NOT NULL, until REAL NOT NULL,
    generation TEXT, rpm REAL, tpm REAL, tokens REAL NOT NULL, is_answered INTEGER NOT NULL, assumed TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX running_holds ON holds (worker) WHERE state = 'running';
CREATE INDEX doubtful_holds ON holds (until) WHERE state = 'doubtful';
CREATE INDEX ended_holds ON holds (until) WHERE state IN ('released', 'over');
CREATE INDEX generations ON holds (generation) WHERE generation IS NOT NULL;
CREATE TABLE budgets (
    name TEXT PRIMARY KEY, spent TEXT NOT NULL, held TEXT NOT NULL, holds INTEGER NOT NULL, unbounded INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE workers (worker TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE paces (model TEXT PRIMARY KEY, pace TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE unbooked (generation TEXT PRIMARY KEY, key TEXT NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE clock (now REAL NOT NULL, date REAL NOT NULL);
INSERT INTO clock VALUES (0, 0)
"""

_Row: TypeAlias = tuple[Any, ...]

_NO_MODEL = ""
"""Stands for the account's default, since a primary key may not be null."""


class SqliteState:
    """A state whose rows are copies; raises what SQLite raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def key(self, key: str) -> KeyRow | None:
        row = self._one("SELECT * FROM keys WHERE key = ?", key)
        return None if row is None else KeyRow(*row)

    def put_key(self, row: KeyRow) -> None:
        self._put("keys", astuple(row))

    def lease(self, id: str) -> LeaseRow | None:
        row = self._one("SELECT * FROM leases WHERE id = ?", id)
        return None if row is None else LeaseRow(*row)

    def put_lease(self, row: LeaseRow) -> None:
        self._put("leases", astuple(row))

    def leases_of(self, worker: str) -> Iterator[LeaseRow]:
        rows = self._all("SELECT * FROM leases WHERE worker = ? AND state = 'running' ORDER BY id", worker)
        return (LeaseRow(*row) for row in rows)

    def hold(self, call: str) -> HoldRow | None:
        row = self._one("SELECT * FROM holds WHERE call = ?", call)
        return None if row is None else _hold(row)

    def put_hold(self, row: HoldRow) -> None:
        budgets = json.dumps([astuple(terms) for terms in row.budgets])
        self._put(
            "holds",
            (
                *(
                    row.call,
                    row.worker,
                    row.model,
                    str(row.amount),
                    row.is_bounded,
                    budgets,
                    row.at,
                    row.is_paced,
                ),
                *(row.state, row.until, row.generation, row.rpm, row.tpm, row.tokens),
                *(row.is_answered, str(row.assumed)),
            ),
        )

    def holds_of(self, worker: str) -> Iterator[HoldRow]:
        rows = self._all("SELECT * FROM holds WHERE worker = ? AND state = 'running'", worker)
        return (_hold(row) for row in rows)

    def doubtful(self, until: float) -> Iterator[HoldRow]:
        rows = self._all("SELECT * FROM holds WHERE state = 'doubtful' AND until <= ?", until)
        return (_hold(row) for row in rows)

    def forget_holds(self, before: float) -> None:
        self._db.execute("DELETE FROM holds WHERE state IN ('released', 'over') AND until < ?", (before,))

    def holds_with(self, generation: str) -> Iterator[HoldRow]:
        rows = self._all("SELECT * FROM holds WHERE generation = ? ORDER BY call", generation)
        return (_hold(row) for row in rows)

    def running(self, model: str | None) -> int:
        row = self._one("SELECT count(*) FROM holds WHERE state = 'running' AND model IS ?", model)
        return 0 if row is None else int(row[0])

    def budget(self, name: str) -> BudgetRow | None:
        row = self._one("SELECT * FROM budgets WHERE name = ?", name)
        if row is None:
            return None
        name, spent, held, *counts = row
        return BudgetRow(name, json.loads(spent), int(held), *counts)

    def put_budget(self, row: BudgetRow) -> None:
        # Amounts are texts: a whole number of SQLite ends at nine million dollars.
        self._put("budgets", (row.name, json.dumps(row.spent), str(row.held), row.holds, row.unbounded))

    def worker(self, worker: str) -> float | None:
        row = self._one("SELECT until FROM workers WHERE worker = ?", worker)
        return None if row is None else float(row[0])

    def put_worker(self, worker: str, until: float) -> None:
        self._put("workers", (worker, until))

    def drop_worker(self, worker: str) -> None:
        self._db.execute("DELETE FROM workers WHERE worker = ?", (worker,))

    def dead_workers(self, now: float) -> Iterator[tuple[str, float]]:
        rows = self._all("SELECT worker, until FROM workers WHERE until <= ? ORDER BY until, worker", now)
        return ((worker, until) for worker, until in rows)

    def pace(self, model: str | None) -> str | None:
        row = self._one("SELECT pace FROM paces WHERE model = ?", model or _NO_MODEL)
        return None if row is None else str(row[0])

    def put_pace(self, model: str | None, pace: str) -> None:
        self._put("paces", (model or _NO_MODEL, pace))

    def line(self, number: int) -> bytes:
        row = self._one("SELECT line FROM lines WHERE number = ?", number)
        return b"" if row is None else bytes(row[0])

    def append(self, line: bytes) -> int:
        return self._db.execute("INSERT INTO lines (line) VALUES (?)", (line,)).lastrowid or 0

    def lines(self, after: int, limit: int) -> Iterator[tuple[int, bytes]]:
        rows = self._all(
            "SELECT number, line FROM lines WHERE number > ? ORDER BY number LIMIT ?", after, limit
        )
        return ((number, bytes(line)) for number, line in rows)

    def unbooked(self) -> Mapping[str, tuple[str, str]]:
        rows = self._all("SELECT generation, key, hash FROM unbooked")
        return {generation: (key, hash) for generation, key, hash in rows}

    def put_unbooked(self, generation: str, key: str, hash: str) -> None:
        self._put("unbooked", (generation, key, hash))

    def drop_unbooked(self, generation: str) -> None:
        self._db.execute("DELETE FROM unbooked WHERE generation = ?", (generation,))

    def time_at(self, clock: float) -> Time:
        """Return the moment at which the clock says this, after the last that any process has seen; and note it."""
        time = Time(*self._one("SELECT now, date FROM clock") or ()).at(clock)
        self._db.execute("UPDATE clock SET now = ?, date = ?", (time.now, time.date))
        return time

    def _one(self, sql: str, *values: object) -> _Row | None:
        return cast("_Row | None", self._db.execute(sql, values).fetchone())

    def _all(self, sql: str, *values: object) -> list[_Row]:
        return self._db.execute(sql, values).fetchall()

    def _put(self, table: str, row: tuple[object, ...]) -> None:
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _hold(row: _Row) -> HoldRow:
    call, worker, model, amount, is_bounded, budgets, at, is_paced, *rest, is_answered, assumed = row
    terms = tuple(BudgetTerms(*each) for each in json.loads(budgets))
    rest += [bool(is_answered), int(assumed)]
    return HoldRow(call, worker, model, int(amount), bool(is_bounded), terms, at, bool(is_paced), *rest)
