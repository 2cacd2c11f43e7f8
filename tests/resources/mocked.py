"""A client whose requests respx answers, for the tests of resources: what is sent, and what is made of the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import respx
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries

__all__ = ["Mocked", "mocked"]

KEY, MANAGEMENT_KEY = "sk-or-v1-inference", "sk-or-v1-management"


@dataclass
class Mocked:
    """One answer for every request, or several in turn, and what was asked for."""

    client: AsyncOpenRouter
    router: respx.MockRouter

    def answer(self, *bodies: JsonValue, status: int = 200) -> None:
        """Answer the next requests with these, the last one again and again."""
        responses = [httpx.Response(status, json=body) for body in bodies]
        self.router.route().mock(side_effect=[*responses, *[responses[-1]] * 20])

    @property
    def requests(self) -> list[httpx.Request]:
        return [call.request for call in self.router.calls]

    @property
    def request(self) -> httpx.Request:
        """The only request there was."""
        (request,) = self.requests
        return request

    @property
    def body(self) -> JsonValue:
        """The body of the only request there was."""
        body: JsonValue = json.loads(self.request.content)
        return body

    @property
    def key(self) -> str | None:
        """The key of the last request."""
        header: str | None = self.requests[-1].headers.get("authorization")
        return None if header is None else header.removeprefix("Bearer ")

    @property
    def line(self) -> str:
        """Method, path below the base URL, and query of the only request there was."""
        url = self.request.url
        query = f"?{url.query.decode()}" if url.query else ""
        return (
            f"{self.request.method} {url.raw_path.decode().partition('?')[0].removeprefix('/api/v1')}{query}"
        )


@asynccontextmanager
async def mocked(*bodies: JsonValue, status: int = 200, **settings: str | None) -> AsyncIterator[Mocked]:
    """Give a client whose requests are answered with `bodies`."""
    router = respx.MockRouter(assert_all_called=False)
    keys = {"api_key": KEY, "management_key": MANAGEMENT_KEY, **settings}
    async with AsyncOpenRouter(
        api_key=keys["api_key"],
        management_key=keys["management_key"],
        base_url="https://openrouter.ai/api/v1",
        retries=Retries(attempts=1),
        transport=httpx.MockTransport(router.async_handler),
    ) as client:
        made = Mocked(client, router)
        if bodies:
            made.answer(*bodies, status=status)
        yield made
