"""The event loop's part of a connection: byte streams that can be dropped immediately, and callbacks.

httpcore defines the stream; `CallStream` adds the methods to reuse and to drop connections safely. Under asyncio the
stream is our own (`on_asyncio`), under trio it is httpcore's (`on_trio`).
"""

from __future__ import annotations

import socket
import ssl
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from ..library import httpcore

__all__ = ["CallStream", "Network", "shut_down"]


class CallStream(httpcore.AsyncNetworkStream):
    """A connected socket, TLS included, that serves one call at a time."""

    received: int = 0
    """All bytes received so far, which show a call whether its response had started."""
    on_idle_event: Callable[[], None] | None = None
    """Called, where the event loop can, when bytes, the end or a failure come while it is set: when idle."""

    abort_call: Callable[[], None] | None = None
    """Closes the connection if it still serves the call that found it here; any thread may call it."""

    @abstractmethod
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> CallStream:
        """Start TLS over the current stream, and return this stream.

        Raises:
            httpcore.ConnectError: the handshake failed, or the peer sent something before it; the reason is its
                cause.
        """

    @abstractmethod
    def is_readable(self) -> bool:
        """Whether bytes, the end or a failure are waiting; on an idle connection none may."""

    @property
    def has_more(self) -> bool:
        """The same where it costs no call of the system, for a connection that is looked at again before its use."""
        return self.is_readable()

    @abstractmethod
    def abort(self) -> None:
        """Close the socket now, without goodbye; whoever reads or writes fails. In the loop's thread only."""

    async def aclose(self) -> None:
        """Do the same. httpcore calls this, and must not be kept waiting for the peer's goodbye."""
        self.abort()


class Network(Protocol):
    """One running event loop."""

    async def connect(self, address: str, port: int) -> CallStream:
        """Return a new connection to an address; cancelled, it leaves no socket behind.

        Raises:
            httpcore.ConnectError: no answer, no file descriptor; the reason is its cause.
        """
        ...

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin a task that belongs to no other; `work` raises nothing but its cancellation."""
        ...

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call back in the loop's thread; may itself be called in any.

        Raises:
            RuntimeError: the loop has ended.
        """

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None] | None:
        """Call back later, and return what prevents it; None where the loop has no timers for callbacks."""
        ...


def shut_down(sock: socket.socket | None) -> None:
    """End both directions of a socket, so the peer notices; the last resort when its event loop is gone."""
    if sock is not None:
        with suppress(OSError):  # it is closed already
            sock.shutdown(socket.SHUT_RDWR)
