"""An application with resumable streams, as one of several workers serves it: `uvicorn --factory ...worker:make`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async.server import SQLiteStreams, chat_messages_of, openrouter_lifespan, relay, resume_routes

if TYPE_CHECKING:
    from openrouter_async.server import StreamStore

__all__ = ["make", "variables"]


def variables(base_url: str, key: str, store: str) -> dict[str, str]:
    """Return the environment of a worker; `store` is a path, or the address of a Redis."""
    return {**os.environ, "WORKER_SERVICE": base_url, "WORKER_KEY": key, "WORKER_STORE": store}


def make() -> Starlette:
    """Return the application."""
    client = AsyncOpenRouter(
        os.environ["WORKER_KEY"],
        base_url=os.environ["WORKER_SERVICE"],
        default_model="openai/gpt-4o-mini",
        retries=Retries(attempts=1),
    )
    place = os.environ["WORKER_STORE"]
    store: StreamStore
    if place.startswith("redis:"):
        from openrouter_async.server import RedisStreams

        store = RedisStreams(place, lease=2)
    else:
        store = SQLiteStreams(place, lease=2)

    async def chat(request: Request) -> Response:
        body = await request.json()
        return relay(
            client.chat.stream(chat_messages_of(body["messages"])),
            format=body.get("format", "ai-sdk"),
            resumable=store,
            id=body["id"],
            headers={"x-worker": str(os.getpid())},
        )

    async def worker(request: Request) -> Response:
        return PlainTextResponse(str(os.getpid()))

    return Starlette(
        routes=[
            Route("/api/chat", chat, methods=["POST"]),
            Route("/worker", worker),
            *resume_routes(store, "/api/chat/{id}/stream"),
        ],
        lifespan=openrouter_lifespan(client),
    )
