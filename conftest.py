"""What holds for the tests and for the documentation: no network, and every Python example is run.

Examples are the fenced `python` blocks of README.md and of the pages under docs/; see `tests/support/doc_examples.py`.
They find a service on loopback by the usual environment variables.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from sybil import Sybil

from tests.support.doc_examples import PythonFences, close_loop, open_loop
from tests.support.doc_server import doc_server
from tests.support.folders import ROOT
from tests.support.network_guard import only_loopback

# Without compiled files, every process that a test starts compiles the package anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

MOST_WORKERS = 12
"""Each takes five seconds of CPU and half a gigabyte of memory before and beside its tests."""

pytest_collect_file = Sybil(
    path=str(ROOT),
    parsers=[PythonFences()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=open_loop,
    teardown=close_loop,
    fixtures=["documented_service", "network_attempts"],
).pytest()


@pytest.fixture(scope="session")
def _doc_server_url() -> Iterator[str]:
    with doc_server() as url:
        yield url


@pytest.fixture
def documented_service(_doc_server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of an example: a service on loopback, and keys for it."""
    monkeypatch.setenv("OPENROUTER_BASE_URL", _doc_server_url)
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-example")
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", "sk-or-v1-example-management")


@pytest.fixture(scope="session", autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """Attempts to reach another host, refused; each fails the test that made it."""
    with only_loopback() as attempts:
        yield attempts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    attempts = getattr(item, "funcargs", {}).get("network_attempts", [])
    try:
        return (yield)
    finally:
        if attempts:
            made = ", ".join(attempts)
            attempts.clear()
            pytest.fail(f"tests may reach loopback only: {made}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Do without the garbage collector: what is imported and collected stays to the end."""
    gc.disable()
    try:
        _import_in_turn([Path(arg) for arg in session.config.args])
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _import_in_turn(places: list[Path]) -> None:
    """Import the tests, each process with `-n` from another file on: each reads what another one has compiled."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if worker is None or workers is None:
        return
    tests = sorted(test.resolve() for place in places if place.is_dir() for test in place.rglob("test_*.py"))
    first = len(tests) * int(worker.removeprefix("gw")) // int(workers)
    for test in tests[first:] + tests[:first]:
        name = ".".join(test.relative_to(ROOT).with_suffix("").parts)
        # A file that cannot be imported is reported when it is collected.
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `-n`, mix the files, always alike: those that wait are neighbors otherwise, and so are those that compute.

    The examples of the documentation come last, as they do without `-n`.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(
            key=lambda item: (
                item.path.suffix == ".md",
                crc32(item.path.relative_to(ROOT).as_posix().encode()),
            )
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """With `-n auto`, three processes for each core, since half of the time of the suite is waiting."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return min(3 * (os.cpu_count() or 1), MOST_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `-n`, one process runs all tests of a file, so fixtures of a module are made once.

    Each process takes the files in the order of collection, and the longest not first: the examples of the
    documentation set what belongs to a whole process.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)
