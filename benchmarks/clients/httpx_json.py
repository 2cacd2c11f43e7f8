"""The floor F: bare httpx, events split on blank lines, `json.loads`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import wire

PACKAGES = ["httpx"]
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class HTTPXClient:
    """What is written where no library is used."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def call(self) -> str:
        response = await self._http.post(self._url, content=wire.BODY, headers=wire.HEADERS)
        text: str = json.loads(response.content)["choices"][0]["message"]["content"]
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
        request = self._http.stream("POST", self._url, content=wire.STREAM_BODY, headers=wire.HEADERS)
        async with request as response:
            rest = b""
            async for data in response.aiter_bytes():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        yield json.loads(event[6:])["choices"][0]["delta"]


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[HTTPXClient]:
    async with httpx.AsyncClient(limits=LIMITS, timeout=None) as http:
        yield HTTPXClient(http, f"{base_url}/chat/completions")
