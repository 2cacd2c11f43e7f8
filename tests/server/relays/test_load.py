"""A relay under load: many browsers at once, half of which leave in the middle."""

from __future__ import annotations

import gc
import socket
import threading
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator, Fault, ReceivedRequest, Reply
from tests.server.router_client import Browser, routed
from tests.server.waiting import wait_for

BROWSERS = 200
PIECES = [f"piece {number} " for number in range(20)]


def stay_or_leave(port: int, number: int, seen: list[bytes], ready: threading.Barrier) -> None:
    """Read an answer to its end, or leave it behind its first piece."""
    leaves = number % 2 == 0
    content = b'{"messages": [{"role": "user", "content": "%s"}]}' % (b"leave" if leaves else b"stay")
    head = "POST /api/chat HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        ready.wait(60)
        raw.sendall(f"{head}connection: close\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content)
        text = b""
        while piece := raw.recv(65536):
            text += piece
            if leaves and b"piece 3" in text:
                break
        seen[number] = text


def answer(request: ReceivedRequest) -> Reply:
    fault = Fault.stall(after=8) if request.prompt == "leave" else None
    return Reply.of(*PIECES, fault=fault)


def descriptors() -> int:
    """Return how many files and sockets are open, where the system tells."""
    listed = Path("/proc/self/fd")
    return len([*listed.iterdir()]) if listed.is_dir() else 0


def run(browser: Browser, number: int) -> list[bytes]:
    seen = [b""] * number
    ready = threading.Barrier(number)
    threads = [
        threading.Thread(target=stay_or_leave, args=(browser.served.port, each, seen, ready))
        for each in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()
    return seen


@pytest.mark.slow
def test_two_hundred_browsers_of_which_half_leave(emulator: Emulator) -> None:
    """Nothing leaks, those who stay get all of their answer, and the calls of those who left end."""
    emulator.reply_with(answer)
    with routed(emulator) as browser:
        run(browser, 4)  # what is made once is there
    gc.collect()
    files, spent_before = descriptors(), emulator.spent
    with routed(emulator, max_concurrent_streams=BROWSERS) as browser:
        tasks = browser.served.tasks()
        seen = run(browser, BROWSERS)
        asked = [request for request in emulator.requests if request.path == "/chat/completions"][4:]
        for request in asked:
            assert request.wait_until_over(30)
        wait_for(lambda: browser.served.connections == 0)
        wait_for(lambda: browser.served.tasks() <= tasks)
        expected = f"{emulator.spent - spent_before:f}"
        wait_for(lambda: browser.get("api/settings").json()["spent"] == expected)
    gc.collect()
    wait_for(lambda: descriptors() <= files)
    assert len(asked) == BROWSERS
    stayed = seen[1::2]
    assert all(b"piece 19" in text and b"event: finished" in text for text in stayed)
    assert all(b"event: error" not in text for text in seen)
    left = [request for request in asked if request.prompt == "leave"]
    assert len(left) == BROWSERS // 2
    assert all(request.disconnected_at is not None for request in left)
    assert all(request.finished for request in asked if request.prompt == "stay")
