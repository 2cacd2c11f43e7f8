"""What is written where no library is used: events split on blank lines, `json.loads`; each floor brings its bytes."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

__all__ = ["BareClient"]


class BareClient(ABC):
    @abstractmethod
    def streaming(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Make a streamed call, and give the reads of its body."""

    async def stream(self, take: Callable[[str], object]) -> None:
        async for delta in self._deltas():
            if piece := delta.get("content"):
                take(piece)

    async def reasoning(self, take: Callable[[str], object]) -> None:
        async for delta in self._deltas():
            if piece := delta.get("reasoning"):
                take(piece)

    async def tool_call(self) -> tuple[int, object]:
        pieces: list[str] = []
        async for delta in self._deltas():
            pieces += [call["function"]["arguments"] for call in delta.get("tool_calls", ())]
        return len(pieces), json.loads("".join(pieces))

    async def _deltas(self) -> AsyncIterator[dict[str, Any]]:
        async with self.streaming() as reads:
            rest = b""
            async for data in reads:
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        yield json.loads(event[6:])["choices"][0]["delta"]
