"""Section F of the rows: little on the wire that is a lot of work, or a lot of memory."""

from __future__ import annotations

import time
import zlib
from functools import lru_cache

from tests.faults.scenes.answers import STREAM_HEADERS, chunk
from tests.support.loopback import Connection, Request, sse

__all__ = [
    "COMMENTS",
    "EVENTS",
    "MEMBERS",
    "begun",
    "inflating",
    "no_body_for_ever",
    "one_byte_chunks_for_ever",
]

MIB = 1024 * 1024

COMMENTS = b":\n\n"
EVENTS = sse(chunk("a"))
MEMBERS = zlib.compress(b"", wbits=31)
"""An empty member of gzip."""


def inflating(connection: Connection, request: Request, *, block: bytes, layers: int = 1) -> None:
    """Send 64 MiB of a block as an event stream, packed so many times."""
    body = _packed(block, layers)
    encodings = ", ".join(["gzip"] * layers)
    connection.respond(200, body, {**STREAM_HEADERS, "content-encoding": encodings})


@lru_cache
def _packed(block: bytes, layers: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    blocks = block * (MIB // len(block))
    body = b"".join(packer.compress(blocks) for _ in range(64)) + packer.flush()
    for _ in range(layers - 1):
        body = zlib.compress(body, wbits=31)
    return body


def one_byte_chunks_for_ever(connection: Connection, request: Request) -> None:
    """Send comments with each byte in a chunk of its own, until the client leaves; at most for half a minute."""
    connection.start_chunked()
    data = b"".join(b"1\r\n%c\r\n" % byte for byte in COMMENTS) * 5_000
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection.send(data)


def begun(connection: Connection, request: Request, *, first: bytes, block: bytes, size: int) -> None:
    """Send a beginning, and then the block until there are `size` bytes; the client may leave before."""
    connection.send_head(200, {"connection": "close", "content-length": str(len(first) + size)})
    connection.send(first)
    data = block * (65_536 // len(block) + 1)
    for _ in range(size // len(data)):
        connection.send(data)


def no_body_for_ever(connection: Connection, request: Request, *, first: bytes, block: bytes) -> None:
    """Begin a chunked answer, and send a block again and again that adds nothing to its body; as long."""
    connection.start_chunked()
    connection.send(first)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection.send(block)
        connection.pause(0.02)
