"""`SQLiteStreams`: streams in a file that several processes of one machine share.

A reader in the process of the writer is woken; one in another looks again after a pause, which doubles from 20 to 250
ms as long as nothing comes. The file is in WAL mode and not synchronized with the disk: it outlives a process that is
killed, but not a power failure, which ends every stream anyway.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import anyio
import anyio.to_thread

from ...._wal import switch_to_wal
from ....errors import ConfigurationError
from ..failures import WebError
from .doorbell import Doorbell
from .store import MOST_IN_PART, KeptStream, Part, Pulse, StreamLimits, StreamState

__all__ = ["SQLiteStreams"]

T = TypeVar("T")

_ID = 0x6F727374
"""What SQLite calls the application id: no other program's file is touched."""
_VERSION = 1
_BUSY_S = 10.0
"""Seconds for which an operation waits for another process that writes."""
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.02, 0.25

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE, id TEXT NOT NULL, format TEXT NOT NULL,
    state TEXT NOT NULL, is_stopped INTEGER NOT NULL, events INTEGER NOT NULL, alive_until REAL NOT NULL,
    attended_at REAL NOT NULL, forget_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS by_id ON streams (id);
CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, number)
) WITHOUT ROWID;
"""


class SQLiteStreams:
    """Streams that all workers of one machine share, in a file that only its owner can read.

    A worker that is killed has its streams end with an error of the type `StreamLost`, after `lease`.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        max_streams: int = 1000,
        max_events: int = 100_000,
        max_bytes: int = 16 * 1024 * 1024,
        keep: float = 300.0,
        lease: float = 10.0,
    ) -> None:
        """Open or make the file.

        Args:
            path: On a disk of this machine; SQLite cannot lock files of most network disks.
            max_streams: Running streams, in all processes; more get a 503. As many that are over are kept.
            max_events: Events of one stream; one with more ends with an error.
            max_bytes: Bytes of one stream; one with more ends with an error.
            keep: Seconds for which a stream is kept after its end.
            lease: Seconds without a sign of life after which a worker counts as dead.

        Raises:
            ConfigurationError: an argument is wrong, or the file cannot be opened, is another program's, or was
                written by a newer version.
        """
        self.limits = StreamLimits(
            max_streams=max_streams, max_events=max_events, max_bytes=max_bytes, keep=keep, lease=lease
        )
        self._path = Path(path).absolute()
        self._bell = Doorbell()
        self._own: set[str] = set()
        """The streams that this process writes."""
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._process = 0
        self._opened: sqlite3.Connection | None = None
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._check(self._connection())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigurationError(f"the database {str(path)!r} cannot be opened: {reason}") from error
        except sqlite3.Error as error:
            raise ConfigurationError(f"the database {str(path)!r} cannot be read: {error}") from error

    def _check(self, connection: sqlite3.Connection) -> None:
        [owner] = connection.execute("PRAGMA application_id").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner != _ID and tables:  # or another process has made it in the midst of the look
            [owner] = connection.execute("PRAGMA application_id").fetchone()
        if owner != _ID and tables:
            raise ConfigurationError(
                f"the database {str(self._path)!r} is another program's; choose another path"
            )
        if version not in (0, _VERSION):
            raise ConfigurationError(
                f"the database {str(self._path)!r} is of version {version}; this library knows {_VERSION}, so update it"
            )
        switch_to_wal(connection)
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {_ID}; PRAGMA user_version = {_VERSION}; COMMIT;"
        )

    async def begin(self, id: str, run: str, format: str) -> None:
        """Begin a stream; one that runs under the same id is stopped."""

        def begin(connection: sqlite3.Connection, now: float) -> list[str]:
            self._forget(connection, now)
            [running] = connection.execute(
                "SELECT count(*) FROM streams WHERE state = 'running' AND alive_until > ?", (now,)
            ).fetchone()
            self.limits.check_room(running)
            stopped = self._stop(connection, id, now)
            connection.execute(
                "INSERT INTO streams (run, id, format, state, is_stopped, events, alive_until, attended_at, forget_at)"
                " VALUES (?, ?, ?, 'running', 0, 0, ?, ?, ?)",
                (run, id, format, now + self.limits.lease, now, self._forget_at(now)),
            )
            return stopped

        for stopped in await self._write(begin):
            self._bell.ring(stopped)
        self._own.add(run)

    async def append(self, run: str, events: Sequence[bytes]) -> None:
        """Add events to a stream."""

        def append(connection: sqlite3.Connection, now: float) -> None:
            row = connection.execute("SELECT events FROM streams WHERE run = ?", (run,)).fetchone()
            if row is None:
                raise _unavailable("the stream is not there any more")
            connection.executemany(
                "INSERT INTO events (run, number, data) VALUES (?, ?, ?)",
                [(run, number, data) for number, data in enumerate(events, row[0] + 1)],
            )
            connection.execute("UPDATE streams SET events = events + ? WHERE run = ?", (len(events), run))

        await self._write(append)
        self._bell.ring(run)

    async def end(self, run: str, state: Literal["over", "broken"]) -> None:
        """End a stream, which is kept for a while."""

        def end(connection: sqlite3.Connection, now: float) -> None:
            connection.execute(
                "UPDATE streams SET state = ?, forget_at = ? WHERE run = ?",
                (state, now + self.limits.keep, run),
            )
            self._forget(connection, now)

        try:
            await self._write(end)
        finally:
            self._own.discard(run)
            self._bell.ring(run)

    async def beat(self, run: str, wait: float) -> Pulse:
        """Say that the worker lives, and return after `wait` seconds, or as soon as a stop is known."""

        def beat(connection: sqlite3.Connection, now: float) -> Pulse:
            connection.execute(
                "UPDATE streams SET alive_until = ?, forget_at = ? WHERE run = ?",
                (now + self.limits.lease, self._forget_at(now), run),
            )
            row = connection.execute(
                "SELECT is_stopped, attended_at FROM streams WHERE run = ?", (run,)
            ).fetchone()
            if row is None:
                raise _unavailable("the stream is not there any more")
            return Pulse(bool(row[0]), now - row[1])

        pulse = await self._write(beat)
        until = time.monotonic() + wait
        while not pulse.is_stopped and (left := until - time.monotonic()) > 0:
            await self._bell.wait(run, min(left, self.limits.beat_s))
            pulse = await self._write(beat)
        return pulse

    async def attend(self, run: str) -> None:
        """Say that a reader is there."""

        def attend(connection: sqlite3.Connection, now: float) -> None:
            connection.execute("UPDATE streams SET attended_at = ? WHERE run = ?", (now, run))

        await self._write(attend)

    async def find(self, id: str, run: str | None = None) -> KeptStream | None:
        """Return the newest stream of an id, or the one with this run; None if it is not kept."""

        def find(connection: sqlite3.Connection, now: float) -> KeptStream | None:
            row = connection.execute(
                "SELECT run, format, state, alive_until FROM streams WHERE id = ? AND run = coalesce(?, run)"
                " AND forget_at > ? ORDER BY number DESC LIMIT 1",
                (id, run, now),
            ).fetchone()
            return None if row is None else KeptStream(row[0], row[1], _state(row[2], row[3], now))

        return await self._run(find)

    async def read(self, run: str, after: int, wait: float) -> Part | None:
        """Return the events after a number, waiting up to `wait` seconds for the first; None if it is not kept."""

        def read(connection: sqlite3.Connection, now: float) -> Part | None:
            connection.execute("BEGIN")  # the state and the events of one moment
            row = connection.execute(
                "SELECT state, alive_until FROM streams WHERE run = ? AND forget_at > ?", (run, now)
            ).fetchone()
            if row is None:
                return None
            events = connection.execute(
                "SELECT data FROM events WHERE run = ? AND number > ? ORDER BY number LIMIT ?",
                (run, after, MOST_IN_PART),
            )
            return Part([bytes(data) for (data,) in events], _state(row[0], row[1], now))

        until, pause = time.monotonic() + wait, _FIRST_PAUSE_S
        while True:
            part = await self._run(read)
            left = until - time.monotonic()
            if part is None or part.events or part.state != "running" or left <= 0:
                return part
            await self._bell.wait(run, left if run in self._own else min(left, pause))
            pause = min(2 * pause, _LAST_PAUSE_S)

    async def stop(self, id: str) -> bool:
        """End the stream that runs under an id, in whichever worker; return whether there was one."""
        stopped = await self._write(lambda connection, now: self._stop(connection, id, now))
        for run in stopped:
            self._bell.ring(run)
        return bool(stopped)

    def _stop(self, connection: sqlite3.Connection, id: str, now: float) -> list[str]:
        rows = connection.execute(
            "UPDATE streams SET is_stopped = 1 WHERE id = ? AND state = 'running' AND is_stopped = 0"
            " AND alive_until > ? RETURNING run",
            (id, now),
        )
        return [run for (run,) in rows.fetchall()]

    def _forget_at(self, now: float) -> float:
        """Return until when a stream is kept that shows no further sign of life."""
        return now + self.limits.lease + self.limits.keep

    def _forget(self, connection: sqlite3.Connection, now: float) -> None:
        """Forget streams whose time is over, and the oldest of too many."""
        gone = connection.execute(
            "DELETE FROM streams WHERE forget_at <= ? OR number IN (SELECT number FROM streams WHERE state != 'running'"
            " ORDER BY number DESC LIMIT -1 OFFSET ?) RETURNING run",
            (now, self.limits.max_streams),
        ).fetchall()
        connection.executemany("DELETE FROM events WHERE run = ?", gone)

    def _connection(self) -> sqlite3.Connection:
        """Return the connection of this process, which a fork does not share."""
        if self._opened is None or self._process != os.getpid():
            # Never made anew here: a file that was removed is a failure, and a new one would be readable by all.
            self._opened = sqlite3.connect(
                f"{self._path.as_uri()}?mode=rw",
                uri=True,
                timeout=_BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
            weakref.finalize(self, self._opened.close)
            self._process = os.getpid()
            self._opened.execute("PRAGMA synchronous = OFF")
        return self._opened

    async def _write(self, work: Callable[[sqlite3.Connection, float], T]) -> T:
        def write(connection: sqlite3.Connection, now: float) -> T:
            connection.execute("BEGIN IMMEDIATE")
            return work(connection, time.time())  # it may have waited for another process

        return await self._run(write)

    async def _run(self, work: Callable[[sqlite3.Connection, float], T]) -> T:
        def run() -> T:
            try:
                connection = self._connection()
                try:
                    done = work(connection, time.time())
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if connection.in_transaction:
                    connection.execute("COMMIT")
                return done
            except sqlite3.Error as error:
                raise _unavailable(f"the database of streams cannot be used: {error}") from error

        return await anyio.to_thread.run_sync(run, limiter=self._one_at_a_time)


def _state(state: StreamState, alive_until: float, now: float) -> StreamState:
    return "lost" if state == "running" and alive_until <= now else state


def _unavailable(reason: str) -> WebError:
    return WebError(503, reason, kind="StoreUnavailable")
