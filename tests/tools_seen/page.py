"""Runs an example of docs/howto/testing.md, which is a test, as its reader would: in a file of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.folders import ROOT

__all__ = ["run_example", "write_example"]

SETTINGS = "[pytest]\nasyncio_mode = auto\n"


def write_example(heading: str, folder: Path) -> None:
    """Write the first example below a heading to a project of its own."""
    page = (ROOT / "docs" / "howto" / "testing.md").read_text("utf-8")
    (_, section) = page.split(f"\n## {heading}\n")
    match = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert match is not None
    (folder / "test_capital.py").write_text(match[1], "utf-8")
    (folder / "pytest.ini").write_text(SETTINGS, "utf-8")


def run_example(folder: Path, *arguments: str, **variables: str) -> None:
    """Run its one test."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
