"""Batches that run in a process of their own, to be killed, measured or refused.

`python -m tests.faults.batch_runs URL JOURNAL COUNT` asks for so many items, and prints how it ended.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator

import httpx

from openrouter_async import AsyncOpenRouter, Item, JournalError, Retries
from tests.support.full_disk import files_of_at_most

__all__ = ["fill_the_disk", "growth", "items"]

KEY = "sk-or-v1-c0ffee0123456789c0ffee0123456789"
"""As in `tests.faults.calls`, which these processes need not import."""


def items(count: int) -> Iterator[Item]:
    """Make the items, one at a time."""
    return (Item(f"key {number}", f"prompt {number}") for number in range(count))


async def run(url: str, journal: str, count: int) -> str:
    """Run a batch, and return how it ended."""
    async with AsyncOpenRouter(KEY, base_url=url, default_model="a/b", retries=Retries(base=0.001)) as client:
        try:
            async with client.batch(items(count), journal=journal, concurrency=16) as batch:
                async for _ in batch:
                    pass
        except JournalError as error:
            return f"{type(error).__name__}: {error}"
        return f"done {batch.summary.done}, failed {batch.summary.failed}, resumed {batch.summary.resumed}"


async def fill_the_disk(url: str, journal: str) -> str:
    """Run a batch on a disk that has no room for all of it; return how many results came, and how it ended."""
    results = 0
    with files_of_at_most(5_000):
        async with AsyncOpenRouter(KEY, base_url=url, default_model="a/b") as client:
            try:
                async with client.batch(items(100), journal=journal, concurrency=1) as batch:
                    async for _ in batch:
                        results += 1
            except JournalError as error:
                return f"{results} {error}"
    return f"{results} and no error"


async def growth(count: str) -> str:
    """Ask for many items without sockets; return how many blocks of memory more are held than after a tenth of them."""
    body = (
        b'{"id":"gen-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"cost":0}}'
    )
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    taken, read, first = 0, 0, 0

    def lazily() -> Iterator[Item]:
        nonlocal taken
        for item in items(int(count)):
            taken += 1
            assert taken <= read + 100, "the input is read far ahead of the results"
            yield item

    async with (
        AsyncOpenRouter(KEY, default_model="a/b", transport=transport) as client,
        client.batch(lazily(), concurrency=32) as batch,
    ):
        async for _ in batch:
            read += 1
            if read == int(count) // 10:
                first = _blocks()
        assert read == int(count)
        return str(_blocks() - first)


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


if __name__ == "__main__":
    print(asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]))), flush=True)
