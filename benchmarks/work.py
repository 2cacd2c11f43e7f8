"""One measurement, in a fresh process: `work.py CLIENT WORK URL CORE` prints its figures as JSON.

Runs in the environment of any client, so it needs the standard library only. All figures are of this process: `cpu`
and `wall` are seconds for one unit of the work (a chunk, a call), `memory` is bytes.
"""

# ruff: noqa: E402  # the clock starts before the other imports

import time

BEGAN = time.process_time()  # before anything is imported, since imports are measured too

import asyncio
import gc
import importlib
import json
import os
import resource
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import wire

Figures = dict[str, float]


class Client(Protocol):
    """What is asked of every client; one that cannot do it lacks the method."""

    async def call(self) -> str:
        """Make a plain call, and return the text of the reply."""
        ...

    async def stream(self, take: Callable[[str], object]) -> None:
        """Make a streamed call, and give each piece of text to `take`."""
        ...

    async def reasoning(self, take: Callable[[str], object]) -> None:
        """Make a streamed call, and give each piece of its reasoning to `take`."""
        ...

    async def tool_call(self) -> tuple[int, object]:
        """Stream a tool call; return how many fragments came, and the arguments, parsed."""
        ...


Connect = Callable[[str], AbstractAsyncContextManager[Client]]


class Watch:
    """CPU and wall time from its making on."""

    def __init__(self) -> None:
        gc.collect()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def a(self, units: int) -> Figures:
        """Return the time for each of so many units."""
        cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
        return {"cpu": cpu / units, "wall": wall / units}


async def at_once(count: int, job: Callable[[], Awaitable[object]], rounds: int = 1) -> None:
    """Run `count` tasks, each doing the job so many times."""

    async def some() -> None:
        for _ in range(rounds):
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(some())


async def checked_call(client: Client) -> None:
    """Make a call, and look at its reply."""
    assert await client.call() == wire.REPLY


async def checked_stream(client: Client, count: int) -> None:
    """Read a stream, and see that every piece came, as it was sent."""
    pieces: list[str] = []
    await client.stream(pieces.append)
    assert [piece for piece in pieces if piece] == wire.pieces(count), f"{len(pieces)} pieces of {count}"


# The works. Each begins with a call like those it measures, so that what is made on first use is made.


async def streams(connect: Connect, url: str, scenario: str, pieces: int, count: int) -> Figures:
    """Read so many streams at once."""
    async with connect(f"{url}/many/api/v1") as warm:
        await checked_stream(warm, wire.MANY)
    async with connect(f"{url}/{scenario}/api/v1") as client:
        watch = Watch()
        await at_once(count, lambda: checked_stream(client, pieces))
        return watch.a(count * pieces)


async def reasoning(connect: Connect, url: str) -> Figures:
    """Read one stream of reasoning; the first reading is not counted."""
    async with connect(f"{url}/reasoning/api/v1") as client:
        for _ in range(2):
            watch, found = Watch(), list[str]()
            await client.reasoning(found.append)
            figures = watch.a(wire.LONG)
            assert found == wire.pieces(wire.LONG), f"{len(found)} pieces"
    return figures


async def tool_call(connect: Connect, url: str) -> Figures:
    """Read one tool call in many fragments."""
    async with connect(f"{url}/tool/api/v1") as client:
        await client.tool_call()
        watch = Watch()
        count, arguments = await client.tool_call()
        figures = watch.a(wire.FRAGMENTS)
    assert count == wire.FRAGMENTS, f"{count} fragments"
    assert arguments == wire.arguments()
    return figures


async def calls(connect: Connect, url: str, scenario: str, count: int, rounds: int) -> Figures:
    """Make calls, `count` at once, so many times."""
    async with connect(f"{url}/{scenario}/api/v1") as client:
        await checked_call(client)
        watch = Watch()
        await at_once(count, lambda: checked_call(client), rounds)
        return watch.a(count * rounds)


async def calls_after_cancels(connect: Connect, url: str, count: int, rounds: int) -> Figures:
    """The same, after ten times as many calls that were cancelled, each at a random moment of its life."""
    from random import Random

    moments = Random(7)
    async with connect(f"{url}/slow/api/v1") as client:

        async def cancelled() -> None:
            try:
                async with asyncio.timeout(moments.uniform(0, wire.SLOW_S * 1.1)):
                    await client.call()
            except TimeoutError:
                return

        await at_once(count, cancelled, 10)
        watch = Watch()
        await at_once(count, lambda: checked_call(client), rounds)
        return watch.a(count * rounds)


async def first_delta(connect: Connect, url: str, count: int) -> Figures:
    """Wait for the first piece of streams, one after another; the median counts."""
    from statistics import median

    waits: list[float] = []
    async with connect(f"{url}/first/api/v1") as client:
        for _ in range(20):
            await checked_stream(client, 2)
        for _ in range(count):
            times: list[float] = []
            began = time.perf_counter()
            await client.stream(lambda _piece, times=times: times.append(time.perf_counter()))
            waits.append(times[0] - began)
    return {"wall": median(waits)}


async def open_streams(connect: Connect, url: str, count: int) -> Figures:
    """Hold streams open that have given their first piece."""
    async with connect(f"{url}/many/api/v1") as warm:
        await checked_stream(warm, wire.MANY)
    arrived: list[str] = []
    async with connect(f"{url}/open/api/v1") as client:
        before = resident()
        tasks = [asyncio.ensure_future(client.stream(arrived.append)) for _ in range(count)]
        while len(arrived) < count:
            done = [task for task in tasks if task.done()]
            assert not done, f"a stream ended: {done[0]}"
            await asyncio.sleep(0.01)
        used = resident() - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return {"memory": used / count}


async def cold(connect: Connect, url: str) -> Figures:
    """Make the first call of a process; the client was imported just before."""
    async with connect(f"{url}/call/api/v1") as client:
        await checked_call(client)
        return {"cpu": time.process_time() - BEGAN, "memory": resident()}


def resident() -> int:
    """Return the bytes of memory that the process holds (Linux)."""
    gc.collect()
    with open("/proc/self/statm") as file:  # noqa: PTH123  # pathlib would be imported for it, and measured
        return int(file.read().split()[1]) * resource.getpagesize()


WORKS: dict[str, Callable[[Connect, str], Awaitable[Figures]]] = {
    "stream": lambda connect, url: streams(connect, url, "long", wire.LONG, 1),
    "reasoning": reasoning,
    "tool_call": tool_call,
    "streams": lambda connect, url: streams(connect, url, "many", wire.MANY, 200),
    "paced": lambda connect, url: streams(connect, url, "paced", wire.PACED, 200),
    "calls_1": lambda connect, url: calls(connect, url, "call", 1, 500),
    "calls_32": lambda connect, url: calls(connect, url, "call", 32, 32),
    "calls_256": lambda connect, url: calls(connect, url, "slow", 256, 4),
    "calls_1000": lambda connect, url: calls(connect, url, "slow", 1_000, 2),
    "cancelled": lambda connect, url: calls_after_cancels(connect, url, 1_000, 2),
    "first_delta": lambda connect, url: first_delta(connect, url, 200),
    "open_streams": lambda connect, url: open_streams(connect, url, 1_000),
    "cold": cold,
}


def main() -> None:
    """Do the work that the arguments name."""
    name, work, url, core = sys.argv[1:]
    if core:
        os.sched_setaffinity(0, {int(core)})
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    module = importlib.import_module(f"clients.{name}")
    if work == "versions":
        from importlib.metadata import version

        asyncio.run(cold(module.connect, url))
        print(json.dumps({package: version(package) for package in module.PACKAGES}))
    elif work in WORKS:
        print(json.dumps(asyncio.run(WORKS[work](module.connect, url))))
    else:
        print(json.dumps(asyncio.run(getattr(module, work)(url))))


if __name__ == "__main__":
    main()
