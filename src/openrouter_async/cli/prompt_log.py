"""`PromptLog`: prompts and answers of `ask` and `chat` in an SQLite file for its owner alone, and the conversations.

Keys are taken out before anything is written. Words are found with FTS5 where SQLite has it, else one by one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .._files import private
from ..errors import ConfigurationError
from .places import data_dir, make_private
from .secrets_hidden import hide_secrets

__all__ = ["Logged", "PromptLog", "log_file"]

VERSION = 1
_TABLES = """
CREATE TABLE conversation(id TEXT PRIMARY KEY, changed REAL NOT NULL, history TEXT NOT NULL);
CREATE TABLE answer(
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, at REAL NOT NULL, command TEXT NOT NULL, model TEXT,
    system TEXT, prompt TEXT NOT NULL, answer TEXT NOT NULL, tokens INTEGER, cost TEXT, generation TEXT,
    is_whole INTEGER NOT NULL);
CREATE INDEX answers_of ON answer(conversation);
"""
_WORDS = "CREATE VIRTUAL TABLE word USING fts5(prompt, answer, content='answer', content_rowid='id')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One prompt and its answer."""

    conversation: str
    command: str
    """`ask` or `chat`."""
    model: str | None
    system: str | None
    prompt: str
    answer: str
    tokens: int | None = None
    cost: str | None = None
    """US dollars."""
    generation: str | None = None
    is_whole: bool = True
    """False where it was stopped, or broke off."""
    id: int = 0
    """Its number in the log."""
    at: float = 0.0
    """When it was written, in seconds since 1970."""

    @property
    def when(self) -> datetime:
        """The same in UTC."""
        return datetime.fromtimestamp(self.at, UTC)


_COLUMNS = "id, conversation, at, command, model, system, prompt, answer, tokens, cost, generation, is_whole"


def log_file() -> Path:
    """Return the file of the log, which may not exist."""
    return data_dir() / "log.sqlite"


class PromptLog:
    """The log in a file; each method opens it, and blocks."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or log_file()

    def add(self, logged: Logged, history: str, *, now: float) -> None:
        """Add an answer, and keep the conversation it is part of as JSON.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        with self._open(makes=True) as base:
            base.execute(
                "INSERT INTO conversation VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE"
                " SET changed = excluded.changed, history = excluded.history",
                (logged.conversation, now, hide_secrets(history)),
            )
            system = None if logged.system is None else hide_secrets(logged.system)
            prompt, answer = hide_secrets(logged.prompt), hide_secrets(logged.answer)
            written = base.execute(
                f"INSERT INTO answer({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(logged.conversation, now, logged.command, logged.model, system, prompt, answer),
                    *(logged.tokens, logged.cost, logged.generation, logged.is_whole),
                ),
            )
            if _has_words(base):
                base.execute(
                    "INSERT INTO word(rowid, prompt, answer) VALUES (?, ?, ?)",
                    (written.lastrowid, prompt, answer),
                )

    def newest(self, limit: int, words: Sequence[str] = ()) -> list[Logged]:
        """Return the newest answers, or those with all of the words in prompt or answer; the newest comes first."""
        if not self.path.exists():
            return []
        with self._open() as base:
            where, values = "", []
            if words and _has_words(base):
                where = "WHERE id IN (SELECT rowid FROM word WHERE word MATCH ?)"
                values = [" ".join('"' + word.replace('"', '""') + '"*' for word in words)]
            elif words:
                where = "WHERE " + " AND ".join(["(prompt || ' ' || answer) LIKE ? ESCAPE '\\'"] * len(words))
                values = [f"%{_literal(word)}%" for word in words]
            rows = base.execute(
                f"SELECT {_COLUMNS} FROM answer {where} ORDER BY id DESC LIMIT ?", (*values, limit)
            )
            return [_logged(row) for row in rows]

    def one(self, id: int | None) -> Logged | None:
        """Return the answer with this number, or the newest; None if it does not exist."""
        if not self.path.exists():
            return None
        with self._open() as base:
            where = "" if id is None else "WHERE id = ?"
            row = base.execute(
                f"SELECT {_COLUMNS} FROM answer {where} ORDER BY id DESC LIMIT 1", () if id is None else (id,)
            ).fetchone()
        return None if row is None else _logged(row)

    def last_conversation(self) -> tuple[str, str] | None:
        """Return the id and the JSON of the conversation that was continued last; None if the log is empty."""
        ids = self.conversation_ids(limit=1)
        return self._conversation(ids[0]) if ids else None

    def conversation(self, id: str) -> tuple[str, str] | None:
        """Return the same of the conversation with this id, or whose id alone begins so; None if there is none.

        Raises:
            ConfigurationError: several begin so.
        """
        ids = self.conversation_ids(id, limit=2)
        if len(ids) > 1 and id not in ids:
            raise ConfigurationError(f"several conversations begin with {id!r}; give more of the id")
        return self._conversation(id if id in ids else ids[0]) if ids else None

    def conversation_ids(self, begin: str = "", *, limit: int = 100) -> list[str]:
        """Return the ids that begin so, that of the conversation first that was continued last."""
        if not self.path.exists():
            return []
        with self._open() as base:
            rows = base.execute(
                "SELECT id FROM conversation WHERE substr(id, 1, length(:begin)) = :begin"
                " ORDER BY id = :begin DESC, changed DESC LIMIT :limit",
                {"begin": begin, "limit": limit},
            )
            return [str(id) for (id,) in rows]

    def _conversation(self, id: str) -> tuple[str, str] | None:
        with self._open() as base:
            row = base.execute("SELECT history FROM conversation WHERE id = ?", (id,)).fetchone()
        return None if row is None else (id, str(row[0]))

    @contextmanager
    def _open(self, *, makes: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if makes:
                make_private(self.path.parent)
                os.close(private(str(self.path), os.O_RDWR | os.O_CREAT))
            with closing(sqlite3.connect(self.path, timeout=5.0)) as base, base:
                # A transaction that has read waits for nobody where it then wants to write.
                base.execute("BEGIN IMMEDIATE" if makes or _version(base) < VERSION else "BEGIN")
                _prepare(base)
                yield base
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(f"the log {str(self.path)!r} cannot be used: {error}") from error


def _prepare(base: sqlite3.Connection) -> None:
    version = _version(base)
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it is of version {version}, and this program knows {VERSION}")
    if version == VERSION:
        return
    for statement in _TABLES.split(";"):
        base.execute(statement)
    try:
        base.execute(_WORDS)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):
            raise
    base.execute(f"PRAGMA user_version = {VERSION}")


def _version(base: sqlite3.Connection) -> int:
    [version] = base.execute("PRAGMA user_version").fetchone()
    return int(version)


def _has_words(base: sqlite3.Connection) -> bool:
    return base.execute("SELECT 1 FROM sqlite_master WHERE name = 'word'").fetchone() is not None


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _logged(row: Sequence[object]) -> Logged:
    names = [name.strip() for name in _COLUMNS.split(",")]
    fields = dict(zip(names, row, strict=True))
    return Logged(**{**fields, "is_whole": bool(fields["is_whole"])})  # type: ignore[arg-type]  # as it was written
