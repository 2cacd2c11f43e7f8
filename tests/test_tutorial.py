"""The tutorial followed to the letter: its files are saved, run and tested, in one folder, on the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.support import forked
from tests.support.doc_modules import python_blocks
from tests.support.folders import ROOT

FILES = [code for _, code in python_blocks(ROOT / "docs" / "tutorial.md")]
PROGRAMS = [code for code in FILES if "asyncio.run(main())" in code]


def environment(**variables: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENROUTER_", "PYTEST_"))
    }
    return {**kept, **variables}


@pytest.mark.slow
@pytest.mark.parametrize("code", PROGRAMS, ids=["call", "stream", "tool", "value", "batch"])
def test_each_program_runs_twice(code: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(code)
    with Emulator() as emulator:
        settings = {"OPENROUTER_BASE_URL": emulator.base_url, "OPENROUTER_API_KEY": emulator.key}
        for _ in ("first", "second"):
            ran = forked.run("program.py", env=environment(**settings), cwd=tmp_path, timeout=120)
            assert (ran.returncode, ran.stderr) == (0, "")
            assert ran.stdout.strip()
        if "journal" in code:
            asked = [request for request in emulator.requests if request.method == "POST"]
            assert len(asked) == 200  # the second run reads them from the journal


@pytest.mark.slow
def test_the_application_and_its_test_work_as_they_are_written(tmp_path: Path) -> None:
    application, test = FILES[-2:]
    (tmp_path / "app.py").write_text(application)
    (tmp_path / "test_app.py").write_text(test)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
