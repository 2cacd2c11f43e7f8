"""`CostLog`: a hook that writes what each call cost to a SQLite file, to ask who spent what on which day.

*Theory of operation.* A hook must be quick, so an ended call only puts a row into a queue; one thread writes what is
queued, in one transaction. The file is in WAL mode: all workers of a server write to the same one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import anyio
from anyio import to_thread

from .._checks import one_of, whole
from .._wal import switch_to_wal
from ..errors import ConfigurationError, NotFound, OpenRouterError
from .records import charge_of_record

if TYPE_CHECKING:
    from .._sansio.charges import Charge
    from ..hooks import RequestEvent
    from ..resources.account.generations import GenerationsResource

__all__ = ["CostBy", "CostLog", "CostRow"]

CostBy: TypeAlias = Literal["user", "model", "day", "month"]

AT_ONCE = 8
"""Records that `settle` reads concurrently."""

_ID = 0x6F72636F
"""What SQLite calls the application id."""
_PICO = Decimal(10) ** 12
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    operation TEXT NOT NULL,
    user TEXT,
    model TEXT,
    generation_id TEXT,
    pico_usd INTEGER,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_at ON calls (at);
"""
_COLUMNS: dict[CostBy, str] = {
    "user": "user",
    "model": "model",
    "day": "strftime('%Y-%m-%d', at, 'unixepoch')",
    "month": "strftime('%Y-%m', at, 'unixepoch')",
}
_Row: TypeAlias = tuple[float, str, str | None, str | None, str | None, int | float | None, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What calls cost that have the same user, model and day, as far as these were asked for."""

    user: str | None = None
    """None: those that name no user, or users were not asked for."""
    model: str | None = None
    day: str | None = None
    """In UTC, such as "2026-11-29"."""
    month: str | None = None
    """In UTC, such as "2026-11"."""
    cost: Decimal
    """US dollars, as far as they are known."""
    calls: int
    unknown: int
    """How many of the calls may have cost something that is not known, such as streams that were cut off; see
    `CostLog.settle`."""
    prompt_tokens: int
    completion_tokens: int


class CostLog:
    """Writes a row for each call that a model answered, or may have; `by` adds them up.

    ```python
    costs = CostLog("costs.db")
    client = AsyncOpenRouter(hooks=[costs])
    reply = await client.chat.create("Hi", model="openai/gpt-5-mini", user="42")
    for row in await costs.by("user", "day"):
        print(row.user, row.day, row.cost, row.calls)
    costs.close()
    ```

    The rows have no prompts and no answers. A call appears a moment after its end; `by` and `close` wait for those
    that have ended. The cost of calls that were cut off is only in the service's records: it counts as `unknown` until
    `settle` has read them.
    """

    def __init__(self, path: Path | str) -> None:
        """Open the file, or make it, for its owner alone.

        Raises:
            ConfigurationError: it cannot be opened, or is another program's.
        """
        self._path = Path(path)
        self._rows: deque[_Row] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="costs")
        self._is_closed = False
        self._failure: sqlite3.Error | None = None
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(self._connect()) as database:
                found = database.execute("PRAGMA application_id").fetchone()[0]
                has_tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
                if found != _ID and has_tables:  # or another process has made it in the midst of the look
                    found = database.execute("PRAGMA application_id").fetchone()[0]
                if found != _ID and has_tables:
                    raise ConfigurationError(f"{str(self._path)!r} is a database of something else")
                switch_to_wal(database)
                database.execute(f"PRAGMA application_id = {_ID}")
                database.executescript(_SCHEMA)
        except (OSError, ValueError, sqlite3.Error) as error:  # the second for a name with a zero in it
            raise ConfigurationError(f"the costs cannot be kept in {str(self._path)!r}: {error}") from error

    # What a client tells it

    def started(self, event: RequestEvent) -> None:
        """Nothing is known of its cost yet."""

    def retried(self, event: RequestEvent) -> None:
        """The end of the call counts the attempts before it."""

    def finished(self, event: RequestEvent) -> None:
        """Count a call."""
        self._add(event)

    def failed(self, event: RequestEvent) -> None:
        """Count a call that failed, which may have cost something."""
        self._add(event)

    def _add(self, event: RequestEvent) -> None:
        usage = event.usage
        prompt = 0 if usage is None else usage.prompt_tokens or 0
        completion = 0 if usage is None else usage.completion_tokens or 0
        is_free = event.cost == 0 and not prompt and not completion
        if event.is_own or event.method != "POST" or event.model is None or is_free:
            return
        cost = _pico(event.cost)
        ids = event.operation, event.user, event.model, event.generation_id
        self._rows.append((time.time(), *ids, cost, prompt, completion))
        self._writer.submit(self._write)

    # What it is asked

    async def by(
        self,
        *columns: CostBy,
        user: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[CostRow]:
        """Return what was spent, a row for each combination of `columns`, the most expensive first.

        Args:
            columns: `user`, `model`, `day`, `month`; none: one row for all.
            user: Only what this user's calls cost.
            since: From this day on, in UTC.
            until: To this day, which is included.

        Raises:
            ConfigurationError: a column does not exist; or rows could not be written, and are missing.
        """
        for column in columns:
            one_of("column", column, [*_COLUMNS])
        wanted = [
            ("user = ?", user),
            ("at >= ?", None if since is None else _midnight(since)),
            ("at < ?", None if until is None else _midnight(until + timedelta(days=1))),
        ]
        given = [(text, value) for text, value in wanted if value is not None]
        names = [_COLUMNS[column] for column in columns]
        query = (
            f"SELECT {''.join(f'{name}, ' for name in names)}"
            " coalesce(sum(pico_usd), 0), count(*), count(*) - count(pico_usd), sum(prompt_tokens),"
            " sum(completion_tokens) FROM calls"
            + (" WHERE " + " AND ".join(text for text, _ in given) if given else "")
            + (" GROUP BY " + ", ".join(names) if names else " HAVING count(*)")
            + " ORDER BY sum(pico_usd) DESC"
        )
        found = await to_thread.run_sync(self._read, query, [value for _, value in given])
        return [_cost_row(columns, row) for row in found]

    async def settle(self, generations: GenerationsResource, *, most: int = 1_000) -> int:
        """Read the service's records of calls whose cost is unknown, and return for how many it is known now.

        ```python
        await costs.settle(client.generations)
        ```

        Each is a request, which is free; eight run at once. A call without a record, or without a generation id, stays
        unknown. Of a call with several attempts the last is counted.

        Args:
            generations: Of a client with the key that made the calls, or another of the same account.
            most: The number of calls to look for, the latest first.

        Raises:
            ConfigurationError: the file cannot be read or written.
            OpenRouterError: any failure but `NotFound`; what was found until then is counted.
        """
        query = (
            "SELECT generation_id FROM calls WHERE pico_usd IS NULL AND generation_id IS NOT NULL"
            " ORDER BY id DESC LIMIT ?"
        )
        rows = await to_thread.run_sync(self._read, query, [whole("most", most)])
        settled = 0
        ids = iter([str(row[0]) for row in rows])
        errors: list[OpenRouterError] = []

        async def look() -> None:
            nonlocal settled
            for id in ids:
                try:
                    charge = charge_of_record(await generations.look_up(id, is_own=True))
                    found = await to_thread.run_sync(self._settle, id, charge)
                except NotFound:
                    continue
                except OpenRouterError as error:
                    errors.append(error)
                else:
                    settled += found
                if errors:
                    return

        async with anyio.create_task_group() as group:
            for _ in range(min(AT_ONCE, len(rows))):
                group.start_soon(look)
        if errors:
            raise errors[0]
        return settled

    def close(self) -> None:
        """Write what is queued, and end the thread; blocks for that long. Harmless when done before.

        Raises:
            ConfigurationError: rows could not be written.
        """
        self._is_closed = True
        self._writer.shutdown()
        self._check()

    # In the thread

    def _write(self) -> None:
        rows: list[_Row] = []
        while self._rows:
            rows.append(self._rows.popleft())
        if not rows:
            return
        try:
            with closing(self._connect()) as database, database:
                database.executemany(
                    "INSERT INTO calls (at, operation, user, model, generation_id, pico_usd, prompt_tokens,"
                    " completion_tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
        except sqlite3.Error as error:
            self._rows.extendleft(reversed(rows))  # for the next try
            self._failure = error
        else:
            self._failure = None

    def _read(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        if not self._is_closed:
            self._writer.submit(self._write).result()
        self._check()
        with closing(self._connect()) as database:
            return database.execute(query, values).fetchall()

    def _settle(self, id: str, charge: Charge) -> int:
        values = (_pico(charge.cost), charge.prompt_tokens or 0, charge.completion_tokens or 0, id)
        try:
            with closing(self._connect()) as database, database:
                return database.execute(
                    "UPDATE calls SET pico_usd = ?, prompt_tokens = ?, completion_tokens = ?"
                    " WHERE generation_id = ? AND pico_usd IS NULL",
                    values,
                ).rowcount
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"the costs cannot be written to {str(self._path)!r}: {error}"
            ) from error

    def _check(self) -> None:
        if self._failure is not None:
            raise ConfigurationError(
                f"{len(self._rows)} costs could not be written to {str(self._path)!r}: {self._failure}"
            ) from self._failure

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30.0)
        database.execute("PRAGMA synchronous = NORMAL")
        return database

    def __repr__(self) -> str:
        return f"<CostLog {str(self._path)!r}>"


def _pico(cost: Decimal | None) -> int | float | None:
    """Return US dollars in picodollars, as SQLite can hold and add them up; beyond 9,007 dollars nearly."""
    pico = None if cost is None else int(cost * _PICO)
    return pico if pico is None or pico < 2**53 else float(pico)


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _cost_row(columns: Sequence[CostBy], row: Sequence[object]) -> CostRow:
    names = {column: str(value) for column, value in zip(columns, row, strict=False) if value is not None}
    pico, calls, unknown, prompt, completion = (
        int(Decimal(str(value or 0))) for value in row[len(columns) :]
    )
    return CostRow(
        **names,
        cost=pico / _PICO,
        calls=calls,
        unknown=unknown,
        prompt_tokens=prompt,
        completion_tokens=completion,
    )
