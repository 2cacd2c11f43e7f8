"""Several tasks write to one browser, each in its turn."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
from starlette.responses import Response

from openrouter_async.server.relays.outlet import Outlet


class Connection:
    """Takes the part `0` when its gate opens, and all others at once."""

    def __init__(self) -> None:
        self.took: list[bytes] = []
        self.gate = anyio.Event()
        self.out = Outlet(Response(), self._send, bytes)
        self.out.has_started = True

    async def _send(self, message: Any) -> None:
        if message["body"] == b"0":
            await self.gate.wait()
        self.took.append(message["body"])


async def test_whoever_came_first_is_next() -> None:
    """One that is cancelled meanwhile keeps nobody from it."""
    connection = Connection()
    leaves = anyio.CancelScope()

    async def write(data: bytes) -> None:
        await connection.out.write(data)

    async def leave(data: bytes) -> None:
        with leaves:
            await connection.out.write(data)

    async with anyio.create_task_group() as group:
        for job, data in ((write, b"0"), (write, b"1"), (leave, b"never"), (write, b"2"), (write, b"3")):
            group.start_soon(job, data)
            await anyio.wait_all_tasks_blocked()
        leaves.cancel()
        connection.gate.set()
    assert connection.took == [b"0", b"1", b"2", b"3"]


async def test_a_turn_that_goes_to_one_who_is_cancelled_is_passed_on() -> None:
    """As a server cancels its tasks: the turn was handed over, and whoever got it did not run since."""
    connection = Connection()

    async def first() -> None:
        await connection.out.write(b"0")
        second.cancel()

    one = asyncio.ensure_future(first())
    await anyio.wait_all_tasks_blocked()
    second = asyncio.ensure_future(connection.out.write(b"never"))
    third = asyncio.ensure_future(connection.out.write(b"2"))
    await anyio.wait_all_tasks_blocked()
    connection.gate.set()
    with anyio.fail_after(5):
        await asyncio.wait([one, second, third])
        await connection.out.write(b"3")
    assert second.cancelled()
    assert connection.took == [b"0", b"2", b"3"]
