"""The official package `openrouter`; the limits of its httpx client are raised from 100 calls at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import wire
from openrouter import OpenRouter

from .chunked import MESSAGES, ChunkedClient

PACKAGES = ["openrouter", "httpx", "pydantic"]


class OfficialClient(ChunkedClient):
    def __init__(self, client: OpenRouter) -> None:
        self._chat = client.chat

    async def call(self) -> str:
        reply = await self._chat.send_async(model=wire.MODEL, messages=MESSAGES)
        return str(reply.choices[0].message.content)

    async def streaming(self) -> Any:
        return await self._chat.send_async(model=wire.MODEL, messages=MESSAGES, stream=True)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[OfficialClient]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx.AsyncClient(limits=limits, timeout=None) as http,
        OpenRouter(api_key=wire.KEY, server_url=base_url, async_client=http) as client,
    ):
        yield OfficialClient(client)
