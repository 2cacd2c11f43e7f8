"""Serves an application on a loopback port, in a thread of its own, as a web server would."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

__all__ = ["READY_S", "Served", "serve"]

READY_S = 20.0


class Served:
    """An application that is being served."""

    def __init__(self, app: Any, *, lifespan: str = "on", grace_s: int = 5, **settings: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app,
            loop="asyncio",
            lifespan=lifespan,  # type: ignore[arg-type]  # one of uvicorn's words
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=grace_s,
            **settings,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._thread.start()
        deadline = threading.Event()
        for _ in range(int(READY_S / 0.01)):
            if self._server.started or self._failure is not None:
                break
            deadline.wait(0.01)
        assert self._server.started, f"the application did not start: {self._failure!r}"

    def ask_to_stop(self) -> None:
        """Let the server stop, as a signal does; `stop` waits for it."""
        self._server.should_exit = True

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(READY_S)
        self._socket.close()
        assert not self._thread.is_alive(), "the server did not stop"
        if self._failure is not None:
            raise self._failure

    def tasks(self) -> int:
        """Return how many tasks run in the server's event loop."""
        return 0 if self.loop is None else len(asyncio.all_tasks(self.loop))

    @property
    def connections(self) -> int:
        """How many connections the server holds."""
        return len(self._server.server_state.connections)

    def cut(self) -> None:
        """Break all connections off, as a network does."""

        def cut() -> None:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()  # type: ignore[union-attr]  # both of HTTP and of WebSockets have one

        assert self.loop is not None
        self.loop.call_soon_threadsafe(cut)

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                self.loop = runner.get_loop()
                runner.run(self._server.serve(sockets=[self._socket]))
        except BaseException as error:  # noqa: BLE001 - raised by `stop`, in the test's thread
            self._failure = error


@contextmanager
def serve(app: Any, **settings: Any) -> Iterator[Served]:
    """Serve an application within the block."""
    served = Served(app, **settings)
    served.start()
    try:
        yield served
    finally:
        served.stop()
