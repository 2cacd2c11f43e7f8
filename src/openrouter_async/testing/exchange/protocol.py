"""The connection below ASGI, for answers that ASGI cannot express.

uvicorn's `http=` setting takes `EmulatorProtocol`. It puts a `Wire` into the scope of each request. Through it the
answer can send bytes outside HTTP, break the connection, and learn that the client has gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
    from uvicorn.server import ServerState

    _ASGIApp: TypeAlias = Callable[[Scope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

__all__ = ["WIRE", "ClientGone", "EmulatorProtocol", "Wire"]

WIRE = "openrouter_async.wire"
"""The name of the `Wire` in the scope's `state`."""

_NO_LINGER = struct.pack("ii", 1, 0)


class ClientGone(Exception):
    """The client closed the connection before its answer was whole."""


class Wire:
    """One connection, as its answer sees it."""

    def __init__(self, protocol: EmulatorProtocol) -> None:
        self._protocol = protocol

    async def pause(self, seconds: float | None) -> None:
        """Wait so many seconds, or for ever.

        Raises:
            ClientGone: the client went away; also when it had already.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._protocol.gone.wait()
        except TimeoutError:
            return
        raise ClientGone

    async def writable(self) -> None:
        """Wait until the client has read most of the bytes sent.

        Raises:
            ClientGone: the client went away.
        """
        await self._protocol.flow.drain()
        # A connection that broke is closing before `gone` is told; asyncio warns of each write in between.
        if self._protocol.gone.is_set() or self._protocol.transport.is_closing():
            raise ClientGone

    async def write(self, data: bytes) -> None:
        """Send bytes as they are, past all framing."""
        await self.writable()
        self._protocol.transport.write(data)

    async def close(self) -> None:
        """Close the connection once what was written is sent, whatever HTTP still expects."""
        self._protocol.transport.close()
        await self._protocol.gone.wait()

    async def reset(self) -> None:
        """Break the connection, so the client's system reports a reset."""
        transport = self._protocol.transport
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
        await self._protocol.gone.wait()


class EmulatorProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection, with a `Wire` for each request and errors in the service's form."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.gone = asyncio.Event()
        self.logger = logging.getLogger("openrouter_async.testing")
        self.access_log = False
        self._app: _ASGIApp = self.app
        self.app = self._with_wire

    async def _with_wire(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        scope.setdefault("state", {})[WIRE] = Wire(self)
        await self._app(scope, receive, send)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, in the service's form."""
        body = json.dumps({"error": {"code": 400, "message": msg}}).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
