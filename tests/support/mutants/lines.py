"""A plugin of pytest that notes which tests run each line of the package, and how long each test takes.

`pytest -p tests.support.mutants.lines`; with `-n` each process notes its own.
The notes go to the folder that the environment variable `NOTED_LINES` names, where `Lines` reads them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import coverage
import pytest

FOLDER = "NOTED_LINES"
TESTS = "tests.json"
"""The name of the file with the digest of each file of tests at that time."""


class Noting:
    """Notes what the tests of one process run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seconds: dict[str, float | None] = {}
        self._coverage = coverage.Coverage(
            config_file=False,
            data_file=str(folder / f"lines-{os.getpid()}"),
            include=["*/src/openrouter_async/*"],
        )
        # A warning would be an error of the test that runs.
        self._coverage.set_option("run:disable_warnings", ["no-data-collected", "trace-changed"])
        self._coverage.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self._seconds.get(report.nodeid, 0.0)
        passes = report.passed and before is not None
        self._seconds[report.nodeid] = before + report.duration if passes else None

    def pytest_unconfigure(self) -> None:
        self._coverage.stop()
        self._coverage.save()
        (self._folder / f"seconds-{os.getpid()}.json").write_text(json.dumps(self._seconds), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Noting(Path(os.environ[FOLDER])))


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file of Python, by its path from the parent of the folder."""
    return {
        file.relative_to(folder.parent).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.py"))
        if "node_modules" not in file.parts
    }


class Lines:
    """Which tests run a line, each with its seconds; tests that fail are left out."""

    def __init__(self, folder: Path) -> None:
        self._noted = [coverage.CoverageData(basename=str(each)) for each in sorted(folder.glob("lines*"))]
        for data in self._noted:
            data.read()
        self._seconds: dict[str, float | None] = {}
        for file in folder.glob("seconds-*.json"):
            self._seconds |= json.loads(file.read_text("utf-8"))
        before, self._now = json.loads((folder / TESTS).read_text("utf-8")), digests(Path("tests"))
        self.changed_tests = [name for name, digest in self._now.items() if before.get(name) != digest]
        """Files of tests that are not as they were when the lines were noted."""

    def tests_of_line(self, path: Path, line: int) -> dict[str, float]:
        return self._timed(tests[line] for tests in self._of_module(path) if line in tests)

    def tests_of_module(self, path: Path) -> dict[str, float]:
        return self._timed(each for tests in self._of_module(path) for each in tests.values())

    def _of_module(self, path: Path) -> list[dict[int, list[str]]]:
        return [
            data.contexts_by_lineno(file)
            for data in self._noted
            for file in data.measured_files()
            if file.endswith(path.as_posix())
        ]

    def _timed(self, tests: Iterable[list[str]]) -> dict[str, float]:
        found = {test for each in tests for test in each if test.partition("::")[0] in self._now}
        return {test: seconds for test in sorted(found) if (seconds := self._seconds.get(test)) is not None}
