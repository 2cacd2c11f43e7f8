"""The bot, against a double of Telegram's Bot API on loopback: long polling, edits, and its limits."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openrouter_async.testing import Emulator, Fault
from tests.examples.running import EXAMPLES, environment
from tests.server.serving import serve

TOKEN = "123:abc"


class Telegram:
    """Chats, and what bots may do in them; https://core.telegram.org/bots/api says what it answers."""

    def __init__(self) -> None:
        self.updates: queue.Queue[dict[str, Any]] = queue.Queue()
        self.messages: dict[int, tuple[int, str]] = {}
        """The chat and the present text of each message of the bot."""
        self.edits: list[str] = []
        self.faults: list[str] = []
        self.refusals = 0
        """How many calls are answered with 429 first."""
        self._number = 0

    def write(self, chat: int, text: str) -> None:
        self._number += 1
        message = {"message_id": self._number, "chat": {"id": chat}, "text": text}
        self.updates.put({"update_id": self._number, "message": message})

    async def answer(self, request: Request) -> Response:
        params = await request.json()
        method = request.path_params["method"]
        if request.path_params["token"] != TOKEN:
            return self._fail(401, "Unauthorized")
        if method == "getUpdates":
            return self._ok(await self._polled())
        if self.refusals:
            self.refusals -= 1
            return self._fail(429, "Too Many Requests: retry after 0", retry_after=0)
        if not params["text"]:
            return self._fail(400, "Bad Request: message text is empty")
        if method == "editMessageText":
            chat, text = self.messages[params["message_id"]]
            if (chat, text) == (params["chat_id"], params["text"]):
                return self._fail(400, "Bad Request: message is not modified")
            self.edits.append(params["text"])
            number = params["message_id"]
        else:
            self._number = number = self._number + 1
        self.messages[number] = (params["chat_id"], params["text"])
        return self._ok({"message_id": number})

    async def _polled(self) -> list[dict[str, Any]]:
        for _ in range(20):
            if not self.updates.empty():
                return [self.updates.get()]
            await anyio.sleep(0.01)
        return []

    @staticmethod
    def _ok(result: object) -> Response:
        return JSONResponse({"ok": True, "result": result})

    def _fail(self, code: int, description: str, **parameters: int) -> Response:
        if code != 429:
            self.faults.append(description)
        told = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
        return JSONResponse(told, status_code=code)

    def expect(self, chat: int, text: str) -> None:
        """Wait until a message of the bot in a chat has a text."""
        end = time.monotonic() + 40
        while (chat, text) not in self.messages.values():
            assert time.monotonic() < end, f"{text!r} was not shown in {self.messages}, {self.faults}"
            time.sleep(0.02)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(speed=15) as emulator:  # so slow that an answer is seen growing
        yield emulator


@pytest.fixture
def telegram(emulator: Emulator) -> Iterator[Telegram]:
    """A service with a bot at work."""
    telegram = Telegram()
    app = Starlette(routes=[Route("/bot{token}/{method}", telegram.answer, methods=["POST"])])
    with serve(app) as served:
        bot = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "telegram_bot.py"), "--api", served.url],
            env={**environment(emulator), "TELEGRAM_TOKEN": TOKEN, "NO_PROXY": "*"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            yield telegram
            assert bot.poll() is None, bot.stderr and bot.stderr.read()
        finally:
            bot.kill()
            bot.communicate()
    assert telegram.faults == []


@pytest.mark.slow
def test_each_chat_has_its_own_conversation(emulator: Emulator, telegram: Telegram) -> None:
    telegram.refusals = 2
    emulator.reply_with(lambda request: f"{len(request.messages)} messages, then {request.prompt}")
    telegram.write(7, "Hello")
    telegram.expect(7, "2 messages, then Hello")
    telegram.write(7, "Again")
    telegram.write(8, "New")
    telegram.expect(7, "4 messages, then Again")
    telegram.expect(8, "2 messages, then New")


@pytest.mark.slow
def test_an_answer_grows_and_one_that_breaks_off_says_so(emulator: Emulator, telegram: Telegram) -> None:
    emulator.reply(*["so "] * 30)
    telegram.write(7, "Speak slowly")
    telegram.expect(7, ("so " * 30).strip())
    assert len(telegram.edits) > 1
    emulator.reply("Half ", "an answer", fault=Fault.disconnect(after=2))
    telegram.write(7, "Break off")
    telegram.expect(7, "Half \n\n(The answer broke off. Please ask again.)")
