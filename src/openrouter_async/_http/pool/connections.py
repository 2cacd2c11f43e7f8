"""`ConnectionTransport`: the connections of a client, as an httpx transport with our own pool.

httpx's own pool collapses above a hundred concurrent calls, and leaks slots when calls are cancelled while
connections are opened. This one never queues. A caller already has a slot in the client's limiter, so it gets a
connection immediately: an idle one, or a new one.

*Theory of operation.* A connection runs HTTP/1.1 (`http11`) over a stream of ours, and serves one call at a time. It
does not matter whether that stream ends at the service or passes through a proxy (`routes`). Idle ones form a stack
for each origin; the most recent one is reused first.

```
  connect ──> in use ──(answer read to its end, nothing after it)──> idle ──> in use
                 │                                                    │
                 └─(anything else: error, cancelled, left early)──> closed <──(byte, end, age)
```

State changes without an `await` in between, so no cancellation can come between taking a connection and recording it.
Closing never waits. One rule makes this safe: a connection whose call did not end cleanly is closed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from functools import partial
from operator import is_not
from typing import TYPE_CHECKING, Self

import anyio
import anyio.lowlevel

from ...options import Limits
from ..http11.errors import raise_as_httpx
from ..http11.parsers import HTTPParser, answers_by
from ..http11.request import Origin, SeenRequest, WireRequest
from ..library import httpx
from ..network.current import current_network
from ..network.names import Names, Progress
from ..network.stream import CallStream, Network, shut_down
from ..patched import TRANSPORT, Closing, OwnPool
from .proxies import Proxies
from .routes import Route
from .tls import TLSSettings

if TYPE_CHECKING:
    from ..http11.answer import Answer, MakeAnswer

__all__ = ["ConnectionTransport"]


class _Site:
    """An origin, how it is reached, and its idle connections, oldest first."""

    __slots__ = ("idle", "route")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.idle: dict[_Connection, None] = {}


class _Connection:
    """One connection; `calls` tells the call that has it from earlier ones."""

    __slots__ = ("answer_to", "calls", "idle_since", "site", "stream")

    def __init__(self, site: _Site, stream: CallStream, answer_to: MakeAnswer) -> None:
        self.site = site
        self.stream = stream
        self.answer_to = answer_to
        self.calls = 0
        self.idle_since = 0.0


class ConnectionTransport(httpx.AsyncHTTPTransport):
    """Sends requests over its own connections, as many as there are concurrent calls.

    Tools that patch httpx's transport or httpcore's pool see these requests as they see httpx's.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        ssl_context: ssl.SSLContext | None = None,
        proxy: httpx.Proxy | httpx.URL | str | None = None,
        http_parser: HTTPParser = "h11",
    ) -> None:
        """Open nothing yet.

        Args:
            limits: `idle` and `idle_expiry` are used.
            ssl_context: Without one, httpx's: `SSL_CERT_FILE` and `SSL_CERT_DIR`, else certifi's authorities.
            proxy: For all requests; without one the environment decides.
            http_parser: Of answers.

        Raises:
            ConfigurationError: `proxy` or `http_parser` cannot be used.
        """
        # httpx's own `__init__` would load certificates at once, for a pool that is not used.
        self._pool = OwnPool(self._send)
        self._limits = limits
        self._answers_by = answers_by(http_parser)
        self._tls = TLSSettings(ssl_context)
        self._proxies = Proxies(proxy)
        self._sites: dict[Origin, _Site] = {}
        self._open: set[_Connection] = set()
        self._idle = 0
        self._waiting: set[anyio.CancelScope] = set()
        self._network: Network | None = None
        self._names: Names | None = None
        self._sweep_cancel: Callable[[], None] | None = None
        self._is_closed = False

    @property
    def connections(self) -> tuple[int, int]:
        """How many are open, and how many of these are idle."""
        return len(self._open), self._idle

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self._open)} open, {self._idle} idle"
        return f"<ConnectionTransport: {state}>"

    async def __aenter__(self) -> Self:
        """Return itself; connections are made when they are needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response, with its headers read.

        `response.extensions["network_stream"]` is the `CallStream`. Cancelling closes the connection immediately.

        Raises:
            httpx.TransportError: no connection, no response, or an invalid one.
        """
        if any(map(is_not, TRANSPORT.current(), TRANSPORT.genuine)):  # `sees_a_patch`, for each request
            response = await super().handle_async_request(request)
            if isinstance(response.stream, httpx.AsyncByteStream):
                response.stream = Closing(response.stream)
            return response
        return await self._send(request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request of httpx."""
        try:
            seen = SeenRequest(request)
        except Exception as error:
            raise_as_httpx(error)
            raise
        answer = await self.ask(seen)
        return httpx.Response(
            answer.status,
            headers=answer.fields,
            stream=answer,
            extensions={
                "http_version": answer.version,
                "reason_phrase": answer.reason,
                "network_stream": answer.stream,
            },
        )

    async def ask(self, request: WireRequest) -> Answer:
        """Return the answer to a request, with its head read. Cancelling closes the connection immediately.

        Raises:
            httpx.TransportError: no connection, no answer, or an invalid one.
        """
        # Nothing below waits before the request is sent, and what is sent is billed.
        await anyio.lowlevel.checkpoint_if_cancelled()
        site = self._sites.get(request.origin)
        if site is None:
            url = request.url
            site = self._sites[request.origin] = _Site(Route(url, self._proxies.of(url)))
        request.delivery.through = site.route.through
        connection = self._take_idle(site)
        if connection is not None:
            received = connection.stream.received
            try:
                return await self._exchange(connection, request)
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                # The server closed the connection while it was idle, and the request crossed with that: RFC 9112,
                # section 9.3.1, lets a client send it again if nothing of an answer has come.
                is_stale = connection.stream.received == received
                if not is_stale or self._is_closed or not request.is_repeatable:
                    raise
        connection = await self._connect(site, request)
        return await self._exchange(connection, request)

    async def aclose(self) -> None:
        """Close all connections, also those in use: their calls end with an error. Harmless when done before."""
        self._is_closed = True
        for scope in list(self._waiting):
            scope.cancel()
        for connection in list(self._open):
            self._discard(connection)
        if self._sweep_cancel is not None:
            self._sweep_cancel()
            self._sweep_cancel = None
        await anyio.lowlevel.cancel_shielded_checkpoint()  # asyncio closes the sockets in its next round

    # One call

    async def _exchange(self, connection: _Connection, request: WireRequest) -> Answer:
        connection.calls += 1
        connection.stream.abort_call = partial(self._abort_from_anywhere, connection, connection.calls)
        try:
            answer = connection.answer_to(connection.stream, request)
            await answer.open(connection.site.route.forwarding)
        except Exception as error:
            self._discard(connection)
            raise_as_httpx(error)
            raise
        except BaseException:
            self._discard(connection)
            raise
        if answer.status == 407:
            self._check_refusal(connection, answer)
        answer.hold(
            on_end=partial(self._finish, connection, answer), on_close=partial(self._discard, connection)
        )
        return answer

    def _check_refusal(self, connection: _Connection, answer: Answer) -> None:
        """Raise what it means that a forwarding proxy wants user and password."""
        route = connection.site.route
        if route.forwarding is not None and route.proxy is not None:
            from .tunnels import refusal

            self._discard(connection)
            raise refusal(route.proxy, answer.status, answer.reason, route.origin.host.decode("ascii"))

    async def _connect(self, site: _Site, request: WireRequest) -> _Connection:
        """Return a new connection; name, proxy, socket and TLS together have the request's timeout."""
        if self._names is None:
            self._network = current_network()
            self._names = Names(self._network)
        route, progress = site.route, Progress()
        try:
            timeout = request.timeout("connect")
        except Exception as error:
            raise_as_httpx(error)
            raise
        with self._until_closed(timeout) as scope:
            try:
                stream = await route.open(self._names, self._tls, progress)
            except Exception as error:
                raise_as_httpx(error)
                raise
            finally:
                self._waiting.discard(scope)
            if self._is_closed:  # just as the connection was made
                stream.abort()
                raise _closed()
            connection = _Connection(site, stream, self._answers_by())
            self._open.add(connection)
            return connection
        if self._is_closed:
            raise _closed()
        raise httpx.ConnectTimeout(f"{progress.waits_for} took longer than {timeout:g} s")

    def _until_closed(self, timeout: float | None = None) -> anyio.CancelScope:
        """Return a scope that ends when the transport is closed; whoever leaves it takes it from `_waiting`."""
        if self._is_closed:
            raise _closed()
        scope = anyio.move_on_after(timeout)
        self._waiting.add(scope)
        return scope

    def _finish(self, connection: _Connection, answer: Answer) -> None:
        """Let go of a connection whose answer was read to its end."""
        is_reusable = (
            answer.is_reusable and connection in self._open
        )  # one that was closed cannot be looked at
        if is_reusable and self._idle < self._limits.idle and not connection.stream.has_more:
            self._put_idle(connection)
        else:
            self._discard(connection)

    def _abort_from_anywhere(self, connection: _Connection, call: int) -> None:
        """Close the connection if it still serves this call. Any thread, any moment, e.g. of the collector."""
        assert self._network is not None
        try:
            self._network.call_soon(partial(self._abort_call, connection, call))
        except RuntimeError:  # the event loop has ended
            if connection.calls == call:
                shut_down(connection.stream.get_extra_info("socket"))

    def _abort_call(self, connection: _Connection, call: int) -> None:
        if connection.calls == call and connection not in connection.site.idle:
            self._discard(connection)

    # The stack of idle connections

    def _take_idle(self, site: _Site) -> _Connection | None:
        while site.idle:
            connection, _ = site.idle.popitem()
            self._idle -= 1
            connection.stream.on_idle_event = None
            if self._expires_in(connection) > 0 and not connection.stream.is_readable():
                return connection
            self._discard(connection)
        return None

    def _put_idle(self, connection: _Connection) -> None:
        assert self._network is not None
        connection.idle_since = time.monotonic()
        connection.site.idle[connection] = None
        self._idle += 1
        connection.stream.on_idle_event = partial(self._discard, connection)
        if self._sweep_cancel is None:
            self._sweep()

    def _sweep(self) -> None:
        """Close idle connections that are too old, and run again for the next; without timers, on the next use."""
        assert self._network is not None
        self._sweep_cancel = None
        oldest = None
        for site in self._sites.values():
            while site.idle:
                connection = next(iter(site.idle))
                left = self._expires_in(connection)
                if left > 0:
                    oldest = left if oldest is None else min(left, oldest)
                    break
                self._discard(connection)
        if oldest is not None:
            self._sweep_cancel = self._network.call_later(oldest, self._sweep)

    def _expires_in(self, connection: _Connection) -> float:
        return connection.idle_since + self._limits.idle_expiry - time.monotonic()

    def _discard(self, connection: _Connection) -> None:
        """Close a connection immediately; harmless if already done."""
        self._open.discard(connection)
        if connection in connection.site.idle:
            del connection.site.idle[connection]
            self._idle -= 1
        connection.stream.abort()


def _closed() -> httpx.ConnectError:
    return httpx.ConnectError("the transport is closed")
