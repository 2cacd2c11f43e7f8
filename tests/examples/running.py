"""Runs a program of examples/ as its user would."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openrouter_async.testing import Emulator
from tests.support import forked
from tests.support.folders import ROOT

__all__ = ["EXAMPLES", "environment", "loaded", "run"]

EXAMPLES = ROOT / "examples"
LIMIT_S = 60.0
"""How long a program may take on a busy machine."""


def environment(emulator: Emulator) -> dict[str, str]:
    """Return the three variables that `openrouter-async emulate` prints, and none of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
    return {
        **kept,
        "OPENROUTER_BASE_URL": emulator.base_url,
        "OPENROUTER_API_KEY": emulator.key,
        "OPENROUTER_MANAGEMENT_KEY": emulator.management_key,
        "PYTHONUTF8": "1",
    }


def run(
    name: str, *arguments: str, emulator: Emulator, cwd: Path, stdin: str = "", expected: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, warnings being errors, and return what it printed."""
    done = forked.run(
        "-W",
        "error",
        str(EXAMPLES / name),
        *arguments,
        env=environment(emulator),
        cwd=cwd,
        stdin=stdin,
        timeout=LIMIT_S,
    )
    assert done.returncode == expected, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done


def loaded(path: Path) -> Any:
    """Return a module by its file, new each time."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, path.stem, module)  # pydantic looks for the names of annotations there
        spec.loader.exec_module(module)
    return module
