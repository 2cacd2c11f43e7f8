"""`WireRequest`: a request as a connection sends it, and the two kinds of it.

Most of a request never changes between the calls of a client: `Head` keeps that as bytes, checked once. An
`OwnRequest` adds the length of its body and its key, and is not made into a request of httpx unless somebody wants to
see one: a tool that patches httpx, or an observer that adds headers. A `SeenRequest` is one of httpx, on its way back
from there.

A traceback shows local variables, and the lines of a head contain a key: so no local variable contains them.
"""

from __future__ import annotations

import math
import re
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..library import httpcore, httpx

if TYPE_CHECKING:
    from ..._sansio.request import Upload
    from ..._secret import Secret
    from ..deadlines import CallTimeouts
    from ..library import Library
    from ..network.stream import CallStream

__all__ = [
    "DELIVERY",
    "Delivery",
    "Fields",
    "Forwarding",
    "Head",
    "Origin",
    "OwnRequest",
    "SeenRequest",
    "WireRequest",
]

Fields: TypeAlias = list[tuple[bytes, bytes]]
Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

DELIVERY = "openrouter_async.delivery"
"""The extension of a request of httpx that is its `Delivery`; foreign requests lack it."""

JOINED = 64 * 1024
"""The largest body that is joined to the head of its request, to leave in one packet and one system call."""

# What may be sent, by RFC 9110 and 9112; nothing else keeps a value from ending its line.
_TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(rb"(?:[^\0\s]+(?:[ \t]+[^\0\s]+)*)?").fullmatch
_TARGET = re.compile(rb"[\x21-\x7e]+").fullmatch


class Delivery:
    """The messages between a request and the pool, beside HTTP."""

    __slots__ = ("is_sent_once", "through")

    def __init__(self, *, is_sent_once: bool = False) -> None:
        self.is_sent_once = is_sent_once
        """If a reused connection is lost, it is unknown whether the request had arrived (RFC 9112, section 9.3.1), so
        a request that must not run twice is sent once."""
        self.through = ""
        """Set by the pool: the proxy that the request goes through, as errors name it."""


class Forwarding(NamedTuple):
    """How a request differs that a proxy reads and sends on."""

    prefix: bytes
    """Stands before the path: scheme and host."""
    headers: Fields
    """For the proxy; the service does not get them."""


class WireRequest(ABC):
    """A request that a connection can send."""

    __slots__ = (
        "clocks",
        "content",
        "delivery",
        "host",
        "length",
        "method",
        "origin",
        "target",
        "until",
        "url",
    )

    def __init__(
        self,
        method: bytes,
        url: httpx.URL,
        origin: Origin,
        target: bytes,
        content: bytes | None,
        length: int | None,
        clocks: dict[str, float | None],
        delivery: Delivery,
    ) -> None:
        self.method = method
        self.url = url
        self.origin = origin
        self.host = origin[1]
        self.target = target
        self.content = content
        """The body, if it is in memory; then it can be sent again."""
        self.length = length
        """Of the body, as the head tells it; None where it goes in chunks."""
        self.clocks = clocks
        """The timeouts in seconds, by httpx's names; `read` may change before each read."""
        self.delivery = delivery
        self.until: float | None = None
        """When the head of the answer is due, in monotonic seconds; None where only `clocks` count."""

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again over another connection if the first was lost."""
        return self.content is not None and not self.delivery.is_sent_once

    def timeout(self, name: str) -> float | None:
        """Return the seconds of one of the clocks, at most what is left until the head is due.

        Raises:
            httpcore.ReadTimeout: nothing is left.
        """
        seconds = self.clocks.get(name)
        if self.until is None or self.until == math.inf:
            return seconds
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("no time is left for the answer")
        return left if seconds is None else min(seconds, left)

    async def write(self, stream: CallStream, forwarding: Forwarding | None) -> None:
        """Send it.

        Raises:
            httpcore.LocalProtocolError: it cannot be sent.
            httpcore.NetworkError: writing failed.
            httpcore.TimeoutException: nothing could be written in time.
        """
        content, length, timeout = self.content, self.length, self.timeout("write")
        if content is None:
            await self._write_pieces(stream, forwarding, timeout)
        elif length is None or len(content) != length:
            raise _wrong_length(len(content) > (length or 0), length)
        elif length <= JOINED:
            await stream.write(self._head(forwarding) + content, timeout)
        else:
            await stream.write(self._head(forwarding), timeout)
            await stream.write(content, timeout)

    async def _write_pieces(
        self, stream: CallStream, forwarding: Forwarding | None, timeout: float | None
    ) -> None:
        length, sent = self.length, 0
        await stream.write(self._head(forwarding), timeout)
        async for piece in self._read_pieces():
            sent += len(piece)
            if length is None:
                if piece:  # an empty one would be the last chunk: RFC 9112, section 7.1
                    await stream.write(b"%x\r\n%b\r\n" % (len(piece), piece), timeout)
            elif sent > length:  # would be taken for the next request: RFC 9112, section 11.2
                break
            else:
                await stream.write(piece, timeout)
        if length is None:
            await stream.write(b"0\r\n\r\n", timeout)
        elif sent != length:
            raise _wrong_length(sent > length, length)

    def _head(self, forwarding: Forwarding | None) -> bytes:
        if forwarding is None:
            return b"%b %b HTTP/1.1\r\n%b\r\n" % (self.method, self.target, self._lines())
        return b"%b %b%b HTTP/1.1\r\n%b%b\r\n" % (
            self.method,
            forwarding.prefix,
            self.target,
            self._lines(),
            lines_of(forwarding.headers),
        )

    @abstractmethod
    def _lines(self) -> bytes:
        """Return the lines of the head after the first, without the empty one.

        Raises:
            httpcore.LocalProtocolError: one that was added is not valid.
        """

    @abstractmethod
    def _read_pieces(self) -> AsyncIterator[bytes]:
        """Return the body that is not in memory."""


def _wrong_length(is_more: bool, length: int | None) -> httpcore.LocalProtocolError:
    return httpcore.LocalProtocolError(
        f"the body has {'more' if is_more else 'less'} than the {length} bytes of its Content-Length"
    )


class Head:
    """The constant part of requests to one URL, checked."""

    __slots__ = ("fields", "library", "lines", "method", "name", "origin", "target", "url")

    def __init__(
        self, library: Library, method: str, url: httpx.URL, fields: Sequence[tuple[bytes, bytes]]
    ) -> None:
        """Check it. `library` is httpx, or what stands in for it, of which `url` is.

        Raises:
            httpcore.LocalProtocolError: it is not a valid head, or contains the head of another request.
        """
        self.library = library
        self.name, self.method = method, method.encode("ascii")
        self.url = url
        self.origin: Origin = (url.scheme, url.host, url.port)
        self.target = url.raw_path
        self.fields = fields
        """As httpx gets them, which adds the host."""
        check_start(self.method, self.target)
        self.lines = lines_of([(b"Host", url.netloc), *fields])

    @property
    def expects_body(self) -> bool:
        """Whether a request by this method tells its length though it is nothing: RFC 9110, section 8.6."""
        return self.method in (b"POST", b"PUT", b"PATCH")


class OwnRequest(WireRequest):
    """A request of the client itself."""

    __slots__ = ("_constant", "_key", "_request", "_upload")

    def __init__(
        self,
        head: Head,
        timeouts: CallTimeouts,
        *,
        content: bytes | None = None,
        upload: Upload | None = None,
        key: Secret | None = None,
        is_sent_once: bool = False,
    ) -> None:
        """Send nothing yet; without `upload` the body is `content`, or empty."""
        if upload is None:
            content = content or b""
            length: int | None = len(content)
        else:
            content, length = None, upload.length
        clocks = {
            "connect": timeouts.connect,
            "read": timeouts.headers,
            "write": timeouts.idle,
            "pool": timeouts.queue,
        }
        delivery = Delivery(is_sent_once=is_sent_once)
        super().__init__(head.method, head.url, head.origin, head.target, content, length, clocks, delivery)
        self._constant = head
        self._upload = upload
        self._key = key
        self._request: httpx.Request | None = None

    @property
    def headers(self) -> MutableMapping[str, str]:
        """Those that are sent, which may be added to; names in any case."""
        return self.as_seen().headers

    def as_seen(self) -> httpx.Request:
        """Return it as a request of httpx, whose headers are sent from now on."""
        request = self._request
        if request is None:
            head, upload = self._constant, self._upload
            fields = [*head.fields]
            if upload is not None and upload.length is not None:
                fields.append((b"content-length", b"%d" % upload.length))
            self._request = request = head.library.Request(
                head.name,
                head.url,
                headers=fields,
                content=upload if self.content is None else self.content or None,
                extensions={"timeout": self.clocks, DELIVERY: self.delivery},
            )
            if self._key is not None:
                # Written here and in `_lines`, so that no local variable of any frame holds the key (RFC 6750,
                # section 2.1).
                request.headers["authorization"] = f"Bearer {self._key.get()}"
        return request

    def _lines(self) -> bytes:
        if self._request is not None:
            return lines_of(self._request.headers.raw)
        constant, length = self._constant, self.length
        key = b"" if self._key is None else b"authorization: Bearer %b\r\n" % self._key.get().encode("ascii")
        if length is None:
            return b"%bTransfer-Encoding: chunked\r\n%b" % (constant.lines, key)
        if not length and not constant.expects_body:
            return constant.lines + key
        return b"%bContent-Length: %d\r\n%b" % (constant.lines, length, key)

    def _read_pieces(self) -> AsyncIterator[bytes]:
        assert self._upload is not None
        return self._upload.__aiter__()


class SeenRequest(WireRequest):
    """A request of httpx."""

    __slots__ = ("_request",)

    def __init__(self, request: httpx.Request) -> None:
        """Send nothing yet.

        Raises:
            httpcore.LocalProtocolError: it is not a valid head, or contains the head of another request.
        """
        self._request = request
        delivery, url = request.extensions.get(DELIVERY), request.url
        super().__init__(
            request.method.encode("ascii"),
            url,
            (url.scheme, url.host, url.port),
            url.raw_path,
            request.content if isinstance(request.stream, httpx.ByteStream) else None,
            _declared_length(request.headers.raw),
            request.extensions.get("timeout", {}),
            delivery if isinstance(delivery, Delivery) else Delivery(),
        )
        check_start(self.method, self.target)
        check_fields(request.headers.raw)

    def _lines(self) -> bytes:
        return lines_of(self._request.headers.raw)

    def _read_pieces(self) -> AsyncIterator[bytes]:
        stream = self._request.stream
        assert isinstance(stream, AsyncIterable)
        return stream.__aiter__()


def check_start(method: bytes, target: bytes) -> None:
    """Check method and target.

    Raises:
        httpcore.LocalProtocolError: the line would be another one.
    """
    if not _TOKEN(method) or not _TARGET(target):
        raise httpcore.LocalProtocolError(f"{method!r} and {target!r} are no method and no target")


def lines_of(fields: Fields) -> bytes:
    """Return the lines of headers, checked as by `check_fields`."""
    check_fields(fields)
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def check_fields(fields: Fields) -> None:
    """Check headers.

    Raises:
        httpcore.LocalProtocolError: one of them is not valid, or would be more than one.
    """
    bad = [name for name, value in fields if not (_TOKEN(name) and _VALUE(value))]
    if bad:
        raise httpcore.LocalProtocolError(f"the header {bad[0]!r} has a character that no header may have")


def _declared_length(fields: Fields) -> int | None:
    """Return the length of the body that the headers tell; None where it goes in chunks."""
    framing = [
        (lower, value)
        for name, value in fields
        if (lower := name.lower()) in (b"content-length", b"transfer-encoding")
    ]
    match framing:
        case []:
            return 0
        case [(b"content-length", value)] if value.isdigit():
            return int(value)
        case [(b"transfer-encoding", b"chunked")]:
            return None
    raise httpcore.LocalProtocolError(f"the headers {framing} do not tell where the body ends")
