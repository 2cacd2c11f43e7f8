"""`AnswerStore`: answers in a SQLite file, for several threads and processes. Blocking; raises what SQLite raises.

The file is opened when it is first used. It is in WAL mode, so readers and a writer do not wait for each other, and for
its owner alone, since answers tell what was asked. Each answer has a checksum; a damaged one is never returned.

Leases tell other processes which requests are in flight. A lease that its owner does not renew ends, so a process that
dies keeps nobody waiting for long.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json, to_json

from .._wal import switch_to_wal

__all__ = ["AnswerStore", "KeptAnswer", "StoreFault", "StoreStats"]

_ID = 0x6F726163
"""What SQLite calls the application id: no other program's file is touched."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS leases (key BLOB PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    created REAL NOT NULL,
    used REAL NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL,
    facts TEXT NOT NULL,
    body BLOB NOT NULL,
    checksum BLOB NOT NULL
);
"""
BUSY_S = 1.0
"""The longest wait of a writer for another process that writes."""
LARGE = 256 * 1024
"""Bytes of a body that takes long enough to read that the event loop should not do it."""
_A_STATEMENT = 64
"""Answers that one statement writes: while it runs, other threads of Python run too."""
_COLUMNS = "(key, created, used, size, facts, body, checksum)"


class StoreFault(Exception):
    """Why a file cannot be used, other than what SQLite itself says."""


class KeptAnswer(NamedTuple):
    """One answer, as it came."""

    operation: str
    model: str | None
    created: float
    """Seconds since 1970."""
    status: int
    headers: Mapping[str, str]
    generation_id: str | None
    cost: Decimal | None
    """US dollars that it was charged."""
    body: bytes | None
    """None where it is large, and was not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """The contents of a file, counted."""

    answers: int
    bytes: int
    """Of the answers; the file is somewhat larger."""
    hits: int
    saved: Decimal
    """US dollars that the hits would have cost."""


class AnswerStore:
    """A connection to the file of a local cache; one thread at a time may use it."""

    def __init__(
        self, path: str | os.PathLike[str], *, must_exist: bool = False, busy_s: float | None = None
    ) -> None:
        self._path = Path(path)
        self._must_exist = must_exist
        self._busy_s = BUSY_S if busy_s is None else busy_s
        self._open: sqlite3.Connection | None = None
        self.noted: dict[bytes, tuple[int, float]] = {}
        """Hits that are not written down yet: how many, and when the last was."""
        self._grown: int | None = None
        """Bytes that were added since the last pruning; None before the first."""

    def find(
        self, key: bytes, *, now: float, ttl: float | None, most: int | None = None
    ) -> KeptAnswer | None:
        """Return the answer of a key, without its body if that has more than `most` bytes; None if the file lacks it,
        or if it is too old.

        Raises:
            StoreFault: the answer is damaged.
        """
        row = (
            self.connection()
            .execute(
                "SELECT created, facts, CASE WHEN size <= ? THEN body END, checksum FROM answers WHERE key = ?",
                (2**62 if most is None else most, key),
            )
            .fetchone()
        )
        if row is None or (ttl is not None and row[0] + ttl < now):
            return None
        created, facts, body, checksum = row
        if body is None:
            return _answer(created, facts, None)
        if checksum != _checksum(key, created, facts, body):
            raise StoreFault("an answer in it is damaged")
        hits, _ = self.noted.get(key, (0, now))
        self.noted[key] = (hits + 1, now)
        return _answer(created, facts, body)

    def keep(self, answers: Mapping[bytes, KeptAnswer], *, ttl: float | None, max_bytes: int) -> None:
        """Keep answers by their keys, in place of earlier ones, all or none; makes room for them where the file has
        grown too large."""
        rows = [row for key, answer in answers.items() if (row := _row(key, answer))[3] <= max_bytes]
        if not rows:
            return
        connection = self.connection()
        with _Transaction(connection):
            todo = iter(rows)
            while part := [*islice(todo, _A_STATEMENT)]:
                places = ",".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(part))
                connection.execute(
                    f"INSERT OR REPLACE INTO answers {_COLUMNS} VALUES {places}",
                    [*chain.from_iterable(part)],
                )
        self._grown = None if self._grown is None else self._grown + sum(row[3] for row in rows)
        if self._grown is None or self._grown > max_bytes // 16:
            self.prune(now=max(row[1] for row in rows), ttl=ttl, max_bytes=max_bytes)

    def forget(self, keys: Sequence[bytes]) -> None:
        """Remove answers."""
        self.connection().executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in keys])

    def lease(self, key: bytes, owner: str, *, now: float, until: float) -> bool:
        """Take the lease of a key until then; False if another owner has it."""
        taken = self.connection().execute(
            "INSERT INTO leases (key, owner, until) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET owner = excluded.owner, until = excluded.until WHERE until < ? OR until > ?",
            (key, owner, until, now, until + 3_600),  # one from the future is of a clock that was wrong
        )
        return taken.rowcount > 0

    def renew(self, owner: str, until: float) -> None:
        """Keep the leases of an owner until then."""
        self.connection().execute("UPDATE leases SET until = ? WHERE owner = ?", (until, owner))

    def release(self, keys: Sequence[bytes], owner: str) -> None:
        """End leases of an owner."""
        self.connection().executemany(
            "DELETE FROM leases WHERE key = ? AND owner = ?", [(key, owner) for key in keys]
        )

    def prune(self, *, now: float, ttl: float | None = None, max_bytes: int | None = None) -> int:
        """Remove what is too old, then the answers unused for longest until the others fit; return how many."""
        connection = self.connection()
        self.write_notes()
        removed = 0
        if ttl is not None:
            removed += connection.execute("DELETE FROM answers WHERE created < ?", (now - ttl,)).rowcount
        if max_bytes is not None:
            (total,) = connection.execute("SELECT coalesce(sum(size), 0) FROM answers").fetchone()
            if total > max_bytes:
                removed += connection.execute(
                    "DELETE FROM answers WHERE id IN (SELECT id FROM (SELECT id, sum(size) OVER"
                    " (ORDER BY used DESC, id DESC) AS upto FROM answers) WHERE upto > ?)",
                    (max_bytes - max_bytes // 8,),
                ).rowcount
        if removed:
            connection.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page
        self._grown = 0
        return removed

    def entries(self) -> Iterator[tuple[KeptAnswer, int, int]]:
        """Yield each answer without its body, the newest first, with its size in bytes and its hits."""
        self.write_notes()
        rows = self.connection().execute(
            "SELECT created, facts, size, hits FROM answers ORDER BY created DESC, id DESC"
        )
        for created, facts, size, hits in rows:
            yield _answer(created, facts, None), size, hits

    def contents(self) -> Iterator[tuple[bytes, KeptAnswer, int]]:
        """Yield each sound answer with its key and hits, the oldest first."""
        rows = self.connection().execute(
            "SELECT key, created, facts, body, checksum, hits FROM answers ORDER BY created, id"
        )
        for key, created, facts, body, checksum, hits in rows:
            if checksum == _checksum(key, created, facts, body):
                yield key, _answer(created, facts, body), hits

    def stats(self) -> StoreStats:
        """Return the counts of all answers."""
        count = size = total_hits = 0
        saved = Decimal(0)
        for answer, bytes_, hits in self.entries():
            count, size, total_hits = count + 1, size + bytes_, total_hits + hits
            saved += hits * (answer.cost or 0)
        return StoreStats(answers=count, bytes=size, hits=total_hits, saved=saved)

    def write_notes(self) -> None:
        """Write down which answers were used."""
        if self.noted:
            rows = [(hits, used, key) for key, (hits, used) in self.noted.items()]
            self.noted = {}
            self.connection().executemany(
                "UPDATE answers SET hits = hits + ?, used = max(used, ?) WHERE key = ?", rows
            )

    def close(self) -> None:
        """Close the file; harmless when done before. The next use opens it again."""
        if self._open is not None:
            try:
                self.write_notes()
            finally:
                connection, self._open = self._open, None
                connection.close()

    def connection(self) -> sqlite3.Connection:
        """Return the connection, opened if it was not."""
        if self._open is None:
            self._open = self._opened()
            self._grown = None
        return self._open

    def _opened(self) -> sqlite3.Connection:
        if self._must_exist and not self._path.exists():
            raise StoreFault("the file does not exist")
        if self._path.exists() and not self._path.is_file():
            raise StoreFault("it is not a regular file")
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Check that a file is ours, and make its tables where it is new."""
    if _identity(connection) == (0, 0, 0):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    else:
        _check(_identity(connection))
    switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    if _identity(connection) == (_ID, _VERSION, 2):
        return
    with _Transaction(connection):
        if _identity(connection) != (0, 0, 0):  # another process was faster, or an earlier release made it
            _check(_identity(connection))
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_ID}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")


class _Transaction:
    """All or nothing; `sqlite3`'s own begins none where statements are committed as they come."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:  # SQLite ends it where the disk is full
            self._connection.execute("ROLLBACK")


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return whose file it is, of which version, and how many tables it has."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    return application, version, tables


def _check(identity: tuple[int, int, int]) -> None:
    application, version, _ = identity
    if application != _ID:
        raise StoreFault("it is a database of another program")
    if version != _VERSION:
        raise StoreFault(f"it is of version {version}, and this library knows {_VERSION}; update it")


def _row(key: bytes, answer: KeptAnswer) -> tuple[bytes, float, float, int, str, bytes, bytes]:
    body = answer.body or b""
    facts = to_json(
        {
            "operation": answer.operation,
            "model": answer.model,
            "status": answer.status,
            "headers": dict(answer.headers),
            "generation_id": answer.generation_id,
            "cost": answer.cost,
        }
    ).decode()
    created = answer.created
    return key, created, created, len(body) + len(facts), facts, body, _checksum(key, created, facts, body)


def _checksum(key: bytes, created: float, facts: str, body: bytes) -> bytes:
    summed = hashlib.blake2b(key, digest_size=16)
    summed.update(f"{created!r} {len(facts)} {facts}".encode())
    summed.update(body)
    return summed.digest()


def _answer(created: float, facts: str, body: bytes | None) -> KeptAnswer:
    read = from_json(facts)
    cost = read["cost"]
    return KeptAnswer(
        operation=read["operation"],
        model=read["model"],
        created=created,
        status=read["status"],
        headers=read["headers"],
        generation_id=read["generation_id"],
        cost=None if cost is None else Decimal(cost),
        body=body,
    )
