"""The clients whose streams are objects of the shape of OpenAI's chunks."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import wire

__all__ = ["MESSAGES", "ChunkedClient"]

MESSAGES: list[Any] = [{"role": "user", "content": wire.PROMPT}]


class ChunkedClient(ABC):
    @abstractmethod
    async def streaming(self) -> Any:
        """Make a streamed call; what it gives is closed by `async with`, and iterated over."""

    async def stream(self, take: Callable[[str], object]) -> None:
        async with await self.streaming() as stream:
            async for chunk in stream:
                if piece := chunk.choices[0].delta.content:
                    take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async with await self.streaming() as stream:
            async for chunk in stream:
                calls = chunk.choices[0].delta.tool_calls or ()
                pieces += [call.function.arguments or "" for call in calls if call.function]
        return len(pieces), json.loads("".join(pieces))
