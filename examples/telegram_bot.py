"""A Telegram bot: it answers each chat, and edits its message while the answer grows.

    TELEGRAM_TOKEN=123:abc python examples/telegram_bot.py      # the token is from @BotFather
    python examples/telegram_bot.py --api http://localhost:8081 # another server of the Bot API

Each chat has its own conversation, in which only the last 20 turns are sent. A message that arrives while the bot
answers in the same chat waits its turn; other chats do not wait.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import anyio
import httpx

from openrouter_async import AsyncOpenRouter, Conversation, OpenRouterError, keep_turns

EDIT_EVERY_S = 1.0
"""Telegram allows about one message a second in a chat."""
LONGEST = 4_096
"""Characters of a message."""


class Bot:
    """Takes updates by long polling, and answers them."""

    def __init__(self, telegram: httpx.AsyncClient, client: AsyncOpenRouter) -> None:
        self.telegram, self.client = telegram, client
        self.chats: dict[int, tuple[Conversation, anyio.Lock]] = {}

    async def call(self, method: str, **params: object) -> Any:
        """Call a method of the Bot API, and wait as long as it says where it is called too often."""
        while True:
            answer = (await self.telegram.post(method, json=params)).json()
            if answer["ok"]:
                return answer["result"]
            retry_after = answer.get("parameters", {}).get("retry_after")
            if retry_after is None:
                raise RuntimeError(f"{method}: {answer['description']}")
            await anyio.sleep(retry_after)

    async def answer(self, id: int, text: str) -> None:
        """Answer a message in a chat, and show the answer while it grows."""
        if id not in self.chats:
            chat = self.client.conversation(
                system="You are a helpful bot. Answer briefly, in plain text.",
                trim=keep_turns(20),
                max_tokens=800,
            )
            self.chats[id] = chat, anyio.Lock()
        chat, lock = self.chats[id]
        async with lock:
            sent = await self.call("sendMessage", chat_id=id, text="…")
            shown, edited_at, so_far = "…", time.monotonic(), ""
            try:
                async with chat.stream(text) as stream:
                    async for piece in stream.text():
                        so_far += piece
                        if so_far.strip() and time.monotonic() - edited_at > EDIT_EVERY_S:
                            shown = await self.edit(id, sent["message_id"], shown, so_far)
                            edited_at = time.monotonic()
            except OpenRouterError as error:
                print(error)
                so_far = f"{so_far}\n\n(The answer broke off. Please ask again.)"
            await self.edit(id, sent["message_id"], shown, so_far or "(no answer)")

    async def edit(self, chat_id: int, message_id: int, shown: str, text: str) -> str:
        """Replace the text of a message where it changed, since Telegram refuses an edit that changes nothing."""
        text = text.strip()[:LONGEST]
        if text != shown:
            await self.call("editMessageText", chat_id=chat_id, message_id=message_id, text=text)
        return text

    async def run(self) -> None:
        """Answer until the program is stopped."""
        offset = 0
        async with anyio.create_task_group() as answers:
            while True:
                for update in await self.call("getUpdates", offset=offset, timeout=50):
                    offset = update["update_id"] + 1
                    message = update.get("message", {})
                    if "text" in message:
                        answers.start_soon(self.answer, message["chat"]["id"], message["text"])


async def main(api: str, token: str) -> None:
    async with (
        httpx.AsyncClient(base_url=f"{api}/bot{token}/", timeout=60) as telegram,
        AsyncOpenRouter(default_model="openai/gpt-4.1-mini") as client,
    ):
        await Bot(telegram, client).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Answer messages on Telegram.")
    parser.add_argument("--api", default="https://api.telegram.org")
    anyio.run(main, parser.parse_args().api, os.environ["TELEGRAM_TOKEN"])
