"""What a connection needs of HTTP/1.1: a request is written to its stream, and the answer is read from it.

By default httpcore does that, and h11 parses; where it is asked for, `http11_httptools` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import httpcore
import httpx

from ..._extras import needs_extra
from ...errors import ConfigurationError
from ..network.stream import CallStream
from .bodies import Content

__all__ = [
    "Answer",
    "Forwarding",
    "HTTPConnection",
    "HTTPParser",
    "HttpcoreConnection",
    "maker_of",
    "trailing_data",
]

HTTPParser: TypeAlias = Literal["h11", "httptools"]


class Forwarding(NamedTuple):
    """How a request differs that a proxy reads and sends on."""

    prefix: bytes
    """Stands before the path: scheme and host."""
    headers: list[tuple[bytes, bytes]]
    """For the proxy; the service does not get them."""


class Answer(Protocol):
    """An answer whose head was read."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...

    @property
    def stream(self) -> Iterable[bytes] | AsyncIterable[bytes]:
        """The body, asynchronous in fact; raises what httpcore raises."""
        ...

    @property
    def extensions(self) -> MutableMapping[str, Any]: ...

    async def aclose(self) -> None:
        """Make the connection ready for its next request, after the body was read to its end."""


class HTTPConnection(Protocol):
    """One stream; its requests come one after the other."""

    def send(self, request: httpx.Request) -> Awaitable[Answer]:
        """Send a request and read the head of its answer.

        Raises:
            Exception: of httpcore; the connection is of no use then.
        """
        ...

    def ended_cleanly(self) -> bool:
        """Whether the last request was sent whole, its answer read to its end, and nothing came after it."""
        ...


MakeConnection: TypeAlias = Callable[[httpcore.Origin, CallStream, Forwarding | None], HTTPConnection]


def maker_of(parser: HTTPParser) -> MakeConnection:
    """Return what makes connections with this parser.

    Raises:
        ConfigurationError: there is none of that name, or its package is missing.
    """
    if parser == "h11":
        return HttpcoreConnection
    if parser == "httptools":
        with needs_extra("fast", "http_parser='httptools'"):
            from .with_httptools import HttptoolsConnection
        return HttptoolsConnection
    raise ConfigurationError(f"http_parser is {parser!r}; expected 'h11' or 'httptools'")


class HttpcoreConnection:
    """httpcore's connection, over a stream of ours."""

    __slots__ = ("_forwarding", "_http", "_origin")

    def __init__(
        self, origin: httpcore.Origin, stream: CallStream, forwarding: Forwarding | None = None
    ) -> None:
        self._origin = origin
        self._forwarding = forwarding
        self._http = httpcore.AsyncHTTP11Connection(origin, stream)

    def send(self, request: httpx.Request) -> Awaitable[httpcore.Response]:
        """Send a request and read the head of its answer."""
        target, headers = request.url.raw_path, request.headers.raw
        if self._forwarding is not None:
            target, headers = self._forwarding.prefix + target, headers + self._forwarding.headers
        return self._http.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=self._origin.scheme,
                    host=self._origin.host,
                    port=self._origin.port,
                    target=target,
                ),
                headers=headers,
                content=Content.of(request),
                extensions=request.extensions,
            )
        )

    def ended_cleanly(self) -> bool:
        """Whether the last answer was read to its end, and nothing came after it."""
        return self._http.is_idle() and not trailing_data(self._http)


def trailing_data(http: httpcore.AsyncHTTP11Connection) -> bool:
    """Whether bytes came in one packet with the end of an answer.

    httpcore has no public word for it, so this is the one look at its insides. Where they have changed the answer
    is yes: no connection would be reused then, and a test fails.
    """
    parser = getattr(http, "_h11_state", None)
    return bool(getattr(parser, "trailing_data", (b"unknown", False))[0])
