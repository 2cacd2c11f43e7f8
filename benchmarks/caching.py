"""CPU of the local cache: `PYTHONPATH=src python benchmarks/caching.py [CALLS]`.

Calls that differ are sent without a cache, and with one that lacks their answers; then the same once more, which are
found. Both ways take turns in rounds; the least CPU of the process, with the thread that writes, is printed, once over
a transport that answers in place, and once over a socket.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path

import httpx
import wire
from lean_server import lean_server

from openrouter_async import AsyncOpenRouter, LocalCache

ROUNDS, AT_ONCE = 7, 20
BODY = wire.completion(wire.REPLY)


def answer(_: httpx.Request) -> httpx.Response:
    """Return the answer of every call."""
    return httpx.Response(200, content=BODY, headers={"content-type": "application/json"})


async def cpu_of(calls: int, url: str, cache: LocalCache | None, name: str, *, in_place: bool) -> float:
    """Return microseconds of CPU that a call takes, the end of the client included."""
    transport = httpx.MockTransport(answer) if in_place else None
    gc.collect()
    began = time.process_time()
    async with AsyncOpenRouter(
        "sk-or-v1-0", base_url=url, default_model="a/b", local_cache=cache, transport=transport
    ) as client:
        numbers = iter(range(calls))

        async def work() -> None:
            for number in numbers:
                await client.chat.create(f"{name}: what is {number} and {number}?")

        await asyncio.gather(*[work() for _ in range(AT_ONCE)])
    return (time.process_time() - began) / calls * 1e6


async def main(calls: int) -> None:
    """Print one line for each way."""
    with lean_server(None) as port, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{port}/call/api/v1"
        for in_place in (True, False):
            cache = LocalCache(Path(folder) / f"{in_place}.sqlite")
            off, missed, hit = [], [], []
            for number in range(ROUNDS):
                off.append(await cpu_of(calls, url, None, f"{number}", in_place=in_place))
                missed.append(await cpu_of(calls, url, cache, f"{number}", in_place=in_place))
                hit.append(await cpu_of(calls, url, cache, f"{number}", in_place=in_place))
            way = "in place" if in_place else "by socket"
            print(
                f"{way}: off {min(off):.0f} us, miss {min(missed):.0f} us ({min(missed) / min(off) - 1:+.1%}),"
                f" hit {min(hit):.0f} us"
            )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
