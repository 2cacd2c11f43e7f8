"""The floor A: bare aiohttp, events split on blank lines, `json.loads`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import wire

PACKAGES = ["aiohttp"]


class AiohttpClient:
    """What is written where no library is used."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def call(self) -> str:
        async with self._session.post(self._url, data=wire.BODY, headers=wire.HEADERS) as response:
            text: str = json.loads(await response.read())["choices"][0]["message"]["content"]
            return text

    async def stream(self, take: Callable[[str], object]) -> None:
        async for delta in self._deltas():
            if piece := delta.get("content"):
                take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async for delta in self._deltas():
            pieces += [call["function"]["arguments"] for call in delta.get("tool_calls", ())]
        return len(pieces), json.loads("".join(pieces))

    async def _deltas(self) -> AsyncIterator[dict[str, Any]]:
        async with self._session.post(self._url, data=wire.STREAM_BODY, headers=wire.HEADERS) as response:
            rest = b""
            async for data in response.content.iter_any():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        yield json.loads(event[6:])["choices"][0]["delta"]


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[AiohttpClient]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as session:
        yield AiohttpClient(session, f"{base_url}/chat/completions")
