"""The package `openai`, which many use with OpenRouter's address."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import wire
from openai import AsyncOpenAI

PACKAGES = ["openai", "httpx2", "pydantic"]
MESSAGES: list[Any] = [{"role": "user", "content": wire.PROMPT}]


class OpenAIClient:
    def __init__(self, client: AsyncOpenAI) -> None:
        self._completions = client.chat.completions

    async def call(self) -> str:
        reply = await self._completions.create(model=wire.MODEL, messages=MESSAGES)
        return reply.choices[0].message.content or ""

    async def stream(self, take: Callable[[str], object]) -> None:
        async with await self._completions.create(model=wire.MODEL, messages=MESSAGES, stream=True) as stream:
            async for chunk in stream:
                if piece := chunk.choices[0].delta.content:
                    take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async with await self._completions.create(model=wire.MODEL, messages=MESSAGES, stream=True) as stream:
            async for chunk in stream:
                calls = chunk.choices[0].delta.tool_calls or ()
                pieces += [call.function.arguments or "" for call in calls if call.function]
        return len(pieces), json.loads("".join(pieces))


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[OpenAIClient]:
    async with AsyncOpenAI(base_url=base_url, api_key=wire.KEY, max_retries=0) as client:
        yield OpenAIClient(client)
