"""Real processes on one ledger in a file; `python -m tests.ledger.processes` runs more of them for longer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.ledger.processes import run_together

pytestmark = pytest.mark.slow


@pytest.mark.loopback
def test_killed_workers_lose_nothing_and_with_once_the_bill_is_the_fair_price() -> None:
    outcome = run_together(processes=3, concurrency=20, items=150, kills=3, once=True, seed=1)
    assert outcome.lost == outcome.twice == 0
    assert outcome.made == 150
    assert outcome.results == (150, 150, 150)
    assert outcome.bill == outcome.spent == outcome.fair
    assert outcome.held == 0


@pytest.mark.loopback
def test_a_budget_is_of_all_processes_together() -> None:
    outcome = run_together(processes=3, concurrency=20, items=150, budget="0.0003")
    assert outcome.refused == 3
    assert 0 < outcome.made < 150
    assert outcome.bill == outcome.spent <= Decimal("0.0003")
    assert outcome.held == 0
