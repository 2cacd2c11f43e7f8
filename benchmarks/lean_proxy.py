"""A proxy of HTTP and of SOCKS5 on one port, which passes on bytes: `lean_proxy.py [CORE]` prints its port.

It reads as little as `lean_server.py` does: a request comes in one piece, and all go to the server of the first.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Pipe(asyncio.Protocol):
    """One end of a connection; what comes goes out at the other."""

    def __init__(self) -> None:
        self.other: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        assert self.other is not None
        self.other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other end too."""
        if self.other is not None:
            self.other.close()


class Near(Pipe):
    """The client's end, which first says where to."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._prefix = b""
        self._is_greeted = False
        self._tasks: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        """Take the greeting, or pass on."""
        if self.other is not None:
            self.other.write(data.replace(self._prefix, b"", 1) if self._prefix else data)
        elif data[0] != 5:
            self._prefix = b"/".join(data.split(b" ", 2)[1].split(b"/", 3)[:3])
            host, _, port = self._prefix.removeprefix(b"http://").partition(b":")
            self._begin(host.decode(), int(port), b"", data.replace(self._prefix, b"", 1))
        elif not self._is_greeted:
            self._is_greeted = True
            self.transport.write(b"\x05\x00")
        else:
            address, port = data[4:8], int.from_bytes(data[8:10], "big")  # IPv4 only
            self._begin(".".join(map(str, address)), port, b"\x05\0\0\x01" + bytes(6), b"")

    def _begin(self, host: str, port: int, answer: bytes, first: bytes) -> None:
        async def connect() -> None:
            _, far = await self._loop.create_connection(Pipe, host, port)
            far.other, self.other = self.transport, far.transport
            self.transport.write(answer)
            far.transport.write(first)

        task = self._loop.create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def serve() -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Near(loop), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def lean_proxy() -> Iterator[int]:
    """Run the proxy in a process of its own, on other cores than this process, and yield its port."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    others = sorted(set(range(os.cpu_count() or 1)) - mine)
    command = [sys.executable, __file__, *map(str, others[:1] if mine else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    asyncio.run(serve())
