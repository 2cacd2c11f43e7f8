"""`AnswerStore`: answers in a SQLite file, for several threads and processes. Blocking; raises what SQLite raises.

The file is opened when it is first used. It is in WAL mode, so readers and a writer do not wait for each other, and for
its owner alone, since answers tell what was asked. Each answer has a checksum; a damaged one is never returned.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

__all__ = ["AnswerStore", "KeptAnswer", "StoreFault", "StoreStats"]

_ID = 0x6F726163
"""What SQLite calls the application id: no other program's file is touched."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE answers (
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
CREATE INDEX by_use ON answers (used, size);
CREATE INDEX by_age ON answers (created);
"""
_BUSY_S = 1.0
"""The longest wait for another process that writes."""
_MOST_NOTED = 256
"""Hits that are noted in memory, before they are written to the file in one go."""


class StoreFault(Exception):
    """Why a file cannot be used, other than what SQLite itself says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
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
    body: bytes


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
    """The file of a local cache; one thread at a time may use it."""

    def __init__(self, path: str | os.PathLike[str], *, must_exist: bool = False) -> None:
        self._path = Path(path)
        self._must_exist = must_exist
        self._open: sqlite3.Connection | None = None
        self._noted: dict[bytes, tuple[int, float]] = {}
        self._grown: int | None = None
        """Bytes that were added since the last pruning; None before the first."""

    def find(self, key: bytes, *, now: float, ttl: float | None) -> KeptAnswer | None:
        """Return the answer of a key; None if the file lacks it, or if it is too old.

        Raises:
            StoreFault: the answer is damaged; it is removed.
        """
        row = (
            self._connection()
            .execute("SELECT created, facts, body, checksum FROM answers WHERE key = ?", (key,))
            .fetchone()
        )
        if row is None or (ttl is not None and row[0] + ttl < now):
            return None
        created, facts, body, checksum = row
        if checksum != _checksum(key, created, facts, body):
            self._connection().execute("DELETE FROM answers WHERE key = ?", (key,))
            raise StoreFault("an answer in it is damaged")
        hits, _ = self._noted.get(key, (0, now))
        self._noted[key] = (hits + 1, now)
        if len(self._noted) >= _MOST_NOTED:
            self.write_notes()
        return _answer(created, facts, body)

    def keep(self, key: bytes, answer: KeptAnswer, *, ttl: float | None, max_bytes: int) -> None:
        """Keep an answer, in place of an earlier one; makes room for it where the file has grown too large."""
        facts = json.dumps(
            {
                "operation": answer.operation,
                "model": answer.model,
                "status": answer.status,
                "headers": dict(answer.headers),
                "generation_id": answer.generation_id,
                "cost": None if answer.cost is None else str(answer.cost),
            }
        )
        size = len(answer.body) + len(facts)
        if size > max_bytes:
            return
        checksum = _checksum(key, answer.created, facts, answer.body)
        self._connection().execute(
            "INSERT OR REPLACE INTO answers (key, created, used, size, facts, body, checksum)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key, answer.created, answer.created, size, facts, answer.body, checksum),
        )
        self._grown = None if self._grown is None else self._grown + size
        if self._grown is None or self._grown > max_bytes // 16:
            self.prune(now=answer.created, ttl=ttl, max_bytes=max_bytes)

    def prune(self, *, now: float, ttl: float | None = None, max_bytes: int | None = None) -> int:
        """Remove what is too old, then the answers unused for longest until the others fit; return how many."""
        connection = self._connection()
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
        rows = self._connection().execute(
            "SELECT created, facts, size, hits FROM answers ORDER BY created DESC, id DESC"
        )
        for created, facts, size, hits in rows:
            yield _answer(created, facts, b""), size, hits

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
        if self._noted:
            rows = [(hits, used, key) for key, (hits, used) in self._noted.items()]
            self._noted = {}
            self._connection().executemany(
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

    def _connection(self) -> sqlite3.Connection:
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
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
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
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = NORMAL")
    if _identity(connection) == (_ID, _VERSION, 1):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _identity(connection) == (0, 0, 0):  # no other process was faster
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        _check(_identity(connection))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return whose file it is, of which version, and whether it has tables."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) > 0 FROM sqlite_master").fetchone()
    return application, version, tables


def _check(identity: tuple[int, int, int]) -> None:
    application, version, _ = identity
    if application != _ID:
        raise StoreFault("it is a database of another program")
    if version != _VERSION:
        raise StoreFault(f"it is of version {version}, and this library knows {_VERSION}; update it")


def _checksum(key: bytes, created: float, facts: str, body: bytes) -> bytes:
    summed = hashlib.blake2b(key, digest_size=16)
    summed.update(f"{created!r} {len(facts)} {facts}".encode())
    summed.update(body)
    return summed.digest()


def _answer(created: float, facts: str, body: bytes) -> KeptAnswer:
    read = json.loads(facts)
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
