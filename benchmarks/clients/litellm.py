"""`litellm`, through its provider `openrouter`."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import wire

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import asks the network for a list of prices
import litellm

PACKAGES = ["litellm", "httpx", "aiohttp", "pydantic"]
MESSAGES: list[Any] = [{"role": "user", "content": wire.PROMPT}]
litellm.suppress_debug_info = True  # which it prints among the output


class LiteLLMClient:
    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def _complete(self, **more: Any) -> Any:
        return await litellm.acompletion(
            f"openrouter/{wire.MODEL}",
            MESSAGES,
            api_base=self._base_url,
            api_key=wire.KEY,
            num_retries=0,
            max_retries=0,
            **more,
        )

    async def call(self) -> str:
        reply = await self._complete()
        return str(reply.choices[0].message.content)

    async def stream(self, take: Callable[[str], object]) -> None:
        async for chunk in await self._complete(stream=True):
            if piece := chunk.choices[0].delta.content:
                take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async for chunk in await self._complete(stream=True):
            calls = chunk.choices[0].delta.tool_calls or ()
            pieces += [call.function.arguments or "" for call in calls]
        return len(pieces), json.loads("".join(pieces))


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[LiteLLMClient]:
    yield LiteLLMClient(base_url)
