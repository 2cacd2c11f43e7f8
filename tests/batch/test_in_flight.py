"""What a killed run leaves beside the journal, and what a later one reads from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from openrouter_async import JournalError
from openrouter_async.batch.in_flight import InFlightLog


def opened(folder: Path, *answered: str) -> InFlightLog:
    return InFlightLog(folder / "run.jsonl", lambda key: key in answered)


def kill(asked: InFlightLog) -> None:
    """End a run without its knowledge."""
    asked._file.close()


def test_what_is_open_is_told_by_the_next_runs_as_often_as_it_was_asked(tmp_path: Path) -> None:
    keys = ["a", "two\nlines", "größer", "failed", "answered"]
    first = opened(tmp_path)
    assert [first.begin(key) for key in keys] == [0] * 5
    first.failed("failed")
    kill(first)
    second = opened(tmp_path, "answered")
    assert [second.begin(key) for key in keys] == [1, 1, 1, 0, 0]
    kill(second)
    third = opened(tmp_path)
    assert [third.begin(key) for key in keys] == [2, 2, 2, 1, 1]
    kill(third)


def test_a_run_that_leaves_nothing_open_leaves_no_file(tmp_path: Path) -> None:
    asked = opened(tmp_path)
    for key in ("a", "b"):
        asked.begin(key)
    asked.answered("a")
    asked.close()
    assert asked.path.exists()
    again = opened(tmp_path, "a")
    assert again.begin("b") == 1
    again.failed("b")
    again.close()
    assert list(tmp_path.iterdir()) == []


def test_a_last_line_that_is_cut_is_passed_over(tmp_path: Path) -> None:
    asked = opened(tmp_path)
    asked.begin("a")
    asked.begin("b")
    kill(asked)
    whole = asked.path.read_bytes()
    for found, key, before in ((whole[:-1], "b", 0), (b"+\xff\n?nonsense\n+1\n\n" + whole, "a", 1)):
        asked.path.write_bytes(found)
        again = opened(tmp_path)
        assert again.begin(key) == before
        kill(again)


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl.asked").mkdir()
    with pytest.raises(JournalError, match="beside the journal cannot be used"):
        opened(tmp_path)
