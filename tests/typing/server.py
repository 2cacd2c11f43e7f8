"""Calls of the server's parts, for type checkers."""

from __future__ import annotations

from typing import Literal, assert_type

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from openrouter_async import AsyncOpenRouter, Run, tool
from openrouter_async.server import (
    MemoryConversations,
    MemoryStreams,
    RelayEvents,
    RelayOutcome,
    StreamStore,
    chat_messages_of,
    client_of,
    create_router,
    openrouter_lifespan,
    relay,
    resume,
    resume_routes,
)


@tool
def weather(city: str) -> str:
    """How the weather is."""
    return city


async def keep(run: Run[str]) -> None:
    print(run.paused)


async def handler(request: Request) -> Response:
    client = client_of(request)
    assert_type(client, AsyncOpenRouter)
    messages = chat_messages_of(await request.json())
    relay(client.chat.stream("Hello"))
    relay(client.chat.stream("A city", output=dict[str, int]), format="text", start_after=5)
    relay(client.chat.stream("Hello"), format="xml")  # type: ignore[arg-type]
    relay("Hello")  # type: ignore[arg-type]
    return relay(client.chat.run_stream(messages, tools=[weather]), format="ai-sdk", on_finish=keep)


def application(client: AsyncOpenRouter) -> Starlette:
    router = create_router(client, tools=[weather], store=MemoryConversations(), budget="1.00")
    assert_type(router, Starlette)
    return Starlette(lifespan=openrouter_lifespan(client))


async def resumed(request: Request, store: MemoryStreams) -> Response:
    client = client_of(request)
    events = RelayEvents()
    events.send("saved", {"id": 7})

    async def end(outcome: RelayOutcome) -> None:
        assert_type(outcome.kind, Literal["finished", "stopped", "left", "failed", "shut_down"])

    talk = client.conversation()
    relay(talk.stream("Hello"), on_end=end, events=events, budget=client.track("1.00"))
    relay(client.chat.run_stream("Hello", tools=[weather]), resumable=store, id="7", grace=5, on_end=end)
    assert_type(await store.stop("7"), bool)
    return resume(store, "7")


def resuming(store: StreamStore) -> Starlette:
    return Starlette(routes=resume_routes(store))


resuming(MemoryStreams())
