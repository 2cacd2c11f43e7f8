"""What a call costs, over a real socket, and what values and batches add to it."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter
from tests.performance.counting import MODEL, CallCounter, calls_of, client_over
from tests.support.loopback import LoopbackServer, Reply, serve_responses


class River(BaseModel):
    name: str


class City(BaseModel):
    name: str
    founded: int | None = None
    districts: list[str]
    rivers: list[River]


VALUE = (
    '{"name": "Oslo", "founded": 1048, "districts": ["Frogner", "Grorud"], "rivers": [{"name": "Akerselva"}]}'
)
COMPLETION = {
    "id": "gen-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": VALUE}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60, "cost": 0.0001},
}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        yield server


@pytest.fixture
async def client(server: LoopbackServer) -> AsyncIterator[AsyncOpenRouter]:
    async with AsyncOpenRouter("sk-or-v1-0000", base_url=server.url, default_model=MODEL) as client:
        client.chat.native_models.add(MODEL)
        yield client


async def test_a_call_takes_a_bounded_number_of_function_calls(client: AsyncOpenRouter) -> None:
    assert await calls_of(lambda: client.chat.create("Hi")) < 405


async def test_over_httptools_a_call_takes_two_thirds_of_them(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(
        "sk-or-v1-0000", base_url=server.url, default_model=MODEL, http_parser="httptools"
    ) as client:
        assert await calls_of(lambda: client.chat.create("Hi")) < 257


async def test_a_value_of_a_type_adds_little_to_a_call(client: AsyncOpenRouter) -> None:
    async def typed() -> None:
        reply = await client.chat.create("Hi", output=City)
        assert reply.path == "native"
        assert reply.output.founded == 1048

    added = await calls_of(typed) - await calls_of(lambda: client.chat.create("Hi"))
    assert added < 45


async def test_an_item_of_a_batch_with_a_journal_adds_little_to_a_call(
    client: AsyncOpenRouter, tmp_path: Path
) -> None:
    async def batch(name: str, items: int) -> None:
        async with client.batch(["Hi"] * items, concurrency=4, journal=tmp_path / name) as results:
            assert [result.output async for result in results] == [VALUE] * items

    await batch("first", 8)
    counts = []
    for name, items in (("small", 50), ("large", 150)):
        with CallCounter() as calls:
            await batch(name, items)
        counts.append(calls.count)
    added = (counts[1] - counts[0]) / 100 - await calls_of(lambda: client.chat.create("Hi"))
    # Each item is metered as `track` does it, noted before it is sent, and says what it took.
    assert added < 120


async def test_options_are_laid_over_the_settings_once_for_each_call(client: AsyncOpenRouter) -> None:
    plain = await calls_of(lambda: client.chat.create("Hi"))
    with_options = await calls_of(lambda: client.chat.create("Hi", options={"session_id": "a"}))
    assert with_options - plain < 45  # one derivation, and a head of its own


async def test_no_call_makes_a_class(client: AsyncOpenRouter) -> None:
    """A class made for each call, as some generated clients do, costs milliseconds and is never let go of."""

    async def every_kind() -> None:
        await client.chat.create("Hi")
        await client.chat.create("Hi", output=City)
        await client.chat.create("Hi", temperature=0.5, options={"session_id": "a"})

    def classes() -> int:
        gc.collect()
        return sum(isinstance(each, type) for each in gc.get_objects())

    await every_kind()
    before = classes()
    for _ in range(20):
        await every_kind()
    assert classes() == before


async def test_calls_leave_nothing_behind() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=COMPLETION))
    async with client_over(transport) as client:
        client.chat.native_models.add(MODEL)

        async def after(count: int) -> int:
            for _ in range(count):
                await client.chat.create("Hi")
                await client.chat.create("Hi", output=City)
                await asyncio.sleep(0)  # the event loop forgets timers that were cancelled when it runs
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            before = await after(200)  # tables that grow in steps have grown by then
            assert await after(200) - before < 20_000
        finally:
            tracemalloc.stop()
