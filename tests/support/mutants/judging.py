"""Runs tests of changes, each in a process forked from one that has loaded what tests need but not the package."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection

import pytest

from tests.support.mutants.drawing import Mutant

RUN_S = 600.0
"""How long one run of tests may take; a change that makes one endless is noticed."""

TEST_S = 120
"""How long one test may take; one that takes longer without the change too has noticed nothing."""

LOADED = (
    "asyncio",
    "httpx",
    "hypothesis",
    "jsonschema",
    "mcp",
    "pydantic",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "rich",
    "sqlite3",
    "starlette.testclient",
    "sybil",
    "trio",
    "uvicorn",
)
"""What most tests import, in a second; it may not import the package."""

ARGUMENTS = [
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "mutants"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
]


class Chosen:
    """A plugin that runs some tests in the order given, and notes the first that fails."""

    def __init__(self, tests: list[str]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}
        self.failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if not any("::" in test for test in self._places):
            return
        items[:] = sorted(
            (item for item in items if item.nodeid in self._places),
            key=lambda item: self._places[item.nodeid],
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = f"{report.nodeid}: {_message(report)}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = f"{report.nodeid}: {_message(report)}"


def load() -> None:
    """Import what most tests need, so that no forked process has to."""
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.dont_write_bytecode = True  # else a changed module would be kept compiled
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def failure(mutant: Mutant, run: list[str]) -> str | None:
    """Return the first test that fails where a change is made in the working directory, or None."""
    times = mutant.path.stat()
    mutant.path.write_text(mutant.code, "utf-8")
    try:
        failed = first_failure(run)
    finally:
        mutant.path.write_text(mutant.before, "utf-8")
        os.utime(mutant.path, ns=(times.st_atime_ns, times.st_mtime_ns))  # of which the compiled module knows
    if failed is not None and "Timeout" in failed and first_failure([failed.partition(": ")[0]]) is not None:
        return None
    return failed


def first_failure(run: list[str]) -> str | None:
    """Return the first of some tests that fails, or None."""
    forking = multiprocessing.get_context("fork")
    told, tell = forking.Pipe(duplex=False)
    process = forking.Process(target=_run, args=(run, tell))
    process.start()
    tell.close()
    try:
        if not told.poll(RUN_S):
            return f"no end within {RUN_S:.0f} s"
        return str(answer) if (answer := told.recv()) else None
    except EOFError:
        return "the process ended"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()


def _run(run: list[str], tell: Connection) -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    chosen = Chosen(run)
    files = list(dict.fromkeys(test.partition("::")[0] for test in run))
    code = pytest.main([*ARGUMENTS, "--timeout", str(TEST_S), *files], plugins=[chosen])
    passes = code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    tell.send("" if passes else chosen.failed or f"pytest ends with {code!r}")
    os._exit(0)


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash else report.longrepr).strip()
    return text.splitlines()[0][:200] if text else "failed"
