"""A router of the emulator's client over a socket, and a browser's side of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from openrouter_async import AsyncOpenRouter
from openrouter_async.server import create_router, openrouter_lifespan
from openrouter_async.testing import Emulator
from tests.server.serving import Served, serve
from tests.support.emulated import client_of
from tests.support.plain_http import PLAIN

__all__ = ["TOKEN", "Browser", "events", "routed"]

TOKEN = "a-token-that-nobody-guesses"


class Browser(httpx.Client):
    """A client whose requests look like those of the page."""

    served: Served

    def chat(self, text: str = "Hello", **body: Any) -> httpx.Response:
        return self.post("api/chat", json={"messages": [{"role": "user", "content": text}], **body})


@contextmanager
def routed(
    emulator: Emulator,
    *,
    prefix: str = "",
    http: Any = "auto",
    client: AsyncOpenRouter | None = None,
    **settings: Any,
) -> Iterator[Browser]:
    """Serve a router within the block, and give a browser at its root."""
    client = client or client_of(emulator)
    app = Starlette(
        routes=[Mount(prefix or "/", create_router(client, **settings))], lifespan=openrouter_lifespan(client)
    )
    with (
        serve(app, http=http) as served,
        Browser(base_url=f"{served.url}{prefix}/", timeout=30, verify=PLAIN) as browser,
    ):
        browser.headers["origin"] = served.url
        browser.served = served
        yield browser


def events(text: str) -> list[tuple[str, Any]]:
    """Return names and data of the server-sent events in a text; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found
