"""This library, as it is by default."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import wire

from openrouter_async import AsyncOpenRouter

PACKAGES = ["openrouter-async", "httpx", "httpcore", "anyio", "pydantic"]


class Ours:
    """Text by `.text()`, a tool call by the whole reply."""

    def __init__(self, client: AsyncOpenRouter) -> None:
        self._client = client

    async def call(self) -> str:
        return (await self._client.chat.create(wire.PROMPT)).text

    async def stream(self, take: Callable[[str], object]) -> None:
        async with self._client.chat.stream(wire.PROMPT) as stream:
            async for piece in stream.text():
                take(piece)

    async def reasoning(self, take: Callable[[str], object]) -> None:
        async with self._client.chat.stream(wire.PROMPT) as stream:
            async for piece in stream.reasoning():
                take(piece)

    async def tool_call(self) -> tuple[int, object]:
        count = 0
        async with self._client.chat.stream(wire.PROMPT) as stream:
            async for _ in stream.tool_call_fragments():
                count += 1
            reply = await stream.final()
        return count, reply.tool_calls[0].args


def client_of(base_url: str) -> AsyncOpenRouter:
    return AsyncOpenRouter(wire.KEY, base_url=base_url, default_model=wire.MODEL)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    async with client_of(base_url) as client:
        yield Ours(client)
