"""A batch that is killed again and again: nothing is lost or twice, and the bill is what is promised.

`python -m tests.batch.killed 10000 200 once` does it at length.
"""

from __future__ import annotations

import random

import pytest

from tests.batch.killed import CONCURRENCY, kill_again_and_again

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("once", [True, False], ids=["once", "without"])
def test_killed_and_resumed(once: bool) -> None:
    seed = random.randrange(2**32)
    end = kill_again_and_again(300, 10, once=once, seed=seed)
    assert (end.lost, end.twice, end.unsettled) == (0, 0, 0), seed
    assert end.kills >= 5, seed
    assert end.cost == end.fair, seed
    if once:
        assert end.bill == end.fair, seed
    else:
        assert end.fair < end.bill <= end.cost + end.paid_again, seed
        # In flight, or answered and not yet written down.
        assert end.made - end.items <= end.asked_again <= 2 * CONCURRENCY * end.kills, seed
