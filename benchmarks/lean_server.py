"""An HTTP server that costs next to nothing, so that a benchmark measures its client.

Run as a program, `lean_server.py CORE`, it prints its port. The first part of a path names the scenario, so the
base URL of a client chooses it: `http://127.0.0.1:PORT/SCENARIO/api/v1`. It reads just enough HTTP for that: heads
end at a blank line, bodies have a Content-Length. All answers are made before the first request comes.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import wire


class Answer(NamedTuple):
    """Parts that are written `gap_s` seconds apart, the first after `delay_s`."""

    parts: Sequence[bytes]
    gap_s: float = 0.0
    delay_s: float = 0.0


def plain(body: bytes) -> bytes:
    """Return an answer with a body of known length."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chunked(parts: Sequence[bytes], *, ends: bool = True) -> list[bytes]:
    """Return the parts of a stream in chunked encoding, the first with the head of the answer."""
    framed = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    framed[0] = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
        b"transfer-encoding: chunked\r\n\r\n" + framed[0]
    )
    if ends:
        framed[-1] += b"0\r\n\r\n"
    return framed


def answers() -> dict[str, Answer]:
    """Return the answer of each scenario."""
    first, *rest = wire.text_events(2)
    return {
        "call": Answer([plain(wire.completion(wire.REPLY))]),
        "slow": Answer([plain(wire.completion(wire.REPLY))], delay_s=wire.SLOW_S),
        "object": Answer([plain(wire.completion(json.dumps(wire.CITY)))]),
        "long": Answer([b"".join(chunked(wire.joined(wire.text_events(wire.LONG))))]),
        "reasoning": Answer([b"".join(chunked(wire.joined(wire.reasoning_events(wire.LONG))))]),
        "tool": Answer([b"".join(chunked(wire.joined(wire.tool_events())))]),
        "many": Answer([b"".join(chunked(wire.joined(wire.text_events(wire.MANY))))]),
        "paced": Answer(chunked(wire.text_events(wire.PACED)), gap_s=wire.GAP_S),
        "relayed": Answer(chunked(wire.text_events(wire.MANY)), gap_s=wire.GAP_S),
        "first": Answer(chunked([first, b"".join(rest)]), gap_s=0.002),
        "open": Answer(chunked([first], ends=False)),
    }


ANSWERS = answers()
MODELS = Answer([plain(wire.models())])


class Lean(asyncio.Protocol):
    """One connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            path = head.split(b" ", 2)[1].decode()
            answer = MODELS if "/models" in path else ANSWERS[path.split("/")[1]]
            if answer.delay_s:
                self._loop.call_later(answer.delay_s, self._write, answer, 0)
            else:
                self._write(answer, 0)

    def _write(self, answer: Answer, position: int) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(answer.parts[position])
        if position + 1 < len(answer.parts):
            self._loop.call_later(answer.gap_s, self._write, answer, position + 1)


async def serve() -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Lean(loop), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def lean_server(core: int | None) -> Iterator[int]:
    """Run the server in a process of its own, on one core where that can be chosen, and yield its port."""
    command = [sys.executable, __file__, "" if core is None else str(core)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    asyncio.run(serve())
