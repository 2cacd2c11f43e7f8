"""Section 4 of the rows: whole answers, and what is wrong with them."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping

from tests.faults.scenes.answers import GOOD_BODY, completion
from tests.faults.scenes.dialects import spoken
from tests.support.loopback import Connection, Reply, Request

__all__ = [
    "bomb",
    "cut_chunks",
    "cut_length",
    "drip",
    "endless",
    "gzipped",
    "one_byte_chunks",
    "padded",
    "reply",
    "untyped",
]

JSON = "application/json"
MIB = 1024 * 1024


def reply(content: object = None, **message: object) -> Reply:
    """Return a whole reply with this message in its one choice."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": "stop",
    }
    return Reply(json=completion(choices=[choice]))


def padded(
    connection: Connection, request: Request, *, body: bytes = GOOD_BODY, times: int = 10, every: float = 0.05
) -> None:
    """Send blanks for a while, then the document."""
    connection.start_chunked(content_type=JSON)
    for _ in range(times):
        connection.chunk(b"\n         ")
        connection.pause(every)
    connection.chunk(body)
    connection.end_chunked()


def cut_length(connection: Connection, request: Request, *, end: str) -> None:
    """Send less than was announced, and end the connection."""
    connection.send_head(200, {"content-type": JSON, "content-length": "500"})
    connection.send(GOOD_BODY[:40])
    connection.pause(0.02)
    if end == "reset":
        connection.reset()
    elif end == "close":
        connection.close()
    else:
        connection.wait_closed(20)
        connection.close()


def cut_chunks(connection: Connection, request: Request) -> None:
    """Send chunks, and close before the last."""
    connection.start_chunked(content_type=JSON)
    connection.chunk(GOOD_BODY)
    connection.close()


def drip(connection: Connection, request: Request) -> None:
    """Send one byte every 4 milliseconds."""
    connection.send_head(200, {"content-type": JSON, "content-length": str(len(GOOD_BODY))})
    for byte in GOOD_BODY:
        connection.send(bytes([byte]))
        connection.pause(0.004)


def one_byte_chunks(connection: Connection, request: Request, *, count: int) -> None:
    """Send a good answer of at least `count` bytes, in chunks of one byte."""
    body = json.dumps(completion(padding="x" * count)).encode()
    connection.start_chunked(content_type=JSON)
    connection.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body))
    connection.end_chunked()


def untyped(connection: Connection, request: Request, *, content_type: str | None, body: bytes) -> None:
    """Send a body under another content type, or none."""
    body = spoken(body, request)
    headers = {"content-length": str(len(body))}
    if content_type is not None:
        headers["content-type"] = content_type
    connection.send_head(200, headers)
    connection.send(body)


def gzipped(body: bytes) -> bytes:
    """Return gzip of a body."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(body) + packer.flush()


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    member = packer.compress(b"x" * 16 * MIB) + packer.flush()
    return member * 64  # gzip may be written one after the other


def bomb(connection: Connection, request: Request) -> None:
    """Send a megabyte that inflates to a gibibyte."""
    connection.respond(200, _bomb(), {"content-encoding": "gzip"})


def endless(
    connection: Connection,
    request: Request,
    *,
    first: bytes,
    block: bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send a beginning and then the same block, until the client leaves; at most for half a minute."""
    connection.send_head(200, {"connection": "close", **(headers or {})})
    connection.send(first)
    data = block * (65_536 // len(block) + 1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection.send(data)
