"""One request over a plain socket, and everything that comes back, byte for byte."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

from openrouter_async.testing import Emulator

__all__ = ["exchange", "post", "read_all"]

WAIT_S = 10.0


def exchange(emulator: Emulator, request: bytes) -> bytes:
    """Return all that the emulator sends until it closes the connection."""
    where = urlsplit(emulator.base_url)
    assert where.hostname is not None
    with socket.create_connection((where.hostname, where.port), timeout=WAIT_S) as sock:
        sock.sendall(request)
        return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """Return what comes until the end, or a reset."""
    received = bytearray()
    try:
        while data := sock.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return bytes(received)


def post(emulator: Emulator, path: str, body: object, *, key: str | None = None, **headers: str) -> bytes:
    """Return the bytes of a POST request that asks for the connection to be closed after it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"POST /api/v1{path} HTTP/1.1",
        "host: 127.0.0.1",
        "connection: close",
        "content-type: application/json",
        f"content-length: {len(content)}",
        f"authorization: Bearer {key or emulator.key}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content
