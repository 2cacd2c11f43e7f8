"""`switch_to_wal`: a SQLite file of several processes is put into WAL mode, by whichever of them comes first."""

from __future__ import annotations

import random
import sqlite3
import time

__all__ = ["switch_to_wal"]


def switch_to_wal(connection: sqlite3.Connection) -> None:
    """Put a file into WAL mode, unless it is; blocks for the connection's `timeout` at most.

    SQLite itself waits here for those that read; where another process writes or switches at that moment, it fails at
    once.

    Raises:
        sqlite3.OperationalError: other processes were in the way all the time.
    """
    [milliseconds] = connection.execute("PRAGMA busy_timeout").fetchone()
    give_up_at = time.monotonic() + milliseconds / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                raise
        else:
            return
        time.sleep(random.uniform(0.001, 0.02))
