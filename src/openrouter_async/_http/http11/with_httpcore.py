"""HTTP/1.1 by httpcore, whose parser is h11."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager

from ..library import httpcore, httpx
from ..network.stream import CallStream
from .bodies import Content
from .connection import Forwarding

__all__ = ["HttpcoreConnection", "trailing_data"]


class _Unlocked(AbstractAsyncContextManager[None]):
    async def __aexit__(self, *_: object) -> None:
        """Do nothing."""


class _OneCall(httpcore.AsyncHTTP11Connection):
    """httpcore's connection, without the lock that separates calls: the pool runs one call at a time.

    anyio's lock lets all other tasks run before it is acquired, which a call did twice. If httpcore has no lock of
    this name, nothing is changed.
    """

    def __init__(self, origin: httpcore.Origin, stream: CallStream) -> None:
        super().__init__(origin, stream)
        self._state_lock = _Unlocked()  # type: ignore[assignment]  # all that is asked of a lock


class HttpcoreConnection:
    """httpcore's connection, over a stream of ours."""

    __slots__ = ("_forwarding", "_http", "_origin")

    def __init__(
        self, origin: httpcore.Origin, stream: CallStream, forwarding: Forwarding | None = None
    ) -> None:
        self._origin = origin
        self._forwarding = forwarding
        self._http = _OneCall(origin, stream)

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
                content=Content(request),
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
