"""A file that several processes make at the same moment is everybody's: nobody takes it for another program's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from openrouter_async import CostLog, LocalCache
from openrouter_async.caching.store import AnswerStore
from openrouter_async.ledger.sqlite import SqliteHolder
from openrouter_async.server import SQLiteStreams

TIMES, AT_ONCE = 60, 4


def open_ledger(path: Path) -> None:
    async def open_it() -> None:
        holder = SqliteHolder(path)
        await holder.open()
        await holder.aclose()

    anyio.run(open_it)


def open_cache(path: Path) -> None:
    assert LocalCache(path).path == path
    store = AnswerStore(path)
    store.connection()
    store.close()


@pytest.mark.parametrize(
    "make",
    [open_ledger, open_cache, SQLiteStreams, lambda path: CostLog(path).close()],
    ids=["a ledger", "a cache", "streams", "costs"],
)
def test_several_make_a_file_at_once(tmp_path: Path, make: Callable[[Path], object]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for number in range(TIMES):
            together = threading.Barrier(AT_ONCE)

            def begin(path: Path, together: threading.Barrier = together) -> None:
                together.wait(60)
                make(path)

            path = tmp_path / f"{number}.db"
            for begun in [threads.submit(begin, path) for _ in range(AT_ONCE)]:
                error = begun.exception(60)
                # SQLite waits for no one where it changes the mode of a journal.
                assert error is None or "locked" in str(error) or "written by other" in str(error), error
