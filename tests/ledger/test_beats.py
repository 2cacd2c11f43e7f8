"""A process lives for the others also while its event loop is blocked."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from openrouter_async import open_ledger

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
