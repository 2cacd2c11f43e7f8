"""Sections 5 and 6 of the rows: event streams, good and bad."""

from __future__ import annotations

import zlib

from tests.faults.scenes.answers import DONE, GOOD_STREAM, STREAM_HEADERS, WORD, Then, chunk
from tests.faults.scenes.dialects import spoken
from tests.faults.server import note
from tests.support.loopback import Connection, Request, sse

__all__ = [
    "COMMENT",
    "Begun",
    "Chunked",
    "bad_chunk",
    "comments_for_ever",
    "drip",
    "extensions_and_trailers",
    "flushed",
    "kept_open",
    "packed",
    "slow_comments",
    "until_closed",
]

COMMENT = b": OPENROUTER PROCESSING\n\n"


class Chunked:
    """Serves a body as an event stream, in one chunk or in chunks of `size` bytes, and ends it cleanly."""

    def __init__(self, body: bytes, size: int | None = None) -> None:
        self.body, self.size = body, size

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        body = spoken(self.body, request)
        connection.start_chunked()
        step = self.size or max(1, len(body))
        pieces = (body[start : start + step] for start in range(0, len(body), step))
        connection.send(b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces))
        connection.end_chunked()


def packed(connection: Connection, request: Request, *, body: bytes) -> None:
    """Serve a body as gzip that breaks off behind it, while HTTP ends cleanly."""
    connection.start_chunked(headers={"content-encoding": "gzip"})
    packer = zlib.compressobj(wbits=31)
    connection.chunk(packer.compress(spoken(body, request)) + packer.flush(zlib.Z_SYNC_FLUSH))
    connection.end_chunked()


class Begun:
    """Serves the beginning of an event stream, and goes on as told."""

    def __init__(self, body: bytes, then: Then) -> None:
        self.body, self.then = body, then

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        connection.start_chunked()
        if self.body:
            connection.chunk(spoken(self.body, request))
        self.then(connection, request)


def bytewise(connection: Connection, request: Request, *, body: bytes) -> None:
    """Serve a body with every byte in a packet of its own."""
    body = spoken(body, request)
    connection.send_head(200, {**STREAM_HEADERS, "content-length": str(len(body))})
    for byte in body:
        connection.send(bytes([byte]))


def kept_open(connection: Connection, request: Request) -> None:
    """Serve the good stream, and neither end the body nor close; note `gone` when the client has left."""
    connection.start_chunked()
    connection.chunk(spoken(GOOD_STREAM, request))
    if connection.wait_closed(20):
        note(connection, "gone")
    connection.close()


def flushed(connection: Connection, request: Request) -> None:
    """Serve the good stream as gzip that is flushed after each event, with a pause between them."""
    connection.start_chunked(headers={"content-encoding": "gzip"})
    packer = zlib.compressobj(wbits=31)
    for payload in (chunk(WORD[:8]), chunk(WORD[8:]), chunk(finish="stop"), DONE):
        connection.chunk(packer.compress(spoken(sse(payload), request)) + packer.flush(zlib.Z_SYNC_FLUSH))
        connection.pause(0.3)
    connection.chunk(packer.flush())
    connection.end_chunked()


def slow_comments(connection: Connection, request: Request) -> None:
    """Write comments for 0.8 s, then the good stream."""
    connection.start_chunked()
    for _ in range(16):
        connection.chunk(COMMENT)
        connection.pause(0.05)
    connection.chunk(spoken(GOOD_STREAM, request))
    connection.end_chunked()


def drip(connection: Connection, request: Request) -> None:
    """Write the word letter by letter, in 0.8 s."""
    connection.start_chunked()
    for letter in WORD:
        connection.chunk(spoken(sse(chunk(letter)), request))
        connection.pause(0.05)
    connection.chunk(spoken(sse(chunk(finish="stop"), DONE), request))
    connection.end_chunked()


def extensions_and_trailers(connection: Connection, request: Request) -> None:
    """Serve the good stream with all that chunked framing can have."""
    connection.start_chunked(headers={"trailer": "x-checksum"})
    body = spoken(GOOD_STREAM, request)
    connection.send(b"%x;name=value\r\n%b\r\n0\r\nx-checksum: 1\r\n\r\n" % (len(body), body))


def until_closed(
    connection: Connection, request: Request, *, body: bytes = GOOD_STREAM, version: str = "1.1"
) -> None:
    """Serve a stream that ends with the connection."""
    connection.send_head(200, {**STREAM_HEADERS, "connection": "close"}, version=version)
    connection.send(spoken(body, request))
    connection.close()


def bad_chunk(connection: Connection, request: Request) -> None:
    """Go on with a chunk that has no size."""
    connection.send(b"zz\r\nnonsense\r\n")
    connection.wait_closed(20)
    connection.close()


def comments_for_ever(connection: Connection, request: Request) -> None:
    """Go on with comments, for half a minute if the client stays."""
    for _ in range(1_000):
        connection.chunk(COMMENT)
        connection.pause(0.03)
