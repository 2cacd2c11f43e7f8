"""Items from an asynchronous generator that has scopes, timeouts and task groups of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from openrouter_async.batch.results import Done, Failed
from tests.batch.fakes import FakeModel, batch_of, read, texts

pytestmark = pytest.mark.loopback  # under both event loops, though no socket is used


async def test_the_items_may_come_from_within_a_scope() -> None:
    async def items() -> AsyncIterator[str]:
        with anyio.fail_after(60):
            for text in texts(20):
                yield text

    results = await read(batch_of(items(), FakeModel(), concurrency=4))
    assert sorted(result.index for result in results) == [*range(20)]


async def test_the_items_may_come_from_another_batch() -> None:
    async def summaries() -> AsyncIterator[str]:
        async with batch_of(texts(20), FakeModel(), concurrency=3) as first:
            async for result in first:
                yield result.output

    results = await read(batch_of(summaries(), FakeModel(), concurrency=4))
    assert sorted(result.output for result in results) == sorted(
        f"answer to answer to {text}" for text in texts(20)
    )


async def test_a_timeout_of_the_items_that_runs_out_between_two_of_them_ends_their_block_and_not_the_batch() -> (
    None
):
    async def items() -> AsyncIterator[str]:
        with anyio.move_on_after(0.01) as scope:
            for text in texts(1000):
                yield text
        assert scope.cancelled_caught
        yield "the last question"

    async with batch_of(items(), FakeModel(), concurrency=1) as batch:
        await anext(batch)
        await anyio.sleep(0.05)  # results wait to be read, so that nobody asks for the next item
        outputs = [result.output async for result in batch]
    assert outputs[-1] == "answer to the last question"
    assert len(outputs) < 10


async def test_a_failure_in_a_task_of_the_items_reaches_the_reader() -> None:
    async def fail() -> None:
        raise ValueError("the database is gone")

    async def items() -> AsyncIterator[str]:
        async with anyio.create_task_group() as group:
            yield "question 1"
            group.start_soon(fail)
            yield "question 2"
            await anyio.sleep_forever()

    results: list[Done[str] | Failed] = []
    with anyio.fail_after(5), pytest.raises(ExceptionGroup) as caught:
        await read(batch_of(items(), FakeModel(), concurrency=1), into=results)
    assert caught.group_contains(ValueError, match="the database is gone")
    assert [result.index for result in results][:1] == [0]


@pytest.mark.parametrize("is_waiting", [False, True])
async def test_a_batch_that_is_left_early_closes_the_items_in_their_own_task(is_waiting: bool) -> None:
    seen = []

    async def items() -> AsyncIterator[str]:
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep_forever)
                yield "question 1"
                if is_waiting:
                    await anyio.sleep_forever()
                for text in texts(1000):
                    yield text
        finally:
            seen.append("closed")

    with anyio.fail_after(5):
        async with batch_of(items(), FakeModel(), concurrency=2) as batch:
            await anext(batch)
    assert seen == ["closed"]


async def test_the_end_of_the_items_can_still_wait_where_the_batch_is_left() -> None:
    seen = []

    async def items() -> AsyncIterator[str]:
        try:
            for text in texts(1000):
                yield text
        finally:
            await anyio.lowlevel.checkpoint()
            seen.append("closed")

    async with batch_of(items(), FakeModel(), concurrency=2) as batch:
        await anext(batch)
    assert seen == ["closed"]


async def test_results_in_order_work_with_them_too() -> None:
    async def items() -> AsyncIterator[str]:
        with anyio.fail_after(60):
            for text in texts(100):
                yield text

    async with batch_of(items(), FakeModel(), concurrency=2) as batch:
        assert [result.index async for result in batch.ordered()] == [*range(100)]


async def test_whoever_is_cancelled_leaves_the_items_closed() -> None:
    seen = []

    async def items() -> AsyncIterator[str]:
        try:
            with anyio.CancelScope():
                for text in texts(1000):
                    yield text
        finally:
            seen.append("closed")

    async def hang(text: str, model: FakeModel) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.02):
        await read(batch_of(items(), FakeModel(hang), concurrency=2))  # type: ignore[arg-type]  # never answers
    assert seen == ["closed"]
