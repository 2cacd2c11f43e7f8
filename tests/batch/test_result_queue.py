"""Results are written down before they are read, together where they finish together, and soon in any case."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from openrouter_async.batch.result_queue import ResultQueue
from openrouter_async.batch.results import Failed
from openrouter_async.errors import ConfigurationError


class Written(list[list[int]]):
    """The indexes of the results that were written, write by write."""

    def __call__(self, finished: Sequence[bytes]) -> None:
        self.append([int(record) for record in finished])


def item(index: int) -> tuple[Failed, bytes]:
    return Failed(key=f"{index}", index=index, source="", error=ConfigurationError("no")), b"%d" % index


async def test_what_finishes_together_is_written_together_before_it_is_read() -> None:
    written = Written()
    queue: ResultQueue[str] = ResultQueue(8, written)
    read: list[int] = []

    async def reader() -> None:
        while (result := await queue.get()) is not None:
            assert result.index in [index for write in written for index in write]
            read.append(result.index)

    async with anyio.create_task_group() as group:
        group.start_soon(reader)
        await anyio.wait_all_tasks_blocked()
        for index in range(5):
            await queue.put(*item(index))
        queue.close()
    assert written == [[0, 1, 2, 3, 4]]
    assert read == [0, 1, 2, 3, 4]


async def test_while_the_reader_is_busy_each_is_written_at_once() -> None:
    written = Written()
    queue: ResultQueue[str] = ResultQueue(8, written)
    for index in range(3):
        await queue.put(*item(index))
        assert written[-1] == [index]
    assert [(await queue.get()).index for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]  # not closed


async def test_what_finished_as_the_reader_was_cancelled_is_written() -> None:
    written = Written()
    queue: ResultQueue[str] = ResultQueue(8, written)
    async with anyio.create_task_group() as group:
        group.start_soon(queue.get)
        await anyio.wait_all_tasks_blocked()
        await queue.put(*item(0))
        assert written == []
        group.cancel_scope.cancel()
    assert written == [[0]]


async def test_what_was_not_asked_is_not_written() -> None:
    written = Written()
    queue: ResultQueue[str] = ResultQueue(8, written)
    await queue.put(item(0)[0], None)
    assert await queue.get() is not None
    assert written == []


async def test_workers_wait_while_there_is_no_room() -> None:
    queue: ResultQueue[str] = ResultQueue(2, Written())
    done: list[int] = []

    async def worker(index: int) -> None:
        await queue.put(*item(index))
        done.append(index)

    async with anyio.create_task_group() as group:
        for index in range(4):
            group.start_soon(worker, index)
        await anyio.wait_all_tasks_blocked()
        assert done == [0, 1]
        assert await queue.get() is not None
        await anyio.wait_all_tasks_blocked()
        assert done == [0, 1]  # three wait still
        assert await queue.get() is not None
        await anyio.wait_all_tasks_blocked()
        assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.parametrize("readers", [1, 3])
async def test_every_reader_hears_of_the_end(readers: int) -> None:
    queue: ResultQueue[str] = ResultQueue(2, Written())
    ends: list[object] = []

    async def reader() -> None:
        ends.append(await queue.get())

    async with anyio.create_task_group() as group:
        for _ in range(readers):
            group.start_soon(reader)
        await anyio.wait_all_tasks_blocked()
        queue.close()
    assert ends == [None] * readers
