"""Prism, between a client and the emulator, compares every plain answer with the service's OpenAPI document."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_async.testing import Emulator
from tests.judges import play
from tests.judges.test_judges import answer, needed

CHAT = {"model": play.MODEL, "messages": [{"role": "user", "content": "hi"}]}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": play.CITY_SCHEMA}}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": play.CITY_SCHEMA}}
VECTORS = {"model": "openai/text-embedding-3-small", "input": ["a", "b"]}

ASKED: list[tuple[str, str, Any, bool]] = [
    *[("GET", path, None, False) for path in (
        "/models", "/models?limit=5", "/models/count", "/models/user", f"/model/{play.MODEL}",
        f"/models/{play.MODEL}/endpoints", "/endpoints/zdr", "/providers", "/embeddings/models", "/key",
        "/generation?id=gen-none", "/model/no/such",
    )],
    *[("GET", path, None, True) for path in (
        "/credits", "/keys", "/activity", "/workspaces", "/guardrails", "/byok", "/organization/members",
    )],
    *[("POST", "/chat/completions", {**CHAT, **more}, False) for more in (
        {}, {"tools": [TOOL]}, {"tools": [TOOL], "tool_choice": "required"}, {"response_format": SCHEMA},
        {"logprobs": True, "top_logprobs": 2}, {"max_tokens": 3}, {"reasoning": {"effort": "high"}},
        {"model": "no/such"},
    )],
    *[("POST", "/chat/completions", {**CHAT, "messages": [{"role": "user", "content": play.failing(status)}]}, False)
        for status in (400, 401, 402, 403, 404, 429, 500, 502, 503)],
    ("POST", "/embeddings", VECTORS, False),
    ("POST", "/embeddings", {**VECTORS, "encoding_format": "base64"}, False),
    ("POST", "/keys", {"name": "k", "limit": 2, "limit_reset": "monthly"}, True),
    ("POST", "/workspaces", {"name": "A", "slug": "a"}, True),
    ("POST", "/guardrails", {"name": "g"}, True),
]  # fmt: skip

NEWER = ("provider_name must be equal to one of",)
"""Violations that are the document's: there are providers that it does not know."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.reply_with(answer)
        yield emulator


@pytest.fixture(scope="module")
def prism(emulator: Emulator) -> Iterator[str]:
    """The address of Prism before the emulator."""
    modules = Path(needed("JUDGES_IN_NODE")) / "node_modules"
    document = os.environ.get("OPENROUTER_ASYNC_DOCUMENT")
    if not document:
        pytest.skip("OPENROUTER_ASYNC_DOCUMENT names no OpenAPI document of the service")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    script = modules / "@stoplight" / "prism-cli" / "dist" / "index.js"
    command = ["node", script, "proxy", "-h", "127.0.0.1", "-p", str(port), document, emulator.base_url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    began = time.monotonic()
    for line in process.stdout:  # ends with the process
        if "listening" in line or time.monotonic() - began > 100:
            break
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.stdout.close()
    process.wait(10)


@pytest.mark.parametrize(("method", "path", "body", "manages"), ASKED)
def test_prism_finds_nothing_against_an_answer(
    prism: str, emulator: Emulator, method: str, path: str, body: Any, manages: bool
) -> None:
    key = emulator.management_key if manages else emulator.key
    headers = {"authorization": f"Bearer {key}"}
    answer = httpx.request(method, prism + path, json=body, headers=headers, timeout=60, trust_env=False)
    violations = answer.headers.get("sl-violations", "")
    assert not violations or any(known in violations for known in NEWER), violations
    assert "stoplight.io" not in answer.text, "Prism answered itself"
