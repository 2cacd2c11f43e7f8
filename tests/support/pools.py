"""A pool of connections as tests use it, and how many connections it has, which only tests ask."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import anyio
import httpx

from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.options import Limits
from tests.support.loopback import LoopbackServer, Reply

__all__ = ["GOOD", "ConnectionCount", "Pool", "client", "count_connections", "pool"]


class ConnectionCount(NamedTuple):
    open: int
    """Idle ones and those in use."""
    idle: int


def count_connections(transport: ConnectionTransport) -> ConnectionCount:
    return ConnectionCount(len(transport._open), transport._idle)


def client(transport: ConnectionTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5.0))


GOOD = Reply(json={"ok": True})
TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0}


class Pool:
    """A transport, and the ways in which these tests use it."""

    def __init__(self, transport: ConnectionTransport, url: str) -> None:
        self.transport = transport
        self.client = client(transport)
        self.url = url

    async def call(self, content: bytes = b"{}", **timeouts: float) -> httpx.Response:
        async with self.stream(content, **timeouts) as response:
            await response.aread()
            return response

    @asynccontextmanager
    async def stream(self, content: bytes = b"{}", **timeouts: float) -> AsyncIterator[httpx.Response]:
        request = httpx.Request(
            "POST", self.url, content=content, extensions={"timeout": {**TIMEOUTS, **timeouts}}
        )
        response = await self.client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def is_good(self) -> bool:
        response = await self.call()
        return response.status_code == 200 and response.json() == {"ok": True}


@asynccontextmanager
async def pool(
    server: LoopbackServer, limits: Limits | None = None, ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[Pool]:
    transport = ConnectionTransport(limits=limits or Limits(), ssl_context=ssl_context)
    made = Pool(transport, server.url)
    try:
        yield made
    finally:
        with anyio.CancelScope(shield=True):
            await transport.aclose()
    assert count_connections(transport) == (0, 0)
