"""Lets a peer play its scenes, and says what a model answers to them.

A peer is run by its own interpreter, named by an environment variable; `nox -s peers` makes those interpreters.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from openrouter_async.testing import Failure, Fault, ReceivedRequest, Reply, ToolCall, tool_call
from tests.peers import scene
from tests.support.folders import ROOT

__all__ = ["ENVIRONMENT", "answer", "report_of"]

ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it downloads its list of prices
    "NO_PROXY": "*",
}


def answer(request: ReceivedRequest) -> Reply | Failure | ToolCall | str:
    """Say what the scenes expect."""
    if (result := _result(request.messages[-1])) is not None:
        return f"It says {result}."
    is_chat = request.path == "/chat/completions"
    match request.prompt:
        case scene.WEATHER_QUESTION:
            call = tool_call("get_weather", **scene.WEATHER_ARGUMENTS)
            return call if is_chat else Reply.of(call, reasoning=scene.THOUGHTS)
        case scene.THOUGHTFUL:
            return Reply.of(scene.ANSWER, reasoning=scene.THOUGHTS)
        case scene.TOO_SOON:
            return Failure(status=429, message="Slow down", retry_after=7)
        case scene.CUT_OFF:
            fault = Fault.error_event(502, "Provider disconnected", after=3)
            return Reply.of(scene.ANSWER, fault=fault)
        case _:
            return scene.ANSWER


def _result(message: dict[str, Any]) -> object:
    """Return the result of a tool that the last message brings, in any dialect; None where it brings none."""
    content = message.get("content")
    if isinstance(content, list):
        found = [block.get("content") for block in content if block.get("type") == "tool_result"]
        return found[0] if found else None
    return content if message.get("role") == "tool" else message.get("output")


def report_of(peer: str, base_url: str, key: str, management_key: str) -> dict[str, Any]:
    """Return what a peer reports of the service at an address; skips the test where the peer is not there."""
    package = peer.partition("_")[0]
    variable = f"OPENROUTER_ASYNC_PEER_{package.upper()}"
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no interpreter that has {package}; nox -s peers makes one")
    done = subprocess.run(
        [python, "-m", "tests.peers.run", peer, base_url, key, management_key],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
