"""The official package `openrouter`; the limits of its httpx client are raised from 100 calls at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import wire
from openrouter import OpenRouter

PACKAGES = ["openrouter", "httpx", "pydantic"]
MESSAGES: list[Any] = [{"role": "user", "content": wire.PROMPT}]


class OfficialClient:
    def __init__(self, client: OpenRouter) -> None:
        self._chat = client.chat

    async def call(self) -> str:
        reply = await self._chat.send_async(model=wire.MODEL, messages=MESSAGES)
        return str(reply.choices[0].message.content)

    async def stream(self, take: Callable[[str], object]) -> None:
        async with await self._chat.send_async(model=wire.MODEL, messages=MESSAGES, stream=True) as stream:
            async for chunk in stream:
                if piece := chunk.choices[0].delta.content:
                    take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async with await self._chat.send_async(model=wire.MODEL, messages=MESSAGES, stream=True) as stream:
            async for chunk in stream:
                calls = chunk.choices[0].delta.tool_calls or ()
                pieces += [call.function.arguments or "" for call in calls]
        return len(pieces), json.loads("".join(pieces))


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[OfficialClient]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx.AsyncClient(limits=limits, timeout=None) as http,
        OpenRouter(api_key=wire.KEY, server_url=base_url, async_client=http) as client,
    ):
        yield OfficialClient(client)
