"""The application's own tables: chats with their owners, and uploaded files."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("DATA", "."))


class Chats:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._do("CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, owner TEXT, history TEXT)")
        self._do(
            "CREATE TABLE IF NOT EXISTS files (chat TEXT, name TEXT, data BLOB, PRIMARY KEY (chat, name))"
        )

    def add(self, owner: str, history: str | None = None) -> str:
        id = uuid.uuid4().hex
        self._do("INSERT INTO chats VALUES (?, ?, ?)", id, owner, history)
        return id

    def owner(self, id: str) -> str | None:
        owner: str | None = self._one("SELECT owner FROM chats WHERE id = ?", id)
        return owner

    def history(self, id: str) -> str | None:
        history: str | None = self._one("SELECT history FROM chats WHERE id = ?", id)
        return history

    def save(self, id: str, history: str) -> None:
        self._do("UPDATE chats SET history = ? WHERE id = ?", history, id)

    def keep_file(self, id: str, name: str, data: bytes) -> None:
        self._do("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", id, name, data)

    def file(self, id: str, name: str) -> bytes | None:
        data: bytes | None = self._one("SELECT data FROM files WHERE chat = ? AND name = ?", id, name)
        return data

    def _one(self, query: str, *values: object) -> Any:
        rows = self._do(query, *values)
        return rows[0][0] if rows else None

    def _do(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=30)) as database, database:
            return database.execute(query, values).fetchall()
