"""This library with the extra `fast`: httptools parses the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import wire

from openrouter_async import AsyncOpenRouter

from .ours import PACKAGES as OURS
from .ours import Ours

PACKAGES = [*OURS, "httptools"]


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    async with AsyncOpenRouter(
        wire.KEY, base_url=base_url, default_model=wire.MODEL, http_parser="httptools"
    ) as client:
        yield Ours(client)
