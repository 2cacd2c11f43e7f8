"""Two hundred workers are killed at random, on a ledger in a file and on one in Redis.

They fork from a process that has loaded the package, so each lives for some tenths of a second.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.processes import run_together
from tests.support.redis_server import redis_server

KILLS = 100
"""On each of the two ledgers, at least."""
ITEMS = 400


@pytest.mark.parametrize("where", ["sqlite", "redis"])
def test_a_hundred_killed_workers_lose_nothing_and_the_bill_is_the_fair_price(
    where: str, tmp_path: Path
) -> None:
    def kill_all(ledger: str | None) -> None:
        outcome = run_together(
            processes=4,
            concurrency=4,
            items=ITEMS,
            kills=KILLS + 5,  # the last ones may find that a worker has ended
            once=True,
            seed=7,
            ledger=ledger,
        )
        assert outcome.kills >= KILLS
        assert outcome.lost == outcome.twice == 0
        assert outcome.made == ITEMS
        assert outcome.results == (ITEMS,) * 4
        assert not outcome.errors
        assert outcome.bill == outcome.spent == outcome.fair
        assert outcome.held == 0, "one lease after the end"

    if where == "sqlite":
        kill_all(None)
    else:
        with redis_server(tmp_path) as url:
            kill_all(f"{url}#kills")
