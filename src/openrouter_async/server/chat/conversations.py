"""Where the chat page keeps conversations: `MemoryConversations`, or a SQLite file by `SQLiteConversations`.

A conversation is a JSON document that the page writes whole; a store knows of it only what it lists and searches by.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread

from ...errors import ConfigurationError
from ..relays.failures import WebError

__all__ = [
    "ConversationStore",
    "Entry",
    "MemoryConversations",
    "SQLiteConversations",
    "version_of",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A conversation as a store sees it."""

    id: str
    title: str
    updated_at: str
    """ISO 8601 in UTC, so the order of the strings is that of the times."""
    words: str
    """Title and text, in folded case, which are searched."""
    document: bytes
    """JSON, as the page wrote it."""


def version_of(document: bytes) -> str:
    """Return what tells a document from any other that was kept in its place."""
    return sha256(document).hexdigest()[:32]


class ConversationStore(Protocol):
    """Keeps conversations by their ids."""

    async def search(self, query: str, *, limit: int, offset: int) -> tuple[list[Entry], int]:
        """Return the conversations whose words contain the query, the newest first, and their total number.

        Their `words` may be a part of all, around the first place that contains the query.
        """
        ...

    async def get(self, id: str) -> bytes | None:
        """Return a document; None for an unknown id."""
        ...

    async def put(self, entry: Entry, *, replaces: Collection[str] | None = None) -> bool:
        """Keep a conversation, in place of one with the same id, and return True.

        Where there is one whose `version_of` is not among those in `replaces`, it stays, and the answer is False; None:
        any is replaced. Nothing may come between the look and the writing.
        """
        ...

    async def delete(self, id: str) -> bool:
        """Forget a conversation, and return whether there was one."""
        ...


def _unavailable(reason: str) -> WebError:
    return WebError(503, reason, kind="StoreUnavailable")


class MemoryConversations:
    """Conversations that end with the process."""

    def __init__(self, *, max_bytes: int = 256 * 1024 * 1024) -> None:
        """Make an empty store.

        Args:
            max_bytes: Bytes of documents that are kept. One that has no room is refused; none is dropped for it.
        """
        self._entries: dict[str, Entry] = {}
        self._max_bytes = max_bytes
        self._bytes = 0

    async def search(self, query: str, *, limit: int, offset: int) -> tuple[list[Entry], int]:
        """Return the conversations whose words contain the query, newest first, and how many match in all."""
        found = [entry for entry in self._entries.values() if query.casefold() in entry.words]
        found.sort(key=lambda entry: (entry.updated_at, entry.id), reverse=True)
        return found[offset : offset + limit], len(found)

    async def get(self, id: str) -> bytes | None:
        """Return a document; None for an unknown id."""
        entry = self._entries.get(id)
        return None if entry is None else entry.document

    async def put(self, entry: Entry, *, replaces: Collection[str] | None = None) -> bool:
        """Keep a conversation, unless the stored version is not among those it `replaces`; return whether it was kept.

        Raises:
            WebError: 503, the store is full.
        """
        there = self._entries.get(entry.id)
        if there is not None and replaces is not None and version_of(there.document) not in replaces:
            return False
        total = self._bytes + _size(entry) - _size(there)
        if total > self._max_bytes and total > self._bytes:
            raise _unavailable(
                f"the conversations in memory would take more than {self._max_bytes} bytes; delete some"
            )
        self._entries[entry.id] = entry
        self._bytes = total
        return True

    async def delete(self, id: str) -> bool:
        """Forget a conversation, and return whether it was there."""
        gone = self._entries.pop(id, None)
        self._bytes -= _size(gone)
        return gone is not None


def _size(entry: Entry | None) -> int:
    return 0 if entry is None else len(entry.document) + len(entry.words)


_AROUND = 200
"""Characters of a result on both sides of the match."""

_VERSION = 1
_PATIENCE = 2.0
"""Seconds for which an operation waits for another process that writes; those behind it wait too."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, updated_at TEXT NOT NULL, words TEXT NOT NULL, document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS newest ON conversations (updated_at);
"""


class SQLiteConversations:
    """Conversations in a file that only its owner can read; the file is created if it does not exist.

    Each operation opens the file and closes it, in a worker thread, so nothing needs closing at the end, and several
    processes may share it.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or make the file.

        Raises:
            ConfigurationError: it cannot be opened, is not a database, or was written by a newer version.
        """
        self._path = Path(path)
        self._one_at_a_time = anyio.CapacityLimiter(1)
        try:
            if self._path.exists() and not self._path.is_file():
                raise ConfigurationError(f"the database {str(path)!r} is not a regular file")
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(self._connect()) as connection, connection:
                [version] = connection.execute("PRAGMA user_version").fetchone()
                if version not in (0, _VERSION):
                    raise ConfigurationError(
                        f"the database {str(path)!r} is of version {version}; this library knows {_VERSION}, so"
                        " update it"
                    )
                connection.executescript(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigurationError(f"the database {str(path)!r} cannot be opened: {reason}") from error
        except sqlite3.Error as error:
            raise ConfigurationError(f"the database {str(path)!r} cannot be read: {error}") from error

    async def search(self, query: str, *, limit: int, offset: int) -> tuple[list[Entry], int]:
        """Return the conversations whose words contain the query, newest first, and how many match in all."""
        wanted = query.casefold()

        def read(connection: sqlite3.Connection) -> tuple[list[Entry], int]:
            rows = connection.execute(
                "SELECT id, title, updated_at, substr(words, max(1, instr(words, ?) - ?), length(?) + ?)"
                " FROM conversations WHERE ? = '' OR instr(words, ?) > 0"
                " ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
                (wanted, _AROUND, wanted, 2 * _AROUND, wanted, wanted, limit, offset),
            )
            found = [
                Entry(id=id, title=title, updated_at=updated_at, words=words, document=b"")
                for id, title, updated_at, words in rows
            ]
            [total] = connection.execute(
                "SELECT count(*) FROM conversations WHERE ? = '' OR instr(words, ?) > 0", (wanted, wanted)
            ).fetchone()
            return found, total

        return await self._run(read)

    async def get(self, id: str) -> bytes | None:
        """Return a document; None for an unknown id."""

        def read(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute("SELECT document FROM conversations WHERE id = ?", (id,)).fetchone()
            return None if row is None else bytes(row[0])

        return await self._run(read)

    async def put(self, entry: Entry, *, replaces: Collection[str] | None = None) -> bool:
        """Keep a conversation, unless the stored version is not among those it `replaces`; return whether it was kept.

        The check and the write are one transaction, so no other process can intervene.

        Raises:
            WebError: 503, the database cannot be used.
        """

        def write(connection: sqlite3.Connection) -> bool:
            connection.execute("BEGIN IMMEDIATE")  # no other process writes between the look and the writing
            if replaces is not None:
                row = connection.execute(
                    "SELECT document FROM conversations WHERE id = ?", (entry.id,)
                ).fetchone()
                if row is not None and version_of(row[0]) not in replaces:
                    return False
            connection.execute(
                "INSERT OR REPLACE INTO conversations (id, title, updated_at, words, document)"
                " VALUES (?, ?, ?, ?, ?)",
                (entry.id, entry.title, entry.updated_at, entry.words, entry.document),
            )
            return True

        return await self._run(write)

    async def delete(self, id: str) -> bool:
        """Forget a conversation, and return whether it was there."""

        def write(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM conversations WHERE id = ?", (id,)).rowcount > 0

        return await self._run(write)

    def _connect(self) -> sqlite3.Connection:
        # Never made anew here: a file that was removed is a failure, and a new one would be readable by all.
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                with closing(self._connect()) as connection, connection:
                    return work(connection)
            except sqlite3.Error as error:
                raise _unavailable(f"the database of conversations cannot be used: {error}") from error

        return await anyio.to_thread.run_sync(run, limiter=self._one_at_a_time)
