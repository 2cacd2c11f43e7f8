"""What OpenRouter's own agent for TypeScript sees of the emulator, and of a router before it, in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import routed

HERE = Path(__file__).parent


@pytest.fixture(params=["emulator", "router"])
def seen(request: pytest.FixtureRequest, emulator: Emulator) -> dict[str, Any]:
    """What the agent saw of scripted replies."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules" / "@openrouter" / "agent").is_dir():
        pytest.skip("the package @openrouter/agent is not installed; nox -s web, or npm ci in its folder")
    emulator.reply("Three ", "lamps.")
    emulator.reply("Yes.", reasoning="Let me see.")
    emulator.reply(tool_call("stock", {"item": "lamp"}))
    emulator.reply("There are 3.")
    emulator.fail(429, "Slow down")
    emulator.reply("It breaks", fault=Fault.error_event(after=1))
    if request.param == "emulator":
        return asked(emulator.base_url, emulator.key)
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))
    with routed(emulator, client=client, token=emulator.key) as browser:
        return asked(f"{browser.served.url}/v1", emulator.key)


def asked(url: str, key: str) -> dict[str, Any]:
    command = ["node", str(HERE / "ask.mjs"), url, key]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_sees_text_thoughts_tools_usage_and_failures(seen: dict[str, Any], emulator: Emulator) -> None:
    assert "".join(seen["pieces"]) == seen["text"] == "Three lamps."
    assert seen["usage"]["cost"] > 0
    assert (seen["thoughts"], seen["answer"]) == ("Let me see.", "Yes.")
    assert (seen["results"], seen["last"]) == ([{"item": "lamp", "count": 3}], "There are 3.")
    assert seen["error"]["status"] == 429
    assert seen["broken"]
    sent: Any = emulator.requests[3].json
    results = [item for item in sent["input"] if item.get("type") == "function_call_output"]
    assert json.loads(results[0]["output"]) == {"item": "lamp", "count": 3}
