"""The package `openai`, which many use with OpenRouter's address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import wire
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from .chunked import MESSAGES, ChunkedClient

PACKAGES = ["openai", "httpx2", "pydantic"]


class OpenAIClient(ChunkedClient):
    def __init__(self, client: AsyncOpenAI) -> None:
        self._completions = client.chat.completions

    async def call(self) -> str:
        reply = await self._completions.create(model=wire.MODEL, messages=MESSAGES)
        return reply.choices[0].message.content or ""

    async def streaming(self) -> AsyncStream[ChatCompletionChunk]:
        return await self._completions.create(model=wire.MODEL, messages=MESSAGES, stream=True)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[OpenAIClient]:
    async with AsyncOpenAI(base_url=base_url, api_key=wire.KEY, max_retries=0) as client:
        yield OpenAIClient(client)
