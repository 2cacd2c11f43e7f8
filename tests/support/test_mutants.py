"""Which tests `nox -s mutants` runs for a change, and in which order."""

from __future__ import annotations

from pathlib import Path

from tests.support.mutants.nearest import by_name, in_order

SSE = Path("src/openrouter_async/_sansio/sse.py")


def test_tests_run_nearest_first_then_quickest_and_far_ones_by_turns_from_each_file() -> None:
    covering = {
        "tests/batch/test_run.py::test_a": 0.1,
        "tests/batch/test_run.py::test_b": 0.2,
        "tests/cli/test_ask.py::test_a": 0.3,
        "tests/_sansio/test_retry.py::test_a": 0.4,
        "tests/_sansio/test_sse.py::test_slow": 2.0,
        "tests/_sansio/test_sse.py::test_quick": 0.5,
    }
    assert in_order(SSE, covering) == [
        "tests/_sansio/test_sse.py::test_quick",
        "tests/_sansio/test_sse.py::test_slow",
        "tests/_sansio/test_retry.py::test_a",
        "tests/batch/test_run.py::test_a",
        "tests/cli/test_ask.py::test_a",
        "tests/batch/test_run.py::test_b",
    ]


def test_by_name_come_the_own_file_the_room_those_that_name_the_module_and_those_of_calls() -> None:
    own, room, naming, calls = by_name(SSE)
    assert (own, room) == (["tests/_sansio/test_sse.py"], ["tests/_sansio"])
    assert "tests/streaming/test_raw.py" in naming
    assert calls == ["tests/resources", "tests/contract"]


def test_a_module_of_no_room_has_the_tests_above_the_rooms() -> None:
    own, wider, _ = by_name(Path("src/openrouter_async/options.py"))
    assert own == ["tests/test_options.py"]
    assert "tests/test_client.py" in wider
