"""The example of Next.js: built, started, and used in a browser; and its Python side by the package `ai` alone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openrouter_async.testing import Emulator, ReceivedRequest, Reply, tool_call
from tests.examples.running import EXAMPLES, environment, loaded
from tests.page.chat_page import expect
from tests.server.serving import Served, serve
from tests.support.folders import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = EXAMPLES / "nextjs"
BUILD_S = 400.0
"""How long a build may take on a busy machine; alone it takes 20 s."""

pytestmark = [
    pytest.mark.skipif(
        shutil.which("node") is None or not (FOLDER / "node_modules" / "next").is_dir(),
        reason="nox -s web, or npm ci in examples/nextjs",
    ),
    pytest.mark.timeout(2 * BUILD_S),
]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    def answer(request: ReceivedRequest) -> Reply | Any:
        results = [message for message in request.messages if message["role"] == "tool"]
        if not results:
            return Reply.of(tool_call("weather", city="Oslo"))
        if len(results) == 1:
            return Reply.of(tool_call("send_mail", to="ann@example.com", text="It rains."))
        return f"Done: {results[-1]['content']}"

    with Emulator() as emulator:
        emulator.reply_with(answer)
        yield emulator


@pytest.fixture
def python_side(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    with serve(loaded(FOLDER / "server.py").app) as served:
        yield served


@pytest.mark.parametrize(
    ("decision", "told"), [("yes", "sent to ann@example.com"), ("no", "not on Sundays")], ids=["yes", "no"]
)
def test_use_chat_sees_both_tools_and_decides(python_side: Served, decision: str, told: str) -> None:
    script = ROOT / "tests" / "server" / "ai_sdk" / "approve.mjs"
    url = f"{python_side.url}/api/chat"
    done = subprocess.run(
        ["node", str(script), str(FOLDER), url, "Mail the weather.", decision, "not on Sundays"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["errors"] == []
    assert "Done: " in done.stdout
    assert told in done.stdout


@pytest.fixture
def next_url(python_side: Served) -> Iterator[str]:
    """The built page, served by Next.js."""
    variables = {**os.environ, "PYTHON_SERVER": python_side.url, "NEXT_TELEMETRY_DISABLED": "1"}
    built = subprocess.run(
        ["node_modules/.bin/next", "build"],
        cwd=FOLDER,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_S,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, cwd=FOLDER, env=variables, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            try:
                httpx.get(url, timeout=10)
                break
            except httpx.TransportError:
                assert time.monotonic() < end, "Next.js did not start"
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def test_a_person_watches_tools_and_allows_one(browser: Browser, emulator: Emulator, next_url: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(next_url)
        page.get_by_label("Message").fill("Mail the weather.")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text('"sky":"rain"')).to_be_visible()
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_text("Done: sent to ann@example.com")).to_be_visible()
        emulator.reply_with(lambda request: " ".join(["more"] * 3_000))
        page.get_by_label("Message").fill("Tell all.")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("more more more")).to_be_visible()
        assert complaints == []
