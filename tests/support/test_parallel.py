"""How `pytest -n auto` divides the suite; the hooks are in conftest.py, in the folder of the project."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

pytest.importorskip("xdist")


def test_a_core_has_two_processes_since_tests_wait(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    found = {}
    for cores in (2, 64):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found[cores] = pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig)
    assert found == {2: 4, 64: 12}


def test_one_process_runs_all_of_a_file_and_the_files_come_in_order(pytestconfig: pytest.Config) -> None:
    config = SimpleNamespace(option=SimpleNamespace(), getvalue=lambda _: ["2*popen"])
    scheduler = pytestconfig.hook.pytest_xdist_make_scheduler(config=config, log=None)
    assert scheduler._split_scope("tests/a.py::TestB::test_c[x]") == "tests/a.py"
    assert config.option.loadscopereorder is False
