"""Lets tools that patch httpx or httpcore see our calls: detects the patched layer, and runs it over our connections.

Tools that mock, record or trace httpx replace a method of its client, its transport, or httpcore's pool. While nobody
does, our calls bypass all three, which does not change what is sent: httpx adds nothing to our requests. So each layer
is watched, which costs a call a few comparisons; while one is patched, calls use the genuine code, down to the point
where it would take a connection:

```
  AsyncClient ──> AsyncHTTPTransport ──> AsyncConnectionPool ──> AsyncHTTPConnection ──> ours
    CLIENT            TRANSPORT                        CORE
```

The bodies of genuine code are nested generators, of which only the outermost is closed; `Closing` between them closes
each.

A method that was patched before this module was loaded counts as patched for good, which its code's origin shows.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from functools import lru_cache, partial
from operator import attrgetter, is_not
from types import AsyncGeneratorType, FunctionType, SimpleNamespace
from typing import TypeAlias

from .library import Library, httpcore, httpx

__all__ = ["CLIENT", "CORE", "TRANSPORT", "Closing", "OwnPool", "Watch", "log_of"]

Send: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]


def log_of(library: Library) -> logging.Logger:
    """Return the log of httpx, to which its client writes a line for each request."""
    _name = library.__name__
    return logging.getLogger(_name)


class Watch:
    """Knows whether methods are those that their library has; names it does not have are left out."""

    __slots__ = ("current", "genuine")

    def __init__(self, *methods: tuple[type, str]) -> None:
        there = [(owner, name) for owner, name in methods if hasattr(owner, name)]
        owners = SimpleNamespace(**{f"owner_{i}": owner for i, (owner, _) in enumerate(there)})
        paths = [f"owner_{i}.{name}" for i, (_, name) in enumerate(there)]
        self.current: Callable[[], tuple[object, ...]] = partial(
            attrgetter("__class__", "__class__", *paths),
            owners,  # of two names or more, so that it is a tuple
        )
        """Returns the methods as they are. It, and the comparison, cost no call of Python."""
        self.genuine = (SimpleNamespace, SimpleNamespace, *[_original(owner, name) for owner, name in there])

    def sees_a_patch(self) -> bool:
        """Whether one of them was replaced; wrappers may compare equal to the original, as those of wrapt do."""
        return any(map(is_not, self.current(), self.genuine))


def _original(owner: type, name: str) -> object:
    """Return the method, or what is never equal to it where it is not of its own library already."""
    method = getattr(owner, name)
    library = owner.__module__.partition(".")[0]
    # Wrappers copy the names of what they wrap, but not the module whose names their code sees.
    if type(method) is FunctionType and method.__globals__["__name__"].partition(".")[0] == library:
        return method
    return object()


_CLIENT = (
    (httpx.AsyncClient, "send"),
    (httpx.AsyncClient, "_send_handling_auth"),
    (httpx.AsyncClient, "_send_handling_redirects"),
    (httpx.AsyncClient, "_send_single_request"),
    (httpx.AsyncClient, "_transport_for_url"),
)
_CORE = (
    (httpcore.AsyncConnectionPool, "handle_async_request"),
    (httpcore.AsyncHTTPConnection, "handle_async_request"),
)
_TRANSPORT = ((httpx.AsyncHTTPTransport, "handle_async_request"), *_CORE)
CLIENT = Watch(*_CLIENT, *_TRANSPORT)
"""And all below it."""
TRANSPORT = Watch(*_TRANSPORT)
"""And all below it."""
CORE = Watch(*_CORE)


class OwnPool(httpcore.AsyncConnectionPool):
    """httpcore's pool, without limits of its own, whose connections are ours."""

    def __init__(self, send: Send) -> None:
        super().__init__(max_connections=None)
        self._send = send

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, past the queue of httpcore's pool unless somebody watches there."""
        if CORE.sees_a_patch():
            response = await super().handle_async_request(request)
            if isinstance(response.stream, AsyncIterable):
                response.stream = Closing(response.stream)
            return response
        return await _Wire(self._send).handle_async_request(request)

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """Return what serves one request; whether a connection is reused is decided below."""
        connection = httpcore.AsyncHTTPConnection(origin)
        connection._connection = _Wire(self._send)  # as if it had connected already
        return connection


class Closing(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A body that closes with itself the generator that reads it."""

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream
        self._chunks: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return itself."""
        if self._chunks is None:
            self._chunks = self._stream.__aiter__()
        return self

    def __anext__(self) -> Awaitable[bytes]:
        """Return the next bytes."""
        assert self._chunks is not None
        return self._chunks.__anext__()

    async def aclose(self) -> None:
        """Close the generator and then the body."""
        if isinstance(self._chunks, AsyncGeneratorType) and not self._chunks.ag_running:
            await self._chunks.aclose()
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


class _Wire(httpcore.AsyncConnectionInterface):
    """Stands where httpcore has the protocol of a connection: sends one request over connections of ours."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_used = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self._is_used = True
        url, content = request.url, request.stream
        assert isinstance(content, httpx.AsyncByteStream)
        of_httpx = httpx.Request(
            request.method.decode("ascii"),
            _url(url.scheme, url.host, url.port, url.target),
            headers=request.headers,
            stream=content,
            extensions=request.extensions,
        )
        if isinstance(content, httpx.ByteStream):
            of_httpx.read()  # so that it can be sent again
        response = await self._send(of_httpx)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        return httpcore.Response(
            response.status_code,
            headers=response.headers.raw,
            content=response.stream,
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Do nothing: the connection belongs to the body of the answer."""

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return False

    def is_available(self) -> bool:
        return False

    def has_expired(self) -> bool:
        return False

    def is_idle(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return self._is_used

    def info(self) -> str:
        return "of openrouter-async"


@lru_cache(maxsize=512)
def _url(scheme: bytes, host: bytes, port: int | None, target: bytes) -> httpx.URL:
    return httpx.URL(scheme=scheme.decode("ascii"), host=host.decode("ascii"), port=port, raw_path=target)
