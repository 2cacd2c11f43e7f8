"""The floor A: bare aiohttp."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import wire

from .bare import BareClient

PACKAGES = ["aiohttp"]


class AiohttpClient(BareClient):
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def call(self) -> str:
        async with self._session.post(self._url, data=wire.BODY, headers=wire.HEADERS) as response:
            text: str = json.loads(await response.read())["choices"][0]["message"]["content"]
            return text

    @asynccontextmanager
    async def streaming(self) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._session.post(self._url, data=wire.STREAM_BODY, headers=wire.HEADERS) as response:
            yield response.content.iter_any()


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[AiohttpClient]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as session:
        yield AiohttpClient(session, f"{base_url}/chat/completions")
