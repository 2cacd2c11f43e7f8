"""A file that several processes make at the same moment is everybody's: nobody is refused, and all wait their turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.beginners import KINDS, errors_of

pytestmark = pytest.mark.slow

AT_ONCE = 4
TIMES = {"a ledger": 100, "a cache": 100, "costs": 100}
"""So often that each run showed locked files of these kinds, when the switch to WAL waited for nobody."""


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_make_a_file_at_once(kind: str, tmp_path: Path) -> None:
    assert errors_of(kind, tmp_path, times=TIMES.get(kind, 25), processes=AT_ONCE) == []
