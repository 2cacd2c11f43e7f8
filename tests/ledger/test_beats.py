"""A process lives for the others also while its event loop is blocked."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import anyio
import pytest

from openrouter_async import LedgerError, open_ledger
from openrouter_async.ledger.holder import MemoryHolder
from openrouter_async.ledger.ledger import Ledger

pytestmark = pytest.mark.anyio

PATIENCE_S = 60.0


def lives_until(path: Path) -> float:
    file = sqlite3.connect(path)
    try:
        (until,) = file.execute("SELECT until FROM workers").fetchone()
    finally:
        file.close()
    return float(until)


async def test_it_beats_while_the_event_loop_is_blocked(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "run.db", lease_s=0.2):
        before, give_up_at = lives_until(tmp_path / "run.db"), time.monotonic() + PATIENCE_S
        while lives_until(tmp_path / "run.db") < before + 0.2:  # nothing else runs in the loop meanwhile
            assert time.monotonic() < give_up_at
            time.sleep(0.01)  # noqa: ASYNC251 - that is the point


class FullAtFirst(MemoryHolder):
    def __init__(self) -> None:
        super().__init__(lease_s=0.02)
        self.has_failed = False
        self.has_beaten = threading.Event()

    def beat(self, worker: str) -> None:
        if not self.has_failed:
            self.has_failed = True
            raise LedgerError("the disk is full")
        self.has_beaten.set()


async def test_a_beat_that_fails_is_logged_and_the_next_one_follows(caplog: pytest.LogCaptureFixture) -> None:
    holder = FullAtFirst()
    async with Ledger(holder):
        assert await anyio.to_thread.run_sync(holder.has_beaten.wait, PATIENCE_S)
    assert "the ledger could not be told that its worker lives: the disk is full" in caplog.text
