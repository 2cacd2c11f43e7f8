"""A real Redis on a loopback port, or another server of its protocol, such as Valkey.

`OPENROUTER_ASYNC_REDIS_SERVER` names the program; without it, that is `redis-server`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["redis_server"]

READY_S = 20.0


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a server within the block, and give its address; a test without one is skipped, or fails under nox."""
    named = os.environ.get("OPENROUTER_ASYNC_REDIS_SERVER")
    program = shutil.which(named or "redis-server")
    if program is None and named:
        pytest.fail(f"OPENROUTER_ASYNC_REDIS_SERVER is {named!r}, which cannot be run")
    if program is None:
        if os.environ.get("OPENROUTER_ASYNC_NEEDS_REDIS"):
            pytest.fail("redis-server is not installed; streams in Redis cannot be tested")
        pytest.skip("redis-server is not installed (nox -s engines)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([program, *options, "--dir", str(folder)], stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until_ready(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(READY_S)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64) == b"+PONG\r\n":
                    return
        except OSError:
            pass
        assert time.monotonic() < deadline, "redis-server does not answer"
        time.sleep(0.01)
