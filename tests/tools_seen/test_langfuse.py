"""Langfuse gets our spans: by the example of the docs, and by its own package."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.folders import ROOT
from tests.tools_seen.needed import tool
from tests.tools_seen.otlp import Received, receiver
from tests.tools_seen.service import KEY, MODEL, service

tool("langfuse")
tool("opentelemetry.exporter.otlp.proto.http.trace_exporter")

CALL = f"""
import asyncio
from openrouter_async import AsyncOpenRouter

async def main() -> None:
    async with AsyncOpenRouter({KEY!r}) as client:
        await client.chat.create("Xylophone?", model={MODEL!r})

asyncio.run(main())
"""

OWN = """
from langfuse import Langfuse

langfuse = Langfuse(public_key="pk-lf-x", secret_key="sk-lf-x", base_url={url!r})
"""


def example() -> str:
    page = (Path(ROOT) / "docs" / "howto" / "opentelemetry.md").read_text("utf-8")
    (_, section) = page.split("\n## Langfuse, and others that take OTLP\n")
    match = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert match is not None
    return match[1]


def run(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with service(monkeypatch):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "LANGFUSE_FLUSH_AT": "1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert done.returncode == 0, done.stderr


def check(received: Received) -> None:
    call = received.spans[f"chat {MODEL}"]
    assert (call["gen_ai.operation.name"], call["gen_ai.response.model"]) == ("chat", MODEL)
    assert (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.cost.amount"]) == (5, 0.000001)
    assert "Xylophone" not in str(received.spans)
    assert KEY not in str(received.spans)


def test_the_example_of_the_docs_sends_the_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as received:
        program = example()
        assert "https://cloud.langfuse.com/api" in program
        program = program.replace("https://cloud.langfuse.com/api", f"{received.url}/api")
        run(f"{program}\n{CALL}", monkeypatch)
    check(received)
    assert {"POST", f"chat {MODEL}"} <= received.spans.keys()
    assert received.paths[0].endswith("/api/public/otel/v1/traces")
    login = base64.b64encode(b"pk-lf-...:sk-lf-...").decode()
    assert received.headers[0]["authorization"] == f"Basic {login}"


def test_its_own_package_takes_them_with_nothing_else_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as received:
        run(f"{OWN.format(url=received.url)}\n{CALL}\nlangfuse.flush()", monkeypatch)
    check(received)
