"""`Exchange`: one request on the wire and its response, within its deadlines.

Work on data that has already arrived never waits, so no other task would run meanwhile. So pieces are small, and
before each of them the exchange checks how long the task has worked: after `SLICE_S` it checks the deadlines, and
lets other tasks run.

Whoever opens an exchange closes it. Closing one whose body was read to the end frees the connection for the next
call; closing it earlier, or aborting it, closes the connection immediately.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING

import anyio.lowlevel

from .._sansio.content_decoding import ContentDecoder, ContentDecodingError, content_decoder
from .._sansio.json_work import LEAST_BYTES, JsonWork
from ..errors import ConnectionLost, InvalidResponseError, ResponseTooLarge
from .deadlines import CallTimeouts, Deadline, run_within
from .exceptions import Phase, from_httpx

if TYPE_CHECKING:
    from ..options import Limits
    from .answered import Answered
    from .http11.request import OwnRequest
    from .network.stream import CallStream

__all__ = ["Exchange"]

PIECE = 64 * 1024
"""The most bytes that one read returns."""

SLICE_S = 0.005
"""Seconds of work after which other tasks run."""


class Exchange:
    """A request that was sent, and its answer being read."""

    def __init__(
        self, send: Callable[[OwnRequest, Deadline], Awaitable[Answered]], request: OwnRequest
    ) -> None:
        self._send = send
        self._request = request
        self._host = request.host
        self._answer: Answered | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._decoder: ContentDecoder | None = None
        self._pieces: Iterator[bytes] | None = None
        self.status = 0
        """HTTP status; 0 before the headers have arrived."""
        self.headers: Mapping[str, str] = {}
        """Headers of the answer, by lower-case name."""
        self.http_version: str | None = None
        """As "1.1" or "2"."""
        self.bytes_read = 0
        """Delivered bytes of the body, decoded."""
        self.is_at_end = False
        self._is_closed = False
        self._stream: CallStream | None = None
        """The connection, if it is of our own transport."""
        self._abort: Callable[[], None] | None = None
        self._received = 0
        self._idle_s = math.inf
        self._slice_began = 0.0

    @property
    def request_headers(self) -> MutableMapping[str, str]:
        """Those that are sent; names in any case."""
        return self._request.headers

    async def open(self, timeouts: CallTimeouts) -> None:
        """Send the request and read the headers of the answer.

        Raises:
            OpenRouterError: `ConnectError`, `ConnectionLost`, `RequestTimeout`, `DeadlineExceeded`.
        """
        deadline = Deadline("headers", timeouts.headers)
        if timeouts.total.at < deadline.at:
            deadline = timeouts.total
        try:
            self._answer = answer = await self._send(self._request, deadline)
        except Exception as error:
            self._raise_translated(error, "headers")
            raise
        self.status, self.headers = answer.status, answer.headers
        if answer.decoded is not None:
            self._pieces, self.is_at_end = _sliced(answer.decoded), True
            return
        if answer.version is not None:
            self.http_version = answer.version.decode("ascii", "replace").removeprefix("HTTP/")
        encoding = self.headers.get("content-encoding")
        if encoding is not None:
            self._decoder = content_decoder(encoding)
        # From now on each read may take that long; httpcore reads it from the same object when the body begins.
        self._request.until, self._request.clocks["read"] = None, timeouts.idle
        self._idle_s = math.inf if timeouts.idle is None else timeouts.idle
        self._chunks, self._stream = answer.__aiter__(), answer.stream
        self._abort = None if answer.stream is None else answer.stream.abort_call

    async def read(self, deadlines: tuple[Deadline, ...] = ()) -> bytes | None:
        """Return the next bytes of the body, decoded, at most `PIECE`; None at its end.

        Raises:
            OpenRouterError: `ConnectionLost`, `RequestTimeout`, `DeadlineExceeded`, `InvalidResponseError`,
                `ResponseTooLarge`.
        """
        try:
            while True:
                now = time.monotonic()
                stream = self._stream
                if stream is not None and stream.received != self._received:
                    # Bytes come to our connections only while the task waits, so others ran.
                    self._received, self._slice_began = stream.received, now
                elif now - self._slice_began > SLICE_S:
                    await self.pause(deadlines)
                piece = next(self._pieces, None) if self._pieces is not None else None
                if piece is None:
                    if self.is_at_end:
                        return None
                    # Silence ends the read before a deadline that is farther away than the idle timeout.
                    near = (
                        [each for each in deadlines if each.at - now <= self._idle_s] if deadlines else None
                    )
                    assert self._chunks is not None
                    try:
                        # What has come already is read without waiting, so a fast server could keep a cancellation
                        # from the task. Our connections look for one when they need not wait; to do so for every
                        # chunk took a tenth of slow streams.
                        if stream is None:
                            await anyio.lowlevel.checkpoint_if_cancelled()
                        if near:
                            data = await run_within(near, self._chunks.__anext__, self._host)
                        else:
                            data = await self._chunks.__anext__()
                    except StopAsyncIteration:
                        if self._is_closed:
                            raise ConnectionLost("the connection was closed with the client") from None
                        data = None
                    except Exception as error:
                        self._raise_translated(error, "body")
                        raise
                    if data is None:
                        self.is_at_end = True
                        if self._decoder is not None:
                            self._decoder.finish()
                        return None
                    if self._decoder is not None:
                        self._pieces = self._decoder.decode(data)
                        continue
                    if len(data) > PIECE:  # our own connections give no more, those of others may
                        self._pieces = _sliced(data)
                        continue
                    piece = data
                if not piece:
                    continue
                self.bytes_read += len(piece)
                return piece
        except ContentDecodingError as error:
            raise InvalidResponseError(f"the answer of {self._host} cannot be read: {error}") from error

    async def pause(self, deadlines: tuple[Deadline, ...]) -> None:
        """Let other tasks run, unless they did since the last time; the slice of work is over.

        Raises:
            OpenRouterError: `RequestTimeout` or `DeadlineExceeded`, of a deadline that passed meanwhile.
        """
        now = time.monotonic()
        for deadline in deadlines:
            if deadline.at <= now:
                raise deadline.expired(self._host)
        # Bytes come to our connections only while the task waits. Of others that is not known.
        received = self._received if self._stream is None else self._stream.received
        if received == self._received:
            await anyio.lowlevel.checkpoint()
            now = time.monotonic()
        self._received, self._slice_began = received, now

    async def pause_if_due(self, deadlines: tuple[Deadline, ...]) -> None:
        """Let other tasks run if this one has worked for long enough."""
        if time.monotonic() - self._slice_began > SLICE_S:
            await self.pause(deadlines)

    async def read_all(
        self, limits: Limits, deadlines: tuple[Deadline, ...], *, is_json: bool = True, begun: bytes = b""
    ) -> bytes:
        """Return the whole body, `begun` included, which was read before.

        Raises:
            ResponseTooLarge: it has more bytes, or is JSON with more values, than the limits allow.
        """
        pieces = [begun] if begun else []
        limit, work, counted = limits.body_bytes, None, 0
        while (piece := await self.read(deadlines)) is not None:
            pieces.append(piece)
            if self.bytes_read > limit:
                raise ResponseTooLarge(
                    f"the answer of {self._host} is larger than {limit} bytes; see Limits(body_bytes=...)",
                    limit=limit,
                )
            if is_json and self.bytes_read > LEAST_BYTES:
                work = work or JsonWork(limits.values, f"the answer of {self._host}")
                for each in pieces[counted:]:
                    work.add(each)
                counted = len(pieces)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _raise_translated(self, error: Exception, phase: Phase) -> None:
        """Raise what an error of the transport is to the caller; return if it is none of these."""
        translated = from_httpx(error, phase, self._host, self._request.delivery.through)
        if translated is not None:
            raise translated from error

    async def aclose(self) -> None:
        """Free the connection if the body was read to its end; otherwise close it. Takes at most a second."""
        self._is_closed = True
        if self._answer is not None:
            await self._answer.finish(is_at_end=self.is_at_end)
            self._answer = None

    def abort(self) -> bool:
        """Close the connection without waiting; callable from any thread.

        Returns False where only `aclose` can: for connections that are not of our own transport.
        """
        if self._abort is None or self._answer is None:
            return False
        self._abort()
        return True


def _sliced(data: bytes) -> Iterator[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))
