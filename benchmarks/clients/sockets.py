"""The wire itself: sockets of asyncio, just enough HTTP for this server; no client could do without."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import wire

from .bare import BareClient

PACKAGES: list[str] = []


class SocketClient(BareClient):
    """Idle sockets on a stack; no timeouts, no errors, no types."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._address = parts.hostname, parts.port
        self._idle: list[socket.socket] = []
        self._loop = asyncio.get_running_loop()
        head = "".join(f"{name}: {value}\r\n" for name, value in wire.HEADERS.items())
        head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n{head}content-length: "
        self._call, self._stream = (
            f"{head}{len(body)}\r\n\r\n".encode() + body for body in (wire.BODY, wire.STREAM_BODY)
        )

    async def call(self) -> str:
        sock = await self._send(self._call)
        received = await self._loop.sock_recv(sock, 65_536)
        end = received.index(b"\r\n\r\n")
        length = int(received[:end].rpartition(b"content-length: ")[2])
        while len(received) < end + 4 + length:
            received += await self._loop.sock_recv(sock, 65_536)
        self._idle.append(sock)
        text: str = json.loads(received[end + 4 :])["choices"][0]["message"]["content"]
        return text

    @asynccontextmanager
    async def streaming(self) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        """Give the chunks of an answer in chunked encoding."""
        sock = await self._send(self._stream)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += await self._loop.sock_recv(sock, 65_536)
        received = received[end + 4 :]
        while True:
            size, found, _ = received.partition(b"\r\n")
            length = int(size, 16) if found else 0
            if found and len(received) >= len(size) + length + 4:
                if length == 0:
                    break
                start = len(size) + 2
                yield received[start : start + length]
                received = received[start + length + 2 :]
            else:
                received += await self._loop.sock_recv(sock, 65_536)
        self._idle.append(sock)

    async def _send(self, request: bytes) -> socket.socket:
        if self._idle:
            sock = self._idle.pop()
        else:
            sock = socket.socket()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(sock, self._address)
        await self._loop.sock_sendall(sock, request)
        return sock

    def close(self) -> None:
        for sock in self._idle:
            sock.close()


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[SocketClient]:
    client = SocketClient(f"{base_url}/chat/completions")
    try:
        yield client
    finally:
        client.close()
