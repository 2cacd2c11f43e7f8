"""`Served`: the page and the API that `serve` serves, and the server of one process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from ..client import AsyncOpenRouter
    from ..server.relays.streams.store import StreamStore
    from ..spending.spend import Spend

__all__ = ["Served", "run_server", "server_of"]

MIB = 1024 * 1024
MOST_CONNECTIONS = 256
"""In one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The options of `serve` that a process needs which serves; it can be pickled."""

    model: str | None
    budget: str | None
    database: Path | None
    token: str | None = field(repr=False)
    allowed_hosts: tuple[str, ...]
    max_body: int
    """MiB."""
    grace: int
    """Seconds."""
    is_emulator: bool

    def app(
        self,
        client: AsyncOpenRouter,
        spend: Spend,
        *,
        database: Path | None,
        streams: StreamStore | None = None,
    ) -> ASGIApp:
        """Return the application."""
        from ..server.chat.router import create_router

        return create_router(
            client,
            budget=spend,
            store=database,
            streams=streams,
            token=self.token,
            allowed_hosts=self.allowed_hosts,
            max_body_bytes=self.max_body * MIB,
            max_conversation_bytes=4 * self.max_body * MIB,
            title="OpenRouter chat",
            is_emulator=self.is_emulator,
        )


def server_of(app: ASGIApp, grace: int, started: Callable[[uvicorn.Server], None]) -> uvicorn.Server:
    """Return a server that leaves signals to its caller, and calls a function when it has started.

    uvicorn raises them again when it has ended, which would cancel the closing of the client; and it does not close
    what it has opened if it is to exit before it has started. That answers are ended after the grace is no fault, so
    uvicorn's lines and tracebacks of it are not shown.
    """
    import uvicorn

    logging.getLogger("uvicorn.error").addFilter(_is_a_fault)

    from ..server.protocol import TimedProtocol

    class Server(uvicorn.Server):
        def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # a generator there
            return nullcontext()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started(self)

    return Server(
        uvicorn.Config(
            app,
            http=TimedProtocol,
            ws="none",
            lifespan="on",  # which ends the answers of browsers that have left
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=grace,
        )
    )


def _is_a_fault(record: logging.LogRecord) -> bool:
    cause = record.exc_info[1] if record.exc_info else None
    is_end = isinstance(cause, asyncio.CancelledError) or str(record.msg).startswith(
        "Cancel %s running task(s)"
    )
    return not is_end


async def run_server(app: ASGIApp, grace: int, listening: socket.socket, signals: AsyncIterator[int]) -> None:
    """Serve until the first signal, and end immediately at the second."""
    started = anyio.Event()
    server = server_of(app, grace, lambda _: started.set())

    async def obey() -> None:
        await started.wait()
        async for _ in signals:
            server.force_exit = server.should_exit
            server.should_exit = True

    async with anyio.create_task_group() as beside:
        beside.start_soon(obey)
        await server.serve(sockets=[listening])
        beside.cancel_scope.cancel()
