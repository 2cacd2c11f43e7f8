"""`SqliteHolder`: a ledger in a SQLite file, for the processes of one machine.

All steps that wait are one transaction, in a thread, so the event loop stays free and many requests in flight cost one
write. SQLite lets one process write at a time; the others wait for it, with pauses of 1 to 100 ms. The file is in WAL
mode: each transaction outlives the process, though not a power failure. It is for its owner alone, since it has the
answers.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from .._wal import switch_to_wal
from ..errors import LedgerError
from .machine import LEASE_S, Machine
from .sqlite_state import SCHEMA, SqliteState
from .steps import Answer, Beat, Step

__all__ = ["SqliteHolder"]

_ID = 0x6F726C67
"""What SQLite calls the application id: no other program's file is touched."""
_VERSION = 2

BUSY_S = 60.0
"""Seconds to wait for other processes that write; chosen: hundreds of times what a busy ledger needs."""


class SqliteHolder:
    """The connection of one process to the file."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lease_s: float = LEASE_S,
        busy_s: float = BUSY_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.lease_s = lease_s
        self._path = Path(path)
        self._busy_s = busy_s
        self._clock = clock
        self._open: sqlite3.Connection | None = None
        self._process = 0
        self._one_thread = threading.Lock()
        self._one_at_a_time: CapacityLimiter | None = None

    @property
    def where(self) -> str:
        """The path."""
        return str(self._path)

    async def open(self) -> None:
        """Open the file, or make it.

        Raises:
            LedgerError: it is not a ledger, of a newer version, damaged, or cannot be opened.
        """
        self._one_at_a_time = CapacityLimiter(1)
        await self._in_thread(self._connect)

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        """Apply steps in one transaction.

        Raises:
            LedgerError: the file cannot be written; nothing was applied.
        """
        return await self._in_thread(lambda: self._apply(steps))

    def beat(self, worker: str) -> None:
        """Apply a `Beat`, in the thread that calls it.

        Raises:
            LedgerError: as `apply`.
        """
        self._apply([Beat(worker=worker)])

    async def aclose(self) -> None:
        """Close the file."""
        connection, self._open = self._open, None
        if connection is not None:
            await to_thread.run_sync(connection.close, limiter=self._one_at_a_time)

    async def _in_thread(self, work: Callable[[], list[Answer]]) -> list[Answer]:
        return await to_thread.run_sync(work, limiter=self._one_at_a_time)

    def _connect(self) -> list[Answer]:
        with self._errors():
            if self._path.exists() and not self._path.is_file():
                raise self._error("is not a regular file; name another file")
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(
                self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        self._open, self._process = connection, os.getpid()
        self._machine = Machine(SqliteState(connection), lease_s=self.lease_s)
        return []

    def _apply(self, steps: Sequence[Step]) -> list[Answer]:
        connection = self._open
        if connection is None:
            raise self._error("is closed")
        if os.getpid() != self._process:
            raise self._error("was opened before this process was forked; open it in each process")
        with self._one_thread, self._errors(), _transaction(connection):
            time = SqliteState(connection).time_at(self._clock())
            return [self._machine.apply(step, time.now, time.date) for step in steps]

    def _prepare(self, connection: sqlite3.Connection) -> None:
        identity = _identity(connection)
        if identity != (0, 0, 0):  # another process may have made it in the midst of the look
            identity = _identity(connection)
        self._check(identity, may_be_new=True)
        switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        with _transaction(connection):
            if _identity(connection) == (0, 0, 0):  # no other process was faster
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_ID}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            self._check(_identity(connection), may_be_new=False)

    def _check(self, identity: tuple[int, int, int], *, may_be_new: bool) -> None:
        application, version, tables = identity
        if may_be_new and (application, version, tables) == (0, 0, 0):
            return
        if application != _ID:
            raise self._error("is a database of another program; name another file")
        if version != _VERSION:
            raise self._error(
                f"is of version {version}, and this library knows {_VERSION};"
                " use the version that made it, or another file"
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise self._error(
                    f"is written by other processes for more than {self._busy_s:g} seconds"
                ) from error
            raise self._error(f"cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise self._error(f"is damaged, or no ledger: {error}; name another file") from error
        except (OSError, ValueError) as error:  # the latter for a name with a zero in it
            raise self._error(f"cannot be opened: {getattr(error, 'strerror', error)}") from error

    def _error(self, what: str) -> LedgerError:
        return LedgerError(f"the ledger {self.where!r} {what}", where=self.where)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block in a transaction that is the only one that writes; it is undone where the block fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return whose file it is, of which version, and whether it has tables."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) > 0 FROM sqlite_master").fetchone()
    return application, version, tables
