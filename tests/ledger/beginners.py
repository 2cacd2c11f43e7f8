"""Processes that make the same files at the same moments.

`python -m tests.ledger.beginners KIND FOLDER TIMES PROCESSES NUMBER` is one of them: it makes `TIMES` files in the
folder, each at the moment when all others do, and prints the errors.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio

from openrouter_async import CostLog, LocalCache
from openrouter_async.caching.store import AnswerStore
from openrouter_async.cli.prompt_log import Logged, PromptLog
from openrouter_async.ledger.sqlite import SqliteHolder
from openrouter_async.server import SQLiteConversations, SQLiteStreams
from tests.support.folders import ROOT
from tests.support.forked import Python

__all__ = ["KINDS", "errors_of"]

MET = "met"
"""The file in which each process says, in a byte of its own, how many files it is about to make."""


def make_ledger(path: Path) -> None:
    async def make() -> None:
        holder = SqliteHolder(path)
        await holder.open()
        await holder.aclose()

    anyio.run(make)


def make_cache(path: Path) -> None:
    assert LocalCache(path).path == path
    store = AnswerStore(path)
    store.connection()
    store.close()


def make_log(path: Path) -> None:
    """Write to the log, or read it."""
    log = PromptLog(path)
    if os.getpid() % 2:
        log.newest(1)
    else:
        said = Logged(conversation="c", command="ask", model="m", system=None, prompt="p", answer="a")
        log.add(said, "{}", now=0.0)


KINDS: dict[str, Callable[[Path], object]] = {
    "a ledger": make_ledger,
    "a cache": make_cache,
    "streams": SQLiteStreams,
    "costs": lambda path: CostLog(path).close(),
    "conversations": SQLiteConversations,
    "a log": make_log,
}


def errors_of(kind: str, folder: Path, *, times: int, processes: int) -> list[str]:
    """Return what processes say that make so many files together."""
    (folder / MET).write_bytes(bytes(processes))
    given = ("-m", "tests.ledger.beginners", kind, str(folder), str(times), str(processes))
    running = [Python(*given, str(number), cwd=ROOT) for number in range(processes)]
    try:
        said = [each.communicate(120) for each in running]
    finally:
        for each in running:
            each.kill()
    assert [each.wait(60) for each in running] == [0] * processes, said
    return [line for output, _ in said for line in output.splitlines()]


def main() -> None:
    """Be one of them."""
    kind, folder, *numbers = sys.argv[1:]
    times, processes, number = map(int, numbers)
    with Path(folder, MET).open("r+b") as file, mmap.mmap(file.fileno(), processes) as met:
        for count in range(1, times + 1):
            met[number] = count
            while any(each < count for each in met[:]):
                time.sleep(0)
            try:
                KINDS[kind](Path(folder, f"{count}.db"))
            except Exception as error:  # noqa: BLE001 - it is told
                print(type(error).__name__, error, flush=True)


if __name__ == "__main__":
    main()
