"""The committed table of faults names every row, and no other."""

from __future__ import annotations

import pytest

from tests.faults.table import ROWS, Results, render, row_of_test, rows_of_table
from tests.support.folders import ROOT

TABLE = ROOT / "docs" / "faults-table.md"


def test_the_committed_table_has_every_row_and_no_other() -> None:
    assert rows_of_table(TABLE.read_text()) == list(ROWS)


def test_rows_of_tests_are_rows_that_there_are() -> None:
    rows: set[str] = set()
    for folder in ("cli", "faults", "page", "server", "testing"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            for line in path.read_text().splitlines():
                name = line.removeprefix("async ").removeprefix("def ").partition("(")[0]
                if found := row_of_test(name):
                    rows.add(found[0])
    assert len(rows) > 50
    assert rows - set(ROWS) == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_C06_reset_before_headers[plain]", ("C06", "plain")),
        ("test_S33_broken_off[reset-structured_stream]", ("S33", "structured")),
        ("test_X07_closed", ("X07", "other")),
        ("test_the_table", None),
    ],
)
def test_a_test_names_its_row_and_its_kind(name: str, expected: object) -> None:
    assert row_of_test(name) == expected


def test_a_cell_says_what_failed() -> None:
    results = Results(passed={"plain": 2, "stream": 1}, failed={"plain": 1}, blocked_ms=2.1)
    line = next(
        line
        for line in render({"C06": results}, {}, {"C06": results}).splitlines()
        if line.startswith("| C06")
    )
    assert line.endswith("| **1 of 3 failed** | passed |  |  |  | **1 of 4 failed** |  |  | 3 ms |")
