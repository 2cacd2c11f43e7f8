"""What is measured of this library against itself, and its decoder of streams against `bytes.split`."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import wire
from lean_proxy import lean_proxy
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter
from openrouter_async._sansio.sse import SSEDecoder

from .ours import PACKAGES, client_of, connect

__all__ = ["PACKAGES", "connect"]

Figures = dict[str, float]


class River(BaseModel):
    name: str


class City(BaseModel):
    name: str
    founded: int | None = None
    districts: list[str]
    rivers: list[River]


async def structured(url: str) -> Figures:
    """Calls for a value of a type, by a schema, over plain calls with the same answer; blocks of both in turn."""
    async with client_of(f"{url}/object/api/v1") as client:

        async def plain() -> None:
            assert (await client.chat.create(wire.PROMPT)).text

        async def typed() -> None:
            assert (await client.chat.create(wire.PROMPT, output=City)).output.name == "Oslo"

        plain_s, typed_s = await _in_turn(plain, typed, blocks=40, calls=25)
    return {"cpu": typed_s, "ratio": typed_s / plain_s}


async def proxied(url: str, scheme: str = "http") -> Figures:
    """Calls at once through a proxy, over direct ones; blocks of both in turn, each over connections made before."""
    with lean_proxy() as port:
        options = {"default_model": wire.MODEL, "base_url": f"{url}/slow/api/v1"}
        through = AsyncOpenRouter(wire.KEY, proxy=f"{scheme}://127.0.0.1:{port}", **options)
        async with through, AsyncOpenRouter(wire.KEY, **options) as direct:
            costs: dict[AsyncOpenRouter, list[float]] = {through: [], direct: []}
            for _ in range(6):
                for client, taken in costs.items():
                    began = time.process_time()
                    await _at_once(client, 256)
                    taken.append((time.process_time() - began) / 256)
    proxied_s, direct_s = (median(taken[1:]) for taken in costs.values())
    return {"cpu": proxied_s, "ratio": proxied_s / direct_s}


async def proxied_socks5(url: str) -> Figures:
    """The same through SOCKS5."""
    return await proxied(url, "socks5")


async def slow_name(url: str) -> Figures:
    """First calls at once to a name that takes 0.2 s to look up, over those to its address; wall time."""
    look_up = socket.getaddrinfo

    def slow(host: str, *rest: Any, **named: Any) -> Any:
        if host == "slow.test":
            time.sleep(0.2)
        return look_up("127.0.0.1" if host == "slow.test" else host, *rest, **named)

    socket.getaddrinfo = slow
    walls = []
    for base_url in (url, url, url.replace("127.0.0.1", "slow.test")):  # the first is not counted
        async with AsyncOpenRouter(
            wire.KEY,
            base_url=f"{base_url}/slow/api/v1",
            allow_plain_http=["slow.test"],
            default_model=wire.MODEL,
        ) as client:
            began = time.perf_counter()
            await _at_once(client, 256)
            walls.append(time.perf_counter() - began)
    return {"wall": walls[2] / 256, "ratio": walls[2] / walls[1]}


async def _at_once(client: AsyncOpenRouter, count: int) -> None:
    async def one() -> None:
        assert (await client.chat.create(wire.PROMPT)).text == wire.REPLY

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())


async def batch(url: str, items: int = 10_000, concurrency: int = 256) -> Figures:
    """Items of a batch with a journal, over as many plain calls at once; half of those before it, half after."""
    async with client_of(f"{url}/call/api/v1") as client:

        async def plain(calls: int) -> float:
            async def some() -> None:
                for _ in range(calls // concurrency):
                    assert (await client.chat.create(wire.PROMPT)).text == wire.REPLY

            began = time.process_time()
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(some())
            return (time.process_time() - began) / (calls // concurrency * concurrency)

        await plain(concurrency)
        with tempfile.TemporaryDirectory() as folder:
            warm = client.batch([wire.PROMPT] * 10, journal=Path(folder) / "warm.jsonl")
            async with warm:
                assert len([item async for item in warm]) == 10
            before = await plain(items // 2)
            began = time.process_time()
            prompts = [wire.PROMPT] * items
            async with client.batch(
                prompts, concurrency=concurrency, journal=Path(folder) / "run.jsonl"
            ) as running:
                texts = [item.output async for item in running]
            item_s = (time.process_time() - began) / items
            after = await plain(items // 2)
        assert texts == [wire.REPLY] * items
    return {"cpu": item_s, "ratio": item_s * 2 / (before + after)}


async def decoder(_url: str) -> Figures:
    """Events of 300 bytes in reads of 16 KiB, over `bytes.split`; and eight times as much, for each byte."""
    once = _decoding(4_000)
    return {
        "ratio": once["decoder"] / once["split"],
        "growth": _decoding(32_000)["decoder"] / once["decoder"],
    }


def _decoding(count: int) -> Figures:
    """Return seconds for each event, of the decoder and of one split of everything."""
    event = b'data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n'
    event %= b"x" * (300 + 2 - len(event))
    whole = event * count
    reads = [whole[start : start + 16_384] for start in range(0, len(whole), 16_384)]
    times: dict[str, list[float]] = {"decoder": [], "split": []}
    for _ in range(15):
        decoder, found = SSEDecoder(), 0
        began = time.process_time()
        for read in reads:
            found += len(decoder.feed(read))
        times["decoder"].append(time.process_time() - began)
        assert found == count
        began = time.process_time()
        parts = whole.split(b"\n\n")
        times["split"].append(time.process_time() - began)
        assert len(parts) == count + 1
    return {name: min(of_both) / count for name, of_both in times.items()}


async def _in_turn(
    first: Callable[[], Awaitable[None]], second: Callable[[], Awaitable[None]], *, blocks: int, calls: int
) -> tuple[float, float]:
    """Return the median CPU time of a call of either, measured in blocks that take turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for block in range(blocks + 1):
        for job, of_job in zip((first, second), times, strict=True):
            began = time.process_time()
            for _ in range(calls):
                await job()
            if block:  # the first makes what is made on first use
                of_job.append((time.process_time() - began) / calls)
    return median(times[0]), median(times[1])
