"""`Answer`: an answer that is read from a connection as its bytes come, by h11 or by another parser.

Bytes are read when somebody waits for the head or a piece, and fed to the parser, which keeps pieces. A failure in the
middle of a read waits in `_failure` until the pieces before it are delivered.

h11, the default, accepts what other clients accept. It reads the answers to requests that it has seen; it is shown one
that differs from what is sent in all but whether the answer has a body, so nothing is checked twice. The plain chunks
of a body (RFC 9112, section 7.1) are read here, since h11 takes some forty calls for each. It does not miss them, as
it stands before a chunk, and reads all that is anything else: extensions, trailers, the end.

An answer is not an async generator: one that is left half-way is closed whenever its event loop finds the time, and
trio warns of it.
"""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import h11

from ..library import httpcore, httpx
from .errors import raise_as_httpx

if TYPE_CHECKING:
    from ..network.stream import CallStream
    from .request import Fields, Forwarding, WireRequest

__all__ = ["OVERHEAD", "READ", "Answer", "H11Answers", "MakeAnswer"]

READ = 64 * 1024
OVERHEAD = 100 * 1024
"""The most bytes of heads, chunk sizes and trailers that may come without a byte of body."""
LOT = 100
"""Pieces of the body that are looked for at once: a read may have ten thousand of them, of one byte each."""


class Answer(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """An answer: its head, and, as an iterator, its body, which is read once."""

    __slots__ = (
        "_failure",
        "_has_more",
        "_is_over",
        "_is_sent",
        "_on_close",
        "_on_end",
        "_pieces",
        "_request",
        "fields",
        "is_complete",
        "is_reusable",
        "reason",
        "status",
        "stream",
        "version",
    )

    decoded = None
    """Nobody has read the body before."""

    def __init__(self, stream: CallStream, request: WireRequest) -> None:
        """Send and read nothing yet."""
        self.stream = stream
        self._request = request
        self.status = 0
        """0 before the head has come."""
        self.fields: Fields = []
        """The headers as they came."""
        self.version = b""
        """As b"HTTP/1.1"."""
        self.reason = b""
        self.is_complete = False
        """Whether its end was read; there may be pieces still."""
        self.is_reusable = False
        """Whether the request was sent whole, the answer read to its end, nothing came after it, and the server leaves
        the connection open."""
        self._is_sent = False
        self._pieces: list[bytes] = []
        self._has_more = False  # whether not all that was fed was looked at
        self._failure: Exception | None = None
        self._is_over = False
        self._on_end: Callable[[], None] | None = None
        self._on_close: Callable[[], None] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name; several of a name are joined, as by httpx."""
        try:
            return _by_name(self.fields, "utf-8")
        except UnicodeDecodeError:
            return _by_name(self.fields, "latin-1")

    async def open(self, forwarding: Forwarding | None = None) -> None:
        """Send the request, and read until the head is there.

        Raises:
            httpcore.LocalProtocolError: the request cannot be sent.
            httpcore.RemoteProtocolError: the answer is not HTTP, or did not arrive.
            httpcore.NetworkError: reading failed, or writing failed and no answer had arrived.
            httpcore.TimeoutException: as the request says.
        """
        request = self._request
        try:
            await request.write(self.stream, forwarding)
        except httpcore.WriteError:
            self._is_sent = False  # a server may answer early, and close: what it said is read
        else:
            self._is_sent = True
        while not self.status:
            if self._failure is not None:
                raise self._failure
            timeout = request.clocks.get("read")
            if request.until is not None:
                timeout = request.until - time.monotonic()
                if timeout <= 0:
                    raise httpcore.ReadTimeout("no time is left for the answer")
            self._feed(await self.stream.read(READ, timeout))

    def hold(self, *, on_end: Callable[[], None], on_close: Callable[[], None]) -> None:
        """Keep the connection for the body. Exactly one of these is called, once.

        Args:
            on_end: Lets go of the connection after the whole body.
            on_close: Closes the connection before that, also after an error.
        """
        self._on_end, self._on_close = on_end, on_close

    def __aiter__(self) -> Answer:
        """Return itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes of the body, within the time of a read: sizes and trailers that drip are none.

        Raises:
            httpx.TransportError: the connection broke, was closed, or brought nonsense.
        """
        timeout = self._request.clocks.get("read")
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._has_more and not self._pieces:
                self._look()
            pieces = self._pieces
            if pieces:
                self._pieces = []
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            if self.is_complete:
                self._let_go(self._on_end)
                raise StopAsyncIteration
            try:
                if self._failure is not None:
                    raise self._failure
                self._feed(await self.stream.read(READ, timeout))
                if until is not None:
                    timeout = max(0.0, until - time.monotonic())
            except Exception as error:
                self._close()
                raise_as_httpx(error)
                raise
            except BaseException:
                self._close()
                raise

    async def aclose(self) -> None:
        """Close the connection if the body was not read to its end; harmless when done before."""
        self._close()

    async def finish(self, *, is_at_end: bool) -> None:
        """Do the same; `is_at_end` says that it was read to its end."""
        if not is_at_end:
            self._close()

    def _close(self) -> None:
        if not self._is_over:
            self._pieces.clear()
            self._has_more = self.is_complete = False
            self._failure = httpx.ReadError("the answer was closed before its end")
            self._let_go(self._on_close)

    def _let_go(self, tell: Callable[[], None] | None) -> None:
        if not self._is_over:
            self._is_over = True
            if tell is not None:
                tell()
            self._on_end = self._on_close = None

    @abstractmethod
    def _feed(self, data: bytes) -> None:
        """Take what came; nothing is the end of the connection."""

    def _look(self) -> None:
        """Look for pieces in what was fed, where `_has_more` says that not all of it was looked at."""


class MakeAnswer(Protocol):
    """Makes the answer of a request that was not sent yet; has what a connection keeps between answers."""

    def __call__(self, stream: CallStream, request: WireRequest) -> Answer: ...


def _by_name(fields: Fields, encoding: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_CHUNK = re.compile(rb"\r\n([0-9A-Fa-f]{1,20})\r\n").match
"""The end of the line before, and the line before a plain chunk, as h11 reads it."""
_BEGUN = re.compile(rb"(?:\r(?:\n(?:[0-9A-Fa-f]{1,20}\r?)?)?)?").fullmatch

_GET, _HEAD = (h11.Request(method=method, target="/", headers=[("host", "")]) for method in ("GET", "HEAD"))
_END = h11.EndOfMessage()


class H11Answers:
    """The answers of one connection by its one parser of h11."""

    __slots__ = ("_parser",)

    def __init__(self) -> None:
        self._parser: h11.Connection | None = None

    def __call__(self, stream: CallStream, request: WireRequest) -> Answer:
        """Return the next answer; the one before ended well."""
        parser = self._parser
        if parser is None:
            parser = self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=OVERHEAD)
        else:
            parser.start_next_cycle()
        parser.send(_HEAD if request.method == b"HEAD" else _GET)
        parser.send(_END)
        return _H11Answer(stream, request, parser)


class _H11Answer(Answer):
    __slots__ = ("_begun", "_left", "_parser", "_stands_before_chunk")

    def __init__(self, stream: CallStream, request: WireRequest, parser: h11.Connection) -> None:
        super().__init__(stream, request)
        self._parser = parser
        self._stands_before_chunk = False  # of h11, which has nothing left to read there
        self._left = 0  # bytes of the chunk that is being read
        self._begun = b"\r\n"  # what is read of the lines before the next chunk; the head ends with the first

    def _feed(self, data: bytes) -> None:
        if not data and not self.status:
            self._failure = httpcore.RemoteProtocolError("Server disconnected without sending a response.")
            return
        # A head by itself, so that what follows it can be looked at before h11 has it.
        while not self.status and (end := data.find(b"\r\n\r\n") + 4) > 3:
            self._receive(data[:end])
            data = data[end:]
            if not data or self._failure is not None:
                return
        if self._stands_before_chunk:
            if data:
                data = self._without_chunks(data)
                if not data:
                    return
            elif len(self._begun) > 2:
                self._receive(self._begun[2:])
        self._receive(data)

    def _receive(self, data: bytes) -> None:
        self._parser.receive_data(data)
        self._has_more = True
        self._look()

    def _look(self) -> None:
        try:
            while len(self._pieces) < LOT:
                event = self._parser.next_event()
                if isinstance(event, h11.Data):
                    self._pieces.append(bytes(event.data))
                elif isinstance(event, h11.Response):
                    self.fields, self.reason = event.headers.raw_items(), event.reason
                    self.version, self.status = b"HTTP/" + event.http_version, event.status_code
                    self._stands_before_chunk = self._is_chunked() and not self._parser.trailing_data[0]
                    return  # the body may wait until somebody asks for it
                elif isinstance(event, h11.EndOfMessage):
                    self._end()
                    break
                elif not isinstance(event, h11.InformationalResponse):  # of which any number may come
                    break
            else:
                return
        except h11.RemoteProtocolError as error:
            self._failure = httpcore.RemoteProtocolError(str(error))
        self._has_more = False

    def _is_chunked(self) -> bool:
        """Whether a body follows that h11 reads in chunks."""
        has_body = self._request.method != b"HEAD" and self.status not in (204, 304)
        return has_body and b"transfer-encoding" in [name.lower() for name, _ in self.fields]

    def _without_chunks(self, data: bytes) -> bytes:
        """Keep the pieces of plain chunks at the start of the data, and return what h11 has to read."""
        position, begun = self._left, self._begun
        if position:
            self._pieces.append(data[:position])
        else:
            data = begun + data
        size = len(data)
        while position < size:
            line = _CHUNK(data, position)
            length = 0 if line is None else int(line[1], 16)
            if line is None or not length:
                break
            start = line.end()
            position = start + length
            if start < size:
                self._pieces.append(data[start:position])
        if position >= size:
            self._left, self._begun = position - size, b""
            return b""
        rest = data[position:]
        self._left = 0
        if rest == b"\r\n" or _BEGUN(rest):
            self._begun = rest
            return b""
        self._stands_before_chunk = False
        if rest.startswith(b"\r\n"):
            return rest[2:]
        # All of it as h11 says it, which reads a byte once.
        seen = 1 if begun == b"\r" and not position else 0
        found, expected = bytearray(rest[seen:2]), b"\r\n"[seen:]
        self._failure = httpcore.RemoteProtocolError(
            f"malformed chunk footer: {found!r} (expected {expected!r})"
        )
        return b""

    def _end(self) -> None:
        self.is_complete = True
        parser = self._parser
        # Bytes that came in one packet with the end belong to no answer.
        self.is_reusable = self._is_sent and parser.their_state is h11.DONE and not parser.trailing_data[0]
