"""`langchain-openrouter`, over the official package (an older one), whose limits it leaves as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import wire
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_openrouter import ChatOpenRouter

PACKAGES = ["langchain-openrouter", "langchain-core", "openrouter", "httpx", "pydantic"]


class LangChainClient:
    def __init__(self, model: ChatOpenRouter) -> None:
        self._model = model

    async def call(self) -> str:
        return str((await self._model.ainvoke(wire.PROMPT)).content)

    async def stream(self, take: Callable[[str], object]) -> None:
        async for chunk in self._model.astream(wire.PROMPT):
            if piece := chunk.content:
                take(str(piece))

    async def tool_call(self) -> tuple[int, object]:
        count = 0
        chunks: list[AIMessageChunk] = []
        async for chunk in self._model.astream(wire.PROMPT):
            assert isinstance(chunk, AIMessageChunk)
            count += len(chunk.tool_call_chunks)
            chunks.append(chunk)
        whole = add_ai_message_chunks(*chunks)  # at once, since chunk by chunk is quadratic
        return count, whole.tool_calls[0]["args"]


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[LangChainClient]:
    yield LangChainClient(
        ChatOpenRouter(model=wire.MODEL, api_key=wire.KEY, base_url=base_url, max_retries=0)
    )
