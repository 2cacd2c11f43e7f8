"""The floor F: bare httpx."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import wire

from .bare import BareClient

PACKAGES = ["httpx"]
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class HTTPXClient(BareClient):
    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def call(self) -> str:
        response = await self._http.post(self._url, content=wire.BODY, headers=wire.HEADERS)
        text: str = json.loads(response.content)["choices"][0]["message"]["content"]
        return text

    @asynccontextmanager
    async def streaming(self) -> AsyncIterator[AsyncIterator[bytes]]:
        request = self._http.stream("POST", self._url, content=wire.STREAM_BODY, headers=wire.HEADERS)
        async with request as response:
            yield response.aiter_bytes()


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[HTTPXClient]:
    async with httpx.AsyncClient(limits=LIMITS, timeout=None) as http:
        yield HTTPXClient(http, f"{base_url}/chat/completions")
