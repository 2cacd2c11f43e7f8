"""`Answered`: an answer whose head has come, as an exchange reads it.

Over the client's own connections that is an `Answer`; by way of httpx, a `SeenAnswer`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Protocol, cast

import anyio

from .exceptions import from_httpx
from .network.stream import CallStream

if TYPE_CHECKING:
    from .library import httpx

__all__ = ["Answered", "SeenAnswer"]

CLOSE_GRACE = 0.4
"""Seconds a close may take before it is abandoned; chosen: nobody who leaves a call should notice."""


class Answered(Protocol):
    """What an exchange asks of an answer."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...

    @property
    def version(self) -> bytes | None:
        """As b"HTTP/1.1"; None where nobody knows."""
        ...

    @property
    def stream(self) -> CallStream | None:
        """The connection, if it is ours."""
        ...

    @property
    def decoded(self) -> bytes | None:
        """The body where a hook of the caller's client has read it, decoded."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the body."""
        ...

    async def finish(self, *, is_at_end: bool) -> None:
        """Free the connection after the whole body, or close it."""


class SeenAnswer:
    """A response of httpx."""

    __slots__ = (
        "_abort",
        "_chunks",
        "_host",
        "_response",
        "decoded",
        "headers",
        "status",
        "stream",
        "version",
    )

    def __init__(self, response: httpx.Response, host: str) -> None:
        self._response = response
        self._host = host
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers.items())
        version, stream = response.extensions.get("http_version"), response.extensions.get("network_stream")
        self.version = version if isinstance(version, bytes) else None
        self.stream = stream if isinstance(stream, CallStream) else None
        self._abort: Callable[[], None] | None = None if self.stream is None else self.stream.abort_call
        self._chunks: AsyncIterator[bytes] | None = None
        self.decoded: bytes | None = None
        if response.is_closed and _was_read_by_a_hook(response):
            self.decoded = response.content if response.is_stream_consumed else b""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the body."""
        self._chunks = cast("httpx.AsyncByteStream", self._response.stream).__aiter__()
        return self._chunks

    async def finish(self, *, is_at_end: bool) -> None:
        """Free the connection, or close it; takes at most `CLOSE_GRACE`."""
        if not is_at_end and self._abort is not None:
            self._abort()
        chunks = self._chunks
        with anyio.move_on_after(CLOSE_GRACE, shield=True):
            try:
                if isinstance(chunks, AsyncGeneratorType) and not chunks.ag_running:
                    await chunks.aclose()
                await self._response.aclose()
            except Exception as error:
                # What a broken connection says while it is closed is of no use to anyone.
                if from_httpx(error, "body", self._host) is None:
                    raise


def _was_read_by_a_hook(response: httpx.Response) -> bool:
    """Whether a hook of the caller's client has taken the body from the wire, and decoded it, or given it up.

    The answers of mocks are read when they are made, before a client clocks them, and can be read again.
    """
    try:
        return response.elapsed is not None
    except RuntimeError:
        return False
