"""The example of one HTML file, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openrouter_async.testing import Emulator, Fault
from tests.examples.running import EXAMPLES, environment, loaded
from tests.page.chat_page import expect
from tests.server.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_an_answer_grows_is_followed_up_and_one_that_breaks_off_says_so(
    browser: Browser, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    with serve(loaded(EXAMPLES / "page/app.py").app) as served, browser.new_context() as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.url)
        log, message = page.locator("#log"), page.get_by_label("Message")

        def say(text: str) -> None:
            message.fill(text)
            message.press("Enter")

        emulator.reply("A river is <b>water</b>.", reasoning="What is it?")
        say("What is a river?")
        expect(log.locator(".assistant")).to_have_text("A river is <b>water</b>.")
        expect(log).to_contain_text("What is it?")
        expect(log).to_contain_text("US$ 0.")

        emulator.reply("Half ", "an answer", fault=Fault.disconnect(after=2))
        say("And a lake?")
        expect(log.locator(".error")).to_have_count(1)
        assert [part["role"] for part in emulator.requests[-1].messages] == [
            "system",
            "user",
            "assistant",
            "user",
        ]

        emulator.reply(*["more "] * 2_000)
        say("Tell all.")
        expect(log).to_contain_text("more more")
        page.get_by_role("button", name="Stop").click()
        expect(log).to_contain_text("Stopped.")
        assert complaints == []
