"""The limiter: places are given in turn, and none is ever lost."""

from __future__ import annotations

import asyncio
import random

import anyio
import anyio.lowlevel
import pytest

from openrouter_async._http.limiter import Limiter, ModelQueue
from openrouter_async._sansio.rate_limit import AdaptiveRate
from openrouter_async.options import Rate


class ClosedError(Exception):
    pass


async def until(limiter: Limiter, *, waiting: int) -> None:
    with anyio.fail_after(5):
        while limiter.waiting != waiting:
            await anyio.lowlevel.checkpoint()


@pytest.mark.loopback
async def test_a_free_place_is_taken_without_a_checkpoint() -> None:
    limiter = Limiter(1)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await limiter.acquire()
    assert limiter.in_use == 1
    assert not limiter.try_acquire()
    limiter.release()
    assert limiter.try_acquire()


@pytest.mark.loopback
async def test_places_are_given_in_the_order_of_asking() -> None:
    limiter = Limiter(1)
    order: list[int] = []

    async def call(number: int) -> None:
        await limiter.acquire()
        order.append(number)
        await anyio.lowlevel.checkpoint()
        limiter.release()

    async with anyio.create_task_group() as group:
        await limiter.acquire()
        for number in range(20):
            group.start_soon(call, number)
            await until(limiter, waiting=number + 1)
        limiter.release()
    assert order == list(range(20))
    assert (limiter.in_use, limiter.waiting) == (0, 0)


@pytest.mark.loopback
async def test_a_newcomer_does_not_pass_those_who_wait() -> None:
    limiter = Limiter(1)
    await limiter.acquire()
    async with anyio.create_task_group() as group:
        group.start_soon(limiter.acquire)
        await until(limiter, waiting=1)
        limiter.release()
        assert not limiter.try_acquire()
    assert limiter.in_use == 1


@pytest.mark.loopback
async def test_cancelled_waiters_leave_the_queue() -> None:
    limiter = Limiter(1)
    await limiter.acquire()
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(limiter.acquire)
        await until(limiter, waiting=10)
        group.cancel_scope.cancel()
    assert (limiter.in_use, limiter.waiting) == (1, 0)
    limiter.release()
    assert limiter.in_use == 0


async def test_a_waiter_cancelled_after_it_was_given_the_place_hands_it_on() -> None:
    """asyncio cancels a task that is about to run; anyio's scopes and trio let it run first."""
    limiter = Limiter(1)
    await limiter.acquire()
    first = asyncio.create_task(limiter.acquire())
    await until(limiter, waiting=1)
    second = asyncio.create_task(limiter.acquire())
    await until(limiter, waiting=2)
    limiter.release()
    first.cancel()
    await asyncio.wait_for(second, 5)
    assert first.cancelled()
    assert (limiter.in_use, limiter.waiting) == (1, 0)


@pytest.mark.loopback
async def test_no_place_is_lost_in_a_storm_of_cancellations() -> None:
    limiter = Limiter(7)
    moments = random.Random(3)
    most = 0

    async def call() -> None:
        nonlocal most
        with anyio.move_on_after(moments.uniform(0, 0.02)):
            await limiter.acquire()
            try:
                most = max(most, limiter.in_use)
                await anyio.sleep(moments.uniform(0, 0.003))
            finally:
                limiter.release()

    async with anyio.create_task_group() as group:
        for _ in range(2_000):
            group.start_soon(call)
    assert most == 7
    assert (limiter.in_use, limiter.waiting) == (0, 0)


@pytest.mark.loopback
async def test_closing_fails_those_who_wait_and_those_who_come() -> None:
    limiter = Limiter(1)
    await limiter.acquire()
    failures: list[ClosedError] = []

    async def call() -> None:
        try:
            await limiter.acquire()
        except ClosedError as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(call)
        await until(limiter, waiting=3)
        limiter.close(ClosedError)
    assert len({id(error) for error in failures}) == 3
    with pytest.raises(ClosedError):
        limiter.try_acquire()
    with pytest.raises(ClosedError):
        await limiter.acquire()
    limiter.release()
    assert limiter.in_use == 0


@pytest.mark.loopback
async def test_giving_back_a_place_that_nobody_has_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="nobody had"):
        Limiter(1).release()


def test_of_a_call_whose_tokens_nobody_knows_yet_the_prompt_counts() -> None:
    queue = ModelQueue(AdaptiveRate(), Rate(tpm=60))
    assert queue.expected_tokens(None) == 0
    assert queue.expected_tokens(b"x" * 400) == 100
    queue.take(queue.expected_tokens(b"x" * 400), 0.0)
    assert queue.ready_at == pytest.approx(100, abs=0.1)
