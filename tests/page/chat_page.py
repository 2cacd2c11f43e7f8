"""The chat page in a browser, as a person uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, overload
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import (
        ConsoleMessage,
        Dialog,
        Locator,
        LocatorAssertions,
        Page,
        PageAssertions,
        Request,
    )

    from openrouter_async.testing import Emulator

__all__ = ["WAIT_MS", "ChatPage", "expect"]

WAIT_MS = 20_000
"""The longest a wait lasts; long, because the machine may be busy."""


@overload
def expect(actual: Locator) -> LocatorAssertions: ...
@overload
def expect(actual: Page) -> PageAssertions: ...
def expect(actual: Locator | Page) -> LocatorAssertions | PageAssertions:
    """Assert what becomes true of the page within `WAIT_MS`: it changes over a moment after what a person does."""
    from playwright.sync_api import expect as playwright_expect

    playwright_expect.set_options(timeout=WAIT_MS)
    return playwright_expect(actual)


class ChatPage:
    """One tab. What goes wrong in it unseen is written down, and fails the test at its end."""

    def __init__(self, page: Page, url: str, emulator: Emulator) -> None:
        self.page = page
        self.url = url
        self.emulator = emulator
        self.complaints: list[str] = []
        """What the browser said in its console: errors, warnings, violations of the policy."""
        self.strangers: list[str] = []
        """Requests to anything but the server."""
        self.expected: Callable[[str], bool] = lambda text: False
        """Which complaints a test provokes."""
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self._requested)
        page.on("dialog", self.on_dialog)

    def on_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser itself complains of each status above 400; few keys may see the credits.
        is_about_credits = message.location.get("url", "").endswith("/api/credits")
        if message.type in ("error", "warning") and not is_about_credits:
            self.complaints.append(f"{message.type}: {message.text}")

    def _requested(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and f"{url.scheme}://{url.netloc}" != self.url.rstrip("/"):
            self.strangers.append(request.url)

    def check(self) -> None:
        """Assert that nothing went wrong unseen, and that nothing left the machine."""
        unforeseen = [text for text in self.complaints if not self.expected(text)]
        assert not self.strangers, f"requests left the machine: {self.strangers}"
        assert not unforeseen, f"the browser complained: {unforeseen}"

    # What is on the page

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def user_messages(self) -> Locator:
        return self.page.locator(".message.user")

    @property
    def answers(self) -> Locator:
        return self.page.locator(".message.answer")

    @property
    def answer(self) -> Locator:
        """The last answer."""
        return self.answers.last

    @property
    def prose(self) -> Locator:
        """The text of the last answer."""
        return self.answer.locator(".prose")

    @property
    def conversations(self) -> Locator:
        return self.page.locator(".conversation")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def becomes(self, condition: str) -> None:
        """Wait until an expression in JavaScript is true.

        Not by `wait_for_function`, whose polling calls `eval`, which the page's Content-Security-Policy forbids.
        """
        deadline = time.monotonic() + WAIT_MS / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"does not become true: {condition}"
            self.page.wait_for_timeout(20)

    # What a person does

    def open(self, fragment: str = "") -> ChatPage:
        """Load the page, and wait until it is ready."""
        self.page.goto(f"{self.url}{fragment}")
        self.page.locator("#model-name").filter(has_not_text="Choose a model").wait_for()
        return self

    def send(self, text: str, *, wait: bool = True) -> Locator:
        """Send a message; return the answer, once it is over unless `wait` is false."""
        before = self.answers.count()
        self.prompt.fill(text)
        self.prompt.press("Enter")
        answer = self.answers.nth(before)
        answer.wait_for()
        if wait:
            self.wait_idle()
        return answer

    def wait_idle(self) -> None:
        """Wait until no answer is being written."""
        self.page.locator("#send").wait_for(state="visible")

    def saved(self, text: str) -> None:
        """Wait until the list shows a conversation whose title has this text."""
        self.conversations.filter(has_text=text).first.wait_for()

    def open_list(self) -> None:
        """Open the list of conversations, where the screen is narrow."""
        self.button("Conversations").click()
