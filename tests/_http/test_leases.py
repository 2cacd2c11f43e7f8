"""Equal calls of several processes are one request: others wait for its answer, and take over where its owner dies."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from openrouter_async import AsyncOpenRouter, LocalCache, Timeouts
from openrouter_async.streaming.events import TextDelta
from tests._http.test_flights import KEY, Service, asked, is_closed
from tests.support.folders import ROOT
from tests.support.loopback import WAIT_S, Connection, Reply

pytestmark = [pytest.mark.loopback, pytest.mark.slow]

PROGRAM = """
import anyio, sys
from openrouter_async import AsyncOpenRouter, LocalCache, response_meta

async def main():
    url, path, kind = sys.argv[1:]
    cache = LocalCache(path)
    async with AsyncOpenRouter({key!r}, base_url=url, coalesce=True, local_cache=cache) as client:
        print("ready", flush=True)
        input()
        if kind == "chat":
            reply = await client.chat.create("Hi", model="m")
        elif kind == "embeddings":
            reply = await client.embeddings.create(["red", "blue"], model="m")
            assert reply.vectors == [[1.0], [2.0]]
        else:
            async with client.chat.stream("Hi", model="m") as stream:
                async for event in stream:
                    pass
                reply = await stream.final()
        reused = response_meta(reply).reused
        print(reply.id, reply.cost, reused and reused.where)

anyio.run(main)
""".replace("{key!r}", repr(KEY))


class Process:
    """Another process, which makes one call once it is let."""

    def __init__(self, url: str, path: Path, kind: str = "chat") -> None:
        command = [sys.executable, "-c", PROGRAM, url, str(path), kind]
        self._popen = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self) -> None:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stdout.readline() == "ready\n"
        self._popen.stdin.write("\n")
        self._popen.stdin.flush()

    def kill(self) -> None:
        self._popen.kill()
        self._popen.communicate()

    def result(self) -> str:
        return self._popen.communicate(timeout=60)[0].strip().splitlines()[-1]


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        yield service


@pytest.fixture
def cache(tmp_path: Path) -> LocalCache:
    return LocalCache(tmp_path / "answers.sqlite")


def url_of(service: Service) -> str:
    return service._server.url


VECTORS = Reply(
    json={
        "id": "gen-1",
        "object": "list",
        "model": "m",
        "data": [
            {"object": "embedding", "embedding": [value], "index": i} for i, value in enumerate((1.0, 2.0))
        ],
        "usage": {"prompt_tokens": 2, "total_tokens": 2, "cost": 0.25},
    }
)


def events(*texts: str) -> bytes:
    chunks = [
        {
            "id": "gen-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}],
        }
        for text in texts
    ]
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks)


class Streaming(Service):
    """A service that streams half an answer, and the rest once it is let."""

    def _serve(self, connection: Connection) -> None:
        while connection.read_request() is not None:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            connection.send(head + events("Hel"))
            while not self.may_answer.wait(0.01):
                if is_closed(connection):
                    return
            last = {
                **json.loads(events("").decode().removeprefix("data: ")),
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.25},
            }
            last["choices"][0]["finish_reason"] = "stop"
            connection.send(events("lo") + f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode())
            connection.sock.close()
            return


def service_of(kind: str) -> Service:
    if kind == "stream":
        return Streaming()
    return Service(VECTORS) if kind == "embeddings" else Service()


@pytest.mark.parametrize("kind", ["chat", "stream", "embeddings"])
async def test_two_processes_that_ask_for_the_same_at_once_make_one_request(
    cache: LocalCache, kind: str
) -> None:
    with service_of(kind) as service:
        processes = [Process(url_of(service), Path(cache.path), kind) for _ in range(2)]
        for process in processes:
            await to_thread.run_sync(process.begin)
        await asked(service)
        await anyio.sleep(0.5)
        service.may_answer.set()
        results = [await to_thread.run_sync(process.result) for process in processes]
        assert sorted(results) == ["gen-1 0 local", "gen-1 0.25 None"]
        assert service.count == 1


@pytest.mark.parametrize("kind", ["chat", "stream", "embeddings"])
async def test_another_process_asks_where_who_asked_was_killed(cache: LocalCache, kind: str) -> None:
    with service_of(kind) as service:
        first, second = (Process(url_of(service), Path(cache.path), kind) for _ in range(2))
        await to_thread.run_sync(first.begin)
        await asked(service)
        await to_thread.run_sync(second.begin)
        await anyio.sleep(0.5)
        first.kill()
        assert service.count == 1
        service.may_answer.set()
        assert await to_thread.run_sync(second.result) == "gen-1 0.25 None"
        assert service.count == 2


async def test_calls_of_one_process_share_a_stream_under_one_lease(cache: LocalCache) -> None:
    with Streaming() as service:
        async with service.client(local_cache=cache) as one, service.client(local_cache=cache) as other:
            texts: list[str] = []

            async def read(client: AsyncOpenRouter) -> None:
                async with client.chat.stream("Hi", model="m") as stream:
                    texts.append((await stream.final()).text)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read, one)
                tasks.start_soon(read, one)
                await asked(service)
                tasks.start_soon(read, other)  # as another process: it has a lease of its own
                await anyio.sleep(0.3)
                service.may_answer.set()
        assert (texts, service.count) == (["Hello"] * 3, 1)


async def test_a_stream_that_is_left_ends_its_lease(cache: LocalCache) -> None:
    with Streaming() as service:
        async with service.client(local_cache=cache) as one, service.client(local_cache=cache) as other:
            async with one.chat.stream("Hi", model="m") as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break
            service.may_answer.set()
            with anyio.fail_after(WAIT_S):
                async with other.chat.stream("Hi", model="m") as stream:
                    assert (await stream.final()).text == "Hello"
        assert service.count == 2


async def test_a_stream_whose_reader_is_slow_is_asked_for_anew(cache: LocalCache) -> None:
    with Streaming() as service:
        async with (
            service.client(local_cache=cache) as slow,
            service.client(local_cache=cache, timeouts=Timeouts(event=0.5)) as other,
            slow.chat.stream("Hi", model="m") as stream,
        ):
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
            service.may_answer.set()
            async with other.chat.stream("Hi", model="m") as again:
                assert (await again.final()).text == "Hello"
        assert service.count == 2


async def test_who_waits_can_be_cancelled_and_takes_over_from_who_was(
    service: Service, cache: LocalCache
) -> None:
    async with (
        service.client(local_cache=cache) as one,
        service.client(local_cache=cache) as two,
        anyio.create_task_group() as tasks,
    ):
        first = anyio.CancelScope()

        async def ask_first() -> None:
            with first:
                await one.chat.create("Hi", model="m")

        tasks.start_soon(ask_first)
        await asked(service)
        began = time.monotonic()
        with anyio.move_on_after(0.3) as waiting:
            await two.chat.create("Hi", model="m")
        assert waiting.cancelled_caught
        assert time.monotonic() - began < WAIT_S
        assert service.count == 1
        replies = list[str | None]()

        async def ask_second() -> None:
            replies.append((await two.chat.create("Hi", model="m")).id)

        tasks.start_soon(ask_second)
        await anyio.sleep(0.1)
        first.cancel()
        await asked(service, 2)
        service.may_answer.set()
    assert replies == ["gen-1"]
    assert service.count == 2


async def test_a_lease_outlives_a_long_answer(service: Service, cache: LocalCache) -> None:
    async with (
        service.client(local_cache=cache) as one,
        service.client(local_cache=cache) as two,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(lambda: one.chat.create("Hi", model="m"))
        await asked(service)
        tasks.start_soon(lambda: two.chat.create("Hi", model="m"))
        await anyio.sleep(5.5)
        assert service.count == 1
        service.may_answer.set()
    assert service.count == 1


async def test_where_the_file_is_locked_a_call_is_sent_without_a_lease(
    service: Service, cache: LocalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async.caching.store.BUSY_S", 0.01)
    service.may_answer.set()
    async with service.client(local_cache=cache) as client:
        await client.chat.create("Hi", model="m")
        with closing(sqlite3.connect(cache.path, isolation_level=None, timeout=WAIT_S)) as other:
            other.execute("BEGIN IMMEDIATE")
            reply = await client.chat.create("Ho", model="m")
    assert (reply.id, service.count) == ("gen-1", 2)
