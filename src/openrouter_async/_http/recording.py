"""A transport that lets someone see each exchange once it is over, and changes nothing about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, cast

from .._sansio.content_decoding import ContentDecodingError, content_decoder
from ..options import Limits
from .library import checked_transport, httpx, library_of
from .network.stream import CallStream
from .pool.connections import ConnectionTransport

if TYPE_CHECKING:
    from typing import Self

    from .library import AsyncTransport

__all__ = ["RecordedExchange", "RecordingTransport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A request and its answer, as far as that was read."""

    method: str
    target: str
    """Path and query."""
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    """Of the answer, by lower-case name."""
    body: bytes
    """Of the response, decoded; undecodable characters are left out."""
    key: str | None = field(default=None, repr=False)
    """The key that authorized the request."""


class RecordingTransport(httpx.AsyncBaseTransport):
    """Passes requests on to another transport, and exchanges to `seen`; that one is closed with it."""

    def __init__(
        self, seen: Callable[[RecordedExchange], None], transport: AsyncTransport | None = None
    ) -> None:
        """Record into `seen`; without a `transport` of the caller's, over connections like those of a client."""
        self._seen = seen
        self._inner: httpx.AsyncBaseTransport = (
            ConnectionTransport(limits=Limits(), ssl_context=None, proxy=None)
            if transport is None
            else checked_transport(transport)
        )
        self._library = library_of(self._inner) or httpx

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its answer with the body still to be read."""
        sent = await request.aread()
        if self._library is not httpx:
            request = self._library.Request(
                request.method,
                self._library.URL(str(request.url)),
                headers=request.headers.raw,
                content=sent,
                extensions=request.extensions,
            )
        response = await self._inner.handle_async_request(request)
        stream = cast("httpx.AsyncByteStream", response.stream)
        if self._library is not httpx:
            response = httpx.Response(
                response.status_code, headers=response.headers.raw, extensions=response.extensions
            )

        def over(body: bytes) -> None:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._seen(
                RecordedExchange(
                    method=request.method,
                    target=request.url.raw_path.decode("ascii"),
                    request_body=sent,
                    status=response.status_code,
                    headers=headers,
                    body=_decoded(body, headers.get("content-encoding")),
                    key=request.headers.get("authorization", "").rpartition(" ")[2] or None,
                )
            )

        body = _RecordedBody(stream, over)
        response.stream = body
        connection = response.extensions.get("network_stream")
        if isinstance(connection, CallStream) and (abort := connection.abort_call) is not None:

            def tell_and_abort() -> None:
                body.tell()
                abort()

            connection.abort_call = tell_and_abort
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()


class _RecordedBody(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A body whose bytes are kept until it ends, fails or is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, over: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._chunks: AsyncIterator[bytes] | None = None
        self._over: Callable[[bytes], None] | None = over
        self._kept = bytearray()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._chunks is None:
            self._chunks = self._stream.__aiter__()
        try:
            chunk = await self._chunks.__anext__()
        except BaseException:
            self.tell()
            raise
        self._kept += chunk
        return chunk

    async def aclose(self) -> None:
        self.tell()
        await self._stream.aclose()

    def tell(self) -> None:
        """Say once what was read."""
        over, self._over = self._over, None
        if over is not None:
            over(bytes(self._kept))


def _decoded(body: bytes, encoding: str | None) -> bytes:
    """Return a body without its content encoding; if it is cut off, as much as there is."""
    pieces: list[bytes] = []
    try:
        decoder = content_decoder(encoding)
        if decoder is None:
            return body
        pieces.extend(decoder.decode(body))
    except ContentDecodingError:
        pass  # a cut body is recorded as far as it goes
    return b"".join(pieces)
