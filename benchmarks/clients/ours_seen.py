"""This library while a tool sees its requests: httpx's transport is patched, by what does nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from .ours import PACKAGES, Ours, client_of

__all__ = ["PACKAGES", "connect"]

_genuine = httpx.AsyncHTTPTransport.handle_async_request


async def _seen(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
    return await _genuine(self, request)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    httpx.AsyncHTTPTransport.handle_async_request = _seen  # type: ignore[method-assign]
    async with client_of(base_url) as client:
        yield Ours(client)
