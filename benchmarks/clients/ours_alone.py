"""What is measured of this library against itself, and its decoder of streams against `bytes.split`."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import wire
from pydantic import BaseModel

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
