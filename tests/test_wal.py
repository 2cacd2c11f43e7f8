"""A file is put into WAL mode as soon as nobody is in the way, and not waited for longer than its connection says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from openrouter_async._wal import switch_to_wal

SWITCH = "PRAGMA journal_mode = WAL"


def connected(path: Path, *, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


def held(path: Path) -> sqlite3.Connection:
    """Return a connection that is about to write, which is in the way of a switch."""
    connection = connected(path, timeout=0)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_it_waits_for_one_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    with closing(held(path)) as writer, closing(connected(path, timeout=60)) as connection:
        tried: list[str] = []

        def leave_at_the_second_try(statement: str) -> None:
            tried.append(statement)
            if tried.count(SWITCH) == 2:
                writer.execute("COMMIT")

        connection.set_trace_callback(leave_at_the_second_try)
        switch_to_wal(connection)
        assert tried.count(SWITCH) >= 2
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_gives_up_when_the_connection_would(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    late = pytest.raises(sqlite3.OperationalError, match="locked")
    with closing(held(path)), closing(connected(path, timeout=0.05)) as connection, late:
        switch_to_wal(connection)


def test_another_failure_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.write_bytes(b"no database at all" * 100)
    damaged = pytest.raises(sqlite3.DatabaseError, match="not a database")
    with closing(connected(path, timeout=60)) as connection, damaged:
        switch_to_wal(connection)
