"""Judges that are clients: each asks the emulator for what its users ask, and must be content with every answer.

A judge is run by its own interpreter, or from its own packages, which an environment variable names; without it the
test is skipped. `nox -s judges` makes them, and `nox -s judges -- instructor llm` only these.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openrouter_async.testing import Emulator, Failure, Fault, ReceivedRequest, Reply, ToolCall, tool_call
from tests.judges import play
from tests.support.folders import ROOT

PYTHON = {"instructor": 5, "pydantic_ai": 9, "langchain": 9, "llm": 6}
"""Judges in Python, and how many checks each has at least."""
NODE = {"sdk": 20, "provider": 12}
"""Judges in Node."""
QUIET = {"NO_PROXY": "*", "LANGSMITH_TRACING": "false"}


def needed(variable: str) -> str:
    """Return what a variable of the environment names; skips the test without it."""
    named = os.environ.get(f"OPENROUTER_ASYNC_{variable}")
    if not named:
        pytest.skip(f"OPENROUTER_ASYNC_{variable} names nothing; nox -s judges makes it")
    return named


def answer(request: ReceivedRequest) -> Reply | Failure | ToolCall | str | None:
    """Say what the judges expect; None leaves values by schemas to the emulator."""
    last = request.messages[-1]
    if last.get("role") == "tool":
        return f"It says {last['content']}."
    if (status := play.wanted_status(request.prompt)) is not None:
        return Failure(status=status, message="made to fail")
    match request.prompt:
        case play.USE_THE_TOOL:
            called: Any = request.json["tools"]
            name = called[0]["function"]["name"]
            return tool_call(name, city="Oslo") if name == "get_weather" else tool_call(name)
        case "Break off.":
            return Reply.of(play.TEXT, fault=Fault.error_event(502, "Provider disconnected", after=3))
        case "hi" | "and now?":
            return play.TEXT
    return None


def judged(command: list[str]) -> dict[str, Any]:
    """Return what a judge reports of an emulator; the command has its address and keys in place of the words."""
    with Emulator() as emulator:
        emulator.reply_with(answer)
        words = {"BASE": emulator.base_url, "KEY": emulator.key, "MANAGEMENT": emulator.management_key}
        done = subprocess.run(
            [words.get(word, word) for word in command],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | QUIET,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize("name", PYTHON)
def test_a_judge_in_python_is_content(name: str) -> None:
    report = judged([needed(f"JUDGE_{name.upper()}"), "-m", "tests.judges.run", name, "BASE", "KEY"])
    assert report["failed"] == {}
    assert report["attempts"] == []
    assert report["tried"] >= PYTHON[name]


@pytest.mark.parametrize("name", NODE)
def test_a_judge_in_node_is_content(name: str) -> None:
    modules = Path(needed("JUDGES_IN_NODE"))
    told = {name: getattr(play, name) for name in dir(play) if name.isupper()}
    report = judged(["node", str(modules / f"{name}.mjs"), "BASE", "KEY", "MANAGEMENT", json.dumps(told)])
    assert report["failed"] == {}
    assert report["tried"] >= NODE[name]
