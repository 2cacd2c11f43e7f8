"""Byte streams of trio: httpcore's, with what a pool needs beside them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, cast

import trio

from ..library import httpcore
from .stream import CallStream, shut_down

__all__ = ["TrioNetwork", "TrioStream"]


class TrioStream(CallStream):
    """A socket of trio. It cannot tell of events while idle: its pool looks before it reuses one."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came, at most `max_bytes`; nothing at the end."""
        data = await self._stream.read(max_bytes, timeout)
        self.received += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        await self._stream.write(buffer, timeout)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TrioStream:
        """Speak TLS from here on; see `CallStream.start_tls`."""
        if self.is_readable():
            raise httpcore.ConnectError("the peer spoke, or closed the connection, before the TLS handshake")
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore's stream tells."""
        return self._stream.get_extra_info(info)

    def is_readable(self) -> bool:
        """Whether bytes, the end or a failure are waiting in the socket."""
        return bool(self._stream.get_extra_info("is_readable"))

    def abort(self) -> None:
        """Close the socket now; whoever reads or writes fails. Harmless when done before."""
        sock = self._stream.get_extra_info("socket")
        try:
            sock.close()
        except RuntimeError:  # trio has ended
            shut_down(sock)


class TrioNetwork:
    """A running event loop of trio."""

    def __init__(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        # For the type checkers httpcore's name may also be that of a stand-in used where trio is missing.
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.TrioBackend())

    async def connect(self, address: str, port: int) -> TrioStream:
        """Return a new connection; see `Network.connect`."""
        return TrioStream(await self._backend.connect_tcp(address, port))

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin a task; see `Network.start`."""
        trio.lowlevel.spawn_system_task(work, context=copy_context())

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call back in the loop's thread; see `Network.call_soon`."""
        self._token.run_sync_soon(callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Return None: in trio only tasks wait, and a pool does not have one."""
