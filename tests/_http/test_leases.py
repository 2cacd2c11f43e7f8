"""Equal calls of several processes are one request: others wait for its answer, and take over where its owner dies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from openrouter_async import LocalCache
from tests._http.test_flights import KEY, Service, asked
from tests.support.folders import ROOT
from tests.support.loopback import WAIT_S

pytestmark = pytest.mark.loopback

PROGRAM = """
import anyio, sys
from openrouter_async import AsyncOpenRouter, LocalCache

async def main():
    url, path = sys.argv[1:]
    cache = LocalCache(path)
    async with AsyncOpenRouter({key!r}, base_url=url, coalesce=True, local_cache=cache) as client:
        print("ready", flush=True)
        input()
        reply = await client.chat.create("Hi", model="m")
        print(reply.id, reply.cost, reply.cache and reply.cache.where)

anyio.run(main)
""".replace("{key!r}", repr(KEY))


class Process:
    """Another process, which makes one call once it is let."""

    def __init__(self, url: str, path: Path) -> None:
        command = [sys.executable, "-c", PROGRAM, url, str(path)]
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
        return self._popen.communicate(timeout=60)[0].strip()


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        yield service


@pytest.fixture
def cache(tmp_path: Path) -> LocalCache:
    return LocalCache(tmp_path / "answers.sqlite")


def url_of(service: Service) -> str:
    return service._server.url


async def test_two_processes_at_once_make_one_request(service: Service, cache: LocalCache) -> None:
    processes = [Process(url_of(service), Path(cache.path)) for _ in range(2)]
    for process in processes:
        await to_thread.run_sync(process.begin)
    await asked(service)
    await anyio.sleep(0.5)
    service.may_answer.set()
    results = [await to_thread.run_sync(process.result) for process in processes]
    assert sorted(results) == ["gen-1 0 local", "gen-1 0.25 None"]
    assert service.count == 1


async def test_the_lease_of_a_process_that_was_killed_ends(service: Service, cache: LocalCache) -> None:
    first, second = (Process(url_of(service), Path(cache.path)) for _ in range(2))
    await to_thread.run_sync(first.begin)
    await asked(service)
    await to_thread.run_sync(second.begin)
    await anyio.sleep(0.5)
    first.kill()
    assert service.count == 1
    service.may_answer.set()
    assert await to_thread.run_sync(second.result) == "gen-1 0.25 None"
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
