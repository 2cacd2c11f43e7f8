"""Runs the emulator's application on a socket of its own, in a thread of its own with its own event loop.

So it serves asyncio, trio and synchronous programs alike, and a caller that blocks does not stop it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from ..errors import ConfigurationError
from .exchange.protocol import EmulatorProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["ServerThread"]

_START_S = 10.0
_STOP_S = 10.0


class ServerThread:
    """A server on 127.0.0.1 that listens from the moment it is made until it is stopped."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        # The protocol is named, because asyncio switches Nagle's algorithm off only where it is.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OverflowError:
            self._socket.close()
            raise ConfigurationError(f"port is {port}; expected 0 to 65535") from None
        except OSError as error:
            self._socket.close()
            raise ConfigurationError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}") from error
        self._socket.listen(1024)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=EmulatorProtocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=75,
            backlog=1024,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._run, name=f"openrouter-emulator-{self.port}", daemon=True
        )

    def start(self) -> None:
        """Return once requests are answered."""
        self._thread.start()
        if not self._server.is_ready.wait(_START_S):
            raise ConfigurationError(f"the emulator did not start within {_START_S:g} s")

    def stop(self) -> None:
        """End the answers that run, close every connection, and return once the thread has ended."""
        self._server.ask_to_stop()
        self._thread.join(_STOP_S)
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._server.serve(sockets=[self._socket]))


class _Server(uvicorn.Server):
    """uvicorn's server without its polling: it stops immediately, and ends the answers that still run."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def ask_to_stop(self) -> None:
        """Tell the server, from another thread, to stop."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.is_ready.set()
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # asyncio loses the socket of a connection that is being accepted while its server is closed.
        while accepting := asyncio.all_tasks() - self.server_state.tasks - {asyncio.current_task()}:
            await asyncio.wait(accepting, timeout=_STOP_S / 2)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Each answer notices that its client is gone, and ends by itself.
        async with asyncio.timeout(_STOP_S / 2):
            await asyncio.gather(*self.server_state.tasks)


logging.getLogger("openrouter_async.testing").addHandler(logging.NullHandler())
