"""How `pytest -n auto` divides the suite; the hooks are in conftest.py, in the folder of the project."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from types import SimpleNamespace

import pytest

from tests.support.folders import ROOT

pytest.importorskip("xdist")


def test_a_core_has_three_processes_since_tests_wait(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    found = {}
    for cores in (2, 64):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found[cores] = pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig)
    assert found == {2: 6, 64: 12}


def test_one_process_runs_all_of_a_file_and_the_files_come_in_order(pytestconfig: pytest.Config) -> None:
    config = SimpleNamespace(option=SimpleNamespace(), getvalue=lambda _: ["2*popen"])
    scheduler = pytestconfig.hook.pytest_xdist_make_scheduler(config=config, log=None)
    assert scheduler._split_scope("tests/a.py::TestB::test_c[x]") == "tests/a.py"
    assert config.option.loadscopereorder is False


def test_files_are_mixed_and_the_documentation_comes_last(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    assert conftest is not None
    names = ["README.md", *(f"tests/{folder}/test_{name}.py" for folder in "ab" for name in "cdefgh")]
    given = [SimpleNamespace(path=ROOT / name, place=place) for name in names for place in range(3)]
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    conftest.pytest_collection_modifyitems(items=(alone := [*given]))
    assert alone == given
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    conftest.pytest_collection_modifyitems(items=(mixed := [*given]))
    order = [str(item.path.relative_to(ROOT)) for item in mixed[::3]]
    assert sorted(order) == sorted(names)
    assert order[-1] == "README.md"
    assert [name[6] for name in order[:-1]] not in (["a"] * 6 + ["b"] * 6, ["b"] * 6 + ["a"] * 6)
    assert [item.place for item in mixed] == [0, 1, 2] * len(names)


def test_each_process_imports_all_tests_and_begins_with_others(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    assert conftest is not None
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    imported: list[str] = []
    monkeypatch.setattr(importlib, "import_module", imported.append)
    orders = []
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        conftest._import_in_turn([ROOT / "tests" / "support"])
        orders.append([*imported])
        imported.clear()
    first, second = orders
    assert first[0] == "tests.support.test_loopback"
    assert __name__ in first
    half = len(first) // 2
    assert second == first[half:] + first[:half]


def test_what_is_compiled_is_kept_for_the_processes_that_tests_start() -> None:
    assert not sys.dont_write_bytecode
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_the_garbage_collector_runs_during_tests() -> None:
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
