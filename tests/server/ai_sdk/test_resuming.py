"""A chat that the `ai` package reads again: ten times in the middle, and by two readers at the end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI

from openrouter_async.server import MemoryStreams, openrouter_lifespan
from openrouter_async.server.fastapi import create_chat_router
from openrouter_async.testing import Emulator, Fault
from tests.server.ai_sdk.test_ai_sdk import HERE, folder_of
from tests.server.serving import serve
from tests.support.emulated import client_of

WORDS = [f"word{number} " for number in range(60)]


@pytest.mark.parametrize("version", ["v5", "v6", "v7"])
def test_each_reader_gets_every_character_once(version: str, emulator: Emulator) -> None:
    folder: Path = folder_of(version)
    emulator.reply(*WORDS, fault=Fault.latency(3.0, after=30))
    client = client_of(emulator)
    app = FastAPI(lifespan=openrouter_lifespan(client))
    format = "ai-sdk-5" if version == "v5" else "ai-sdk"
    router = create_chat_router(client, format=format, resumable=MemoryStreams())  # type: ignore[arg-type]
    app.include_router(router, prefix="/api")
    with serve(app) as served:
        done = subprocess.run(
            ["node", str(HERE / "resume.mjs"), str(folder), served.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["whole"] == ["".join(WORDS)] * 2
    assert len([text for text in found["seen"] if text]) == 11
    assert all("".join(WORDS).startswith(text) for text in found["seen"])
    assert found["after"] is None, "nothing runs any more: 204"
    assert len(emulator.requests) == 1
