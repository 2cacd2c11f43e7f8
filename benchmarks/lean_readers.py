"""Browsers that cost next to nothing, in a process of their own, so that a benchmark measures the server they ask.

Run as a program, `lean_readers.py CORE`, it reads lines `PORT PATH COUNT` and answers each, once so many requests at
once were read to their end, with one line of JSON: the shortest and the longest body, in bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

REQUEST = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def read(port: int, path: str) -> int:
    """Send one request, and return how many bytes the body has; the server closes the connection behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST % path.encode())
    answer = await reader.read(-1)
    writer.close()
    size, start = 0, answer.index(b"\r\n\r\n") + 4
    while length := int(answer[start : (end := answer.index(b"\r\n", start))], 16):
        size += length
        start = end + 2 + length + 2
    return size


async def ask(port: int, path: str, count: int) -> list[int]:
    """Send so many requests at once."""
    return await asyncio.gather(*(read(port, path) for _ in range(count)))


class Readers:
    """The process, as those see it who started it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, port: int, path: str, count: int) -> int:
        """Have so many requests read at once, and return the bytes of an answer, which are the same for all."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{port} {path} {count}\n")
        self._process.stdin.flush()
        shortest, longest = json.loads(self._process.stdout.readline() or "[0, -1]")
        assert shortest == longest, f"{path} was answered with {shortest} to {longest} bytes"
        return int(shortest)


@contextmanager
def lean_readers(core: int | None) -> Iterator[Readers]:
    """Start the process, on one core where that can be chosen."""
    command = [sys.executable, __file__, "" if core is None else str(core)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Readers(process)
        finally:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    for line in sys.stdin:
        port, path, count = line.split()
        sizes = asyncio.run(ask(int(port), path, int(count)))
        print(json.dumps([min(sizes), max(sizes)]), flush=True)
