"""A relay in one uvicorn worker, over a bare `StreamingResponse` on a stream of ours; the CPU is the worker's."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator
from functools import partial
from statistics import median

import uvicorn
import wire
from lean_readers import Readers, lean_readers
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter
from openrouter_async.server import client_of, openrouter_lifespan, relay

from .ours import PACKAGES as OURS
from .ours import client_of as client_at
from .ours import connect

__all__ = ["PACKAGES", "connect"]

PACKAGES = [*OURS, "starlette", "uvicorn"]
STREAMS = 100

Figures = dict[str, float]


async def bare(request: Request) -> Response:
    """Answer as a handler does that has no relay."""

    async def pieces() -> AsyncIterator[str]:
        async with client_of(request).chat.stream(wire.PROMPT) as stream:
            async for text in stream.text():
                yield text

    return StreamingResponse(pieces(), media_type="text/plain")


async def relayed(request: Request) -> Response:
    """Answer by a relay in the format that the path names."""
    return relay(client_of(request).chat.stream(wire.PROMPT), format=request.path_params["format"])


def app(client: AsyncOpenRouter) -> Starlette:
    routes = [
        Route("/bare", bare, methods=["POST"]),
        Route("/relay/{format}", relayed, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=openrouter_lifespan(client))


async def _measured(url: str, rounds: int) -> Figures:
    """Return the CPU of a chunk in each handler, and what text and ai-sdk cost over the bare one."""
    config = uvicorn.Config(
        app(client_at(f"{url}/api/v1")),
        port=0,
        loop="asyncio",
        access_log=False,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    costs: dict[str, list[float]] = {"/bare": [], "/relay/text": [], "/relay/ai-sdk": []}
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with lean_readers(_other_core(cores)) as readers:
        for path in costs:
            await _ask(readers, port, path, 2)  # makes what is made on first use
        for number in range(rounds):
            for path, of_path in sorted(costs.items(), reverse=number % 2 == 1):
                gc.collect()
                began = time.process_time()
                await _ask(readers, port, path, STREAMS)
                of_path.append((time.process_time() - began) / (STREAMS * wire.MANY))
    server.should_exit = True
    await running
    floor, *ours = (median(of_path) for of_path in costs.values())
    return {"bare": floor, "text": ours[0] / floor, "ai_sdk": ours[1] / floor}


async def _ask(readers: Readers, port: int, path: str, count: int) -> None:
    size = await asyncio.to_thread(partial(readers.ask, port, path, count))
    assert size >= sum(len(piece.encode()) for piece in wire.pieces(wire.MANY)), f"{path}: {size} bytes"


def _other_core(cores: list[int]) -> int | None:
    """Return a core on which this process does not run."""
    others = [core for core in range(os.cpu_count() or 1) if core not in cores]
    return others[0] if others else None


async def relay_at_once(url: str) -> Figures:
    """All chunks come as fast as they are read."""
    return await _measured(f"{url}/many", rounds=5)


async def relay_paced(url: str) -> Figures:
    """Chunks come 40 ms apart."""
    return await _measured(f"{url}/relayed", rounds=1)
