"""The code of other clients that docs/howto/moving-here.md shows runs with their own packages."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.peers.playing import ENVIRONMENT
from tests.support.folders import ROOT

PAGE = (ROOT / "docs" / "howto" / "moving-here.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"<!-- peer: (\w+) -->\n```py\n(.*?)```", PAGE, re.S))


def test_each_section_has_an_example_of_the_other_client() -> None:
    assert set(EXAMPLES) == {"openai", "openrouter", "litellm", "langchain"}
    assert PAGE.count("\n## From ") == len(EXAMPLES)


@pytest.mark.parametrize("peer", EXAMPLES)
def test_it_runs_with_its_own_package(peer: str, tmp_path: Path) -> None:
    variable = f"OPENROUTER_ASYNC_PEER_{peer.upper()}"
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no interpreter that has {peer}; nox -s peers makes one")
    body = "".join(f"    {line}\n" if line else "\n" for line in EXAMPLES[peer].splitlines())
    program = tmp_path / "before.py"
    program.write_text(f"import asyncio\n\n\nasync def main() -> None:\n{body}\n\nasyncio.run(main())\n")
    with Emulator() as emulator:
        emulator.reply("The Rhine", times=3)
        ran = subprocess.run(
            [python, str(program)],
            env={
                **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
                **ENVIRONMENT,
                "OPENROUTER_BASE_URL": emulator.base_url,
                "OPENROUTER_API_KEY": emulator.key,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "The Rhine" in ran.stdout
