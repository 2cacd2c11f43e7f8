"""Many calls at once: CPU and wall time, as ratios to bare aiohttp, and the same after a storm of cancellations.

2,000 calls of 300 ms, 1,000 at once, against a lean server in its own process. Each client runs in a fresh process;
of several runs the median counts. Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from _lean_server import lean_server

CALLS, AT_ONCE, DELAY_S, CANCELS = 2_000, 1_000, 0.3, 10_000
CPU_GOAL, WALL_GOAL = 4.5, 2.0
BODY = json.dumps(
    {"model": "acme/model", "messages": [{"role": "user", "content": "Tell me of a fox. " * 10}]}
).encode()
HEADERS = {
    "authorization": "Bearer sk-or-v1-none",
    "content-type": "application/json",
    "accept": "application/json",
}

Call = Callable[[], Awaitable[None]]


@asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Call]:
    """The floor: aiohttp and `json.loads`."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call() -> None:
            async with session.post(url, data=BODY, headers=HEADERS) as response:
                assert json.loads(await response.read())["id"]

        yield call


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Call]:
    """The whole client, typed replies included."""
    from openrouter_async import AsyncOpenRouter

    base_url = url.removesuffix("/chat/completions")
    async with AsyncOpenRouter("sk-or-v1-none", base_url=base_url, default_model="acme/model") as openrouter:

        async def call() -> None:
            assert (await openrouter.chat.create("Tell me of a fox. " * 10)).id

        yield call


CLIENTS = {"aiohttp": bare_aiohttp, "client": client}


async def measure(name: str, port: int, cancels: int) -> dict[str, float]:
    """Make the calls, and return seconds of CPU a call and of wall time."""
    async with CLIENTS[name](f"http://127.0.0.1:{port}/api/v1/chat/completions") as call:
        if cancels:
            await storm(call, cancels)
        cpu, wall = time.process_time(), time.perf_counter()
        await at_once(call, CALLS)
        return {"cpu": (time.process_time() - cpu) / CALLS, "wall": time.perf_counter() - wall}


async def at_once(call: Call, count: int) -> None:
    """Make `count` calls, `AT_ONCE` at once."""

    async def some() -> None:
        for _ in range(count // AT_ONCE):
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())


async def storm(call: Call, count: int) -> None:
    """Make `count` calls, each cancelled at a random moment of its life."""
    moments = random.Random(7)

    async def cancelled() -> None:
        try:
            async with asyncio.timeout(moments.uniform(0, DELAY_S * 1.1)):
                await call()
        except TimeoutError:
            return

    await at_once(cancelled, count)


def in_fresh_process(name: str, port: int, cancels: int) -> dict[str, float]:
    """Run `measure` in another Python."""
    command = [sys.executable, __file__, "--client", name, "--port", str(port), "--cancels", str(cancels)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def compare(runs: int) -> bool:
    """Measure everything, print it, and return whether the goals are met."""
    cases = {
        "bare aiohttp": ("aiohttp", 0),
        "this client": ("client", 0),
        "this client, after 10,000 cancels": ("client", CANCELS),
    }
    results: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    with lean_server(DELAY_S) as port:
        for _ in range(runs):
            for name, (who, cancels) in cases.items():
                results[name].append(in_fresh_process(who, port, cancels))
    medians = {
        name: {key: statistics.median(run[key] for run in of_case) for key in ("cpu", "wall")}
        for name, of_case in results.items()
    }
    floor = medians["bare aiohttp"]
    met = True
    print(f"{CALLS:,} calls of {DELAY_S * 1000:.0f} ms, {AT_ONCE:,} at once; medians of {runs} runs")
    for name, figures in medians.items():
        cpu, wall = figures["cpu"] / floor["cpu"], figures["wall"] / floor["wall"]
        met = met and cpu <= CPU_GOAL and wall <= WALL_GOAL
        print(
            f"{name:34} {figures['cpu'] * 1e6:7.0f} µs CPU a call ({cpu:4.2f} ×)"
            f" {figures['wall']:6.2f} s wall ({wall:4.2f} ×)"
        )
    print(f"goals: CPU at most {CPU_GOAL} ×, wall at most {WALL_GOAL} ×: {'met' if met else 'MISSED'}")
    return met


def main() -> int:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--cancels", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client is None:
        return 0 if compare(arguments.runs) else 1
    print(json.dumps(asyncio.run(measure(arguments.client, arguments.port, arguments.cancels))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
