"""Two real uvicorn workers that share a store: readers of one get what the other writes, also when one is killed."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_async.testing import Emulator, Fault
from tests.server.relays.streams.worker import variables
from tests.server.router_client import events
from tests.server.waiting import wait_for
from tests.support.folders import ROOT
from tests.support.forked import Python
from tests.support.plain_http import PLAIN

pytestmark = pytest.mark.slow

WORDS = [f"word{number} " for number in range(20)]


class Worker:
    """A worker on a port of its own, so that a test knows which one answers."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        app = "tests.server.relays.streams.worker:make"
        options = ["--factory", "--port", str(self.port), "--log-level", "error"]
        self.process = Python(
            "-m", "uvicorn", app, *options, "--timeout-graceful-shutdown", "1", env=environment, cwd=ROOT
        )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, "the worker did not start"
        try:
            return httpx.get(f"{self.url}/worker", verify=PLAIN).status_code == 200
        except httpx.TransportError:
            return False

    def post(self, id: str) -> Any:
        message = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hello"}]}
        body = {"id": id, "messages": [message], "format": "events"}
        return httpx.stream("POST", f"{self.url}/api/chat", json=body, timeout=30, verify=PLAIN)

    def again(self, id: str, last: str = "") -> httpx.Response:
        headers = {"last-event-id": last}
        return httpx.get(f"{self.url}/api/chat/{id}/stream", headers=headers, timeout=30, verify=PLAIN)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(20)


@contextmanager
def two_workers(emulator: Emulator, store: str) -> Iterator[tuple[Worker, Worker]]:
    environment = variables(emulator.base_url, emulator.key, store)
    workers = Worker(environment), Worker(environment)
    try:
        wait_for(lambda: all(worker.is_ready() for worker in workers), 60)
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.communicate(20)


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "streams.sqlite")
    pytest.importorskip("redis")
    url: str = request.getfixturevalue("redis_url")
    return url


def said(text: str) -> str:
    return "".join(data["text"] for name, data in events(text) if name == "text")


def ids(text: str) -> list[str]:
    return re.findall(r"^id: (.*)$", text, re.MULTILINE)


def read(pieces: Iterator[str], until: Callable[[str], bool]) -> str:
    text = ""
    while not until(text):
        text += next(pieces)
    return text


def test_a_reader_of_another_worker_gets_each_event_once(emulator: Emulator, store: str) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(1.5, after=8))
    with two_workers(emulator, store) as (one, other):
        with one.post("7") as answer:
            pieces = answer.iter_text()
            text = read(pieces, lambda text: "word3 " in text)
            joined = other.again("7")
            text += "".join(pieces)
        assert joined.text == text
        assert said(text) == "".join(WORDS)
        blocks = [block + "\n\n" for block in text.split("\n\n") if block]
        for number, id in enumerate(ids(text)[:-1]):
            assert other.again("7", id).text == "".join(blocks[number + 1 :])
    assert len(emulator.requests) == 1


def test_the_worker_of_a_reader_may_be_killed(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(1.5, after=8))
    with two_workers(emulator, str(tmp_path / "streams.sqlite")) as (one, other):
        with one.post("7") as answer:
            pieces = answer.iter_text()
            text = read(pieces, lambda text: "word1 " in text)
            with httpx.stream("GET", f"{other.url}/api/chat/7/stream", timeout=30, verify=PLAIN) as joined:
                seen = read(joined.iter_text(), lambda text: "word1 " in text)
                other.kill()
            seen = seen[: seen.rindex("\n\n") + 2]
            seen += one.again("7", ids(seen)[-1]).text
            text += "".join(pieces)
        assert seen == text
        assert said(seen) == "".join(WORDS)
    assert len(emulator.requests) == 1


def test_readers_of_a_killed_writer_are_told(emulator: Emulator, store: str) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=8))
    with two_workers(emulator, store) as (one, other):
        with one.post("7") as answer:
            text = read(answer.iter_text(), lambda text: "word3 " in text)
            seen: list[str] = []
            joined = threading.Thread(target=lambda: seen.append(other.again("7").text))
            joined.start()
            one.kill()
        text = text[: text.rindex("\n\n") + 2]
        rest = other.again("7", ids(text)[-1]).text
        joined.join(30)
        for each in (text + rest, seen[0]):
            name, error = events(each)[-1]
            assert (name, error["type"], error["code"]) == ("error", "StreamLost", 502)
            assert said(each).startswith("word0 word1 word2 word3 ")
            assert said(each) == "".join(WORDS)[: len(said(each))]
    assert len(emulator.requests) == 1


def test_any_worker_can_stop_it(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=8))
    with two_workers(emulator, str(tmp_path / "streams.sqlite")) as (one, other), one.post("7") as answer:
        pieces = answer.iter_text()
        text = read(pieces, lambda text: "word3 " in text)
        assert httpx.delete(f"{other.url}/api/chat/7/stream", verify=PLAIN).status_code == 204
        text += "".join(pieces)
        assert events(text)[-1][1]["type"] == "Stopped"
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
