"""This library with every event of a stream as a typed object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import wire

from openrouter_async.streaming.events import TextDelta

from .ours import PACKAGES, Ours, client_of

__all__ = ["PACKAGES", "connect"]


class OursByEvents(Ours):
    async def stream(self, take: Callable[[str], object]) -> None:
        async with self._client.chat.stream(wire.PROMPT) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text=text):
                        take(text)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[OursByEvents]:
    async with client_of(base_url) as client:
        yield OursByEvents(client)
