"""Example calls of batches, which only type checkers read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, assert_type

from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    Batch,
    ChatCompletion,
    Done,
    Failed,
    Item,
    JobResult,
    Rate,
    Results,
)
from openrouter_async.batches.batches import JobValue
from openrouter_async.tables.table_batch import ArrowFrame, TableBatch


class City(BaseModel):
    name: str


async def items() -> AsyncIterator[Item]:
    yield Item("a", "text", temperature=0)


async def batches(client: AsyncOpenRouter) -> None:
    assert_type(client.batch(["a"], model="x/y", concurrency=4, budget="1.00", rate=Rate(rpm=5)), Batch[str])
    assert_type(client.batch(items(), output=City), Batch[City])
    assert_type(client.batch(["a"], output={"type": "object"}), Batch[Any])
    async with client.batch(["a"], output=list[City]) as batch:
        async for item in batch:
            assert_type(item, Done[list[City]] | Failed)
            match item:
                case Done(key=key, completion=completion):
                    assert_type(key, str)
                    assert_type(completion, ChatCompletion[list[City]])
                case Failed(error=error):
                    print(error)
    results = await client.batch(["a"], output=City)
    assert_type(results, Results[City])


async def tables(client: AsyncOpenRouter, frame: ArrowFrame) -> None:
    asked = client.batch.table(frame, prompt="{a}", output=City, model="x/y", journal="run.jsonl", once=True)
    assert_type(asked, TableBatch)
    await client.batch.table(
        frame, prompt="{a}", system="{b}", output=list[int], value="answer", max_tokens=5
    )
    async with client.batch.table(frame, prompt="{a}", output={"type": "object"}) as rows:
        async for record_batch in rows:
            print(record_batch)
    client.batch.table([], prompt="{a}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def service_batches(client: AsyncOpenRouter) -> None:
    batch = await client.batches.create(["a"], model="x/y")
    assert_type(client.batches.results(batch), list[JobResult[JobValue]])
