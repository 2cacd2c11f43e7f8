"""The example of Ray Data, as its user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.examples.running import EXAMPLES, environment


def test_each_row_is_labelled_and_a_second_run_sends_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    command = [sys.executable, str(EXAMPLES / "ray_data.py"), "60"]
    told = []
    with Emulator() as emulator:
        for _ in range(2):
            done = subprocess.run(
                command,
                env=environment(emulator),
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            told.append(done.stdout)
            asked = len([request for request in emulator.requests if request.path != "/models"])
            assert asked == 60
    assert all("60 rows, 0 failed, US$ 0." in each for each in told), told
    assert [*(tmp_path / "labelled").glob("*.parquet")]
