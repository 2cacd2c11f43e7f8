"""`useChat` of `@ai-sdk/react` in a browser, and two uvicorn workers: reloads and a killed worker lose nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openrouter_async.testing import Emulator
from tests.page.chat_page import WAIT_MS, expect
from tests.page.use_chat.app import variables
from tests.server.ai_sdk.test_ai_sdk import folder_of
from tests.support.folders import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Response

PAGE = Path(__file__).parent / "use_chat" / "page.jsx"
WORDS = [f"word{number} " for number in range(700)]
ALL = "".join(WORDS)
TRIES = 60
ANSWER_MS = 90_000
"""The longest an answer lasts."""

pytestmark = pytest.mark.timeout(300)


class Window:
    """A window with the chat; it knows which worker streams to it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.url = url
        self.worker = 0
        self.complaints: list[str] = []
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("response", self._responded)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def _responded(self, response: Response) -> None:
        if re.search(r"/api/chat(/.*/stream)?$", response.url) and response.status == 200:
            self.worker = int(response.headers["x-worker"])

    @property
    def answer(self) -> Locator:
        return self.page.locator(".assistant")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def ask(self) -> None:
        self.page.get_by_role("button", name="Send").click()
        self.reaches(5)

    def reaches(self, number: int) -> None:
        """Wait until a word is in the answer."""
        expect(self.answer).to_contain_text(f"word{number} ")

    def is_whole(self) -> None:
        """Assert that the answer gets each character once."""
        self.answer.filter(has_text=WORDS[-1]).wait_for(timeout=ANSWER_MS)
        self.page.locator("main[data-status=ready]").wait_for()
        assert self.answer.all_text_contents() == [ALL]
        assert self.complaints == []

    def reload_on(self, wanted: bool, worker: int) -> None:
        """Reload until the stream is read from a worker, or from another one."""
        for _ in range(TRIES):
            self.worker = 0
            self.page.reload()
            self.reaches(5)
            if (self.worker == worker) is wanted:
                return
        pytest.fail(f"in {TRIES} reloads no connection reached the worker")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(strict=True, speed=80) as emulator:
        emulator.reply(*WORDS)
        yield emulator
        assert [request.path for request in emulator.requests] == ["/chat/completions"]


@pytest.fixture(params=["v5", "v6", "v7"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(version: str, emulator: Emulator, tmp_path: Path) -> Iterator[str]:
    """The URL of a chat, on `uvicorn --workers 2`."""
    packages = folder_of(version) / "node_modules"
    bundled = ["--bundle", "--format=esm", "--jsx=automatic", f"--outfile={tmp_path / 'page.js'}"]
    subprocess.run(
        [packages / ".bin" / "esbuild", PAGE, *bundled, "--log-level=warning"],
        env={**os.environ, "NODE_PATH": str(packages)},
        check=True,
        timeout=120,
    )
    format = "ai-sdk-5" if version == "v5" else "ai-sdk"
    app = ["--factory", "tests.page.use_chat.app:make", "--workers", "2", "--port", "0", "--no-access-log"]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *app, "--timeout-graceful-shutdown", "1"],
        env=variables(emulator.base_url, emulator.key, tmp_path, format),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        url = next(match[1] for line in lines if (match := re.search(r"running on (http:\S+)", line)))
        for _ in range(2):
            next(line for line in lines if "startup complete" in line)
        yield f"{url}/chats/7"
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def test_ten_reloads_a_second_window_and_a_killed_worker(
    served: str, context: BrowserContext, emulator: Emulator
) -> None:
    """The worker that is killed is not the one that reads the answer: nothing is lost, in either window."""
    window = Window(context, served)
    window.ask()
    writer = window.worker
    for number in range(10):
        window.page.reload()
        window.reaches(10 + 4 * number)
    window.reload_on(True, writer)
    other = Window(context, served)
    other.reload_on(False, writer)
    os.kill(other.worker, signal.SIGKILL)
    other.page.locator("main[data-status=error]").wait_for()
    other.page.reload()
    for each in (window, other):
        each.is_whole()
        each.page.reload()
        each.is_whole()


def test_both_windows_are_told_when_the_worker_of_an_answer_is_killed(
    served: str, context: BrowserContext, emulator: Emulator
) -> None:
    window = Window(context, served)
    window.ask()
    other = Window(context, served)
    other.reload_on(False, window.worker)
    os.kill(window.worker, signal.SIGKILL)
    expect(other.alert).to_contain_text("server")
    window.page.locator("main[data-status=error]").wait_for()
    window.page.reload()
    expect(window.alert).to_contain_text("server")
    for each in (window, other):
        text = each.answer.text_content() or ""
        assert len(text) > 30
        assert text == ALL[: len(text)]
        assert each.complaints == []


@pytest.mark.parametrize("version", ["v7"])
def test_a_window_comes_back_without_a_reload(
    version: str, served: str, context: BrowserContext, emulator: Emulator
) -> None:
    """From version 7 on, `resumeStream` after a lost connection begins the message anew; before, it adds to it."""
    window = Window(context, served)
    window.ask()
    other = Window(context, served)
    other.reload_on(False, window.worker)
    other.page.evaluate("window.comesBack = true")
    os.kill(other.worker, signal.SIGKILL)
    for each in (window, other):
        each.is_whole()
