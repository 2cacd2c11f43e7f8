"""Rows X: calls that are cancelled, left or dropped, many of them at once, and clients at the ends of their life."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import multiprocessing
import os
import random
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import anyio
import pytest
from anyio.lowlevel import checkpoint

from openrouter_async import AsyncOpenRouter, ConfigurationError, Limits, Retries, Timeouts, errors
from openrouter_async.hooks import RequestEvent, RequestHook
from openrouter_async.streaming.events import StreamEvent
from openrouter_async.streaming.stream import EventStream
from tests.faults.calls import (
    ALL,
    CHAT_STREAMS,
    FAST,
    KEY,
    STREAM,
    STREAMS,
    WORD,
    Call,
    Ended,
    client_of,
    fail,
    kinds,
    succeed,
)
from tests.faults.scenes.answers import failure, good, stall
from tests.faults.scenes.lifetime import Later, after_a_moment, deaf, flood, hel_then_stall, stall_inside_body
from tests.faults.server import Report
from tests.faults.service import FaultServer, RunningStage
from tests.support.loopback import client_tls

HELLO = {"messages": "Hello"}

MOST_TURNS = 100
"""Rounds of the event loop in which a cancelled call must end. The promise is 100 ms; rounds do not depend on how busy
the machine is, and `nox -s soak` measures the time."""

SOON_S = 5.0
"""The promise is 500 ms, which `nox -s soak` measures; a busy machine may take longer to run the server's thread."""


@asynccontextmanager
async def running(call: Call, client: AsyncOpenRouter) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Run a call beside the block; what the block is given cancels it, and returns the time when it did."""
    scope, done = anyio.CancelScope(), anyio.Event()

    async def run() -> None:
        try:
            with scope:
                await call.run(client, Ended(), HELLO)
        finally:
            done.set()

    async def cancel() -> float:
        at = time.monotonic()
        scope.cancel()
        turns = 0
        while not done.is_set():
            await checkpoint()
            turns += 1
            assert turns <= MOST_TURNS, "the call goes on although it was cancelled"
        assert scope.cancelled_caught
        return at

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        yield cancel


async def check_gone(stage: RunningStage, at: float, count: int = 1) -> None:
    """Check that the server sees so many clients go, soon after `at`."""
    assert await stage.eventually(lambda report: len(report.named("gone")) == count, SOON_S)
    assert stage.report().named("gone")[-1].at - at < SOON_S


# X01


@kinds(ALL)
async def test_X01_cancelled_before_headers(faults: FaultServer, call: Call) -> None:
    with faults.play(stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            async with running(call, client) as cancel:
                assert await stage.eventually(lambda report: len(report.requests) == 1)
                at = await cancel()
            await check_gone(stage, at)
            await succeed(call, client)


@kinds(ALL)
async def test_X01_cancelled_between_pieces(faults: FaultServer, call: Call) -> None:
    with faults.play(hel_then_stall if call.is_stream else stall_inside_body, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            async with running(call, client) as cancel:
                assert await stage.eventually(lambda report: len(report.requests) == 1)
                await anyio.sleep(0.05)
                at = await cancel()
            await check_gone(stage, at)
            await succeed(call, client)


@kinds(ALL)
async def test_X01_cancelled_in_a_wait(faults: FaultServer, call: Call) -> None:
    waiting = failure(503, headers={"retry-after": "30"})
    with faults.play(waiting, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            async with running(call, client) as cancel:
                assert await stage.eventually(lambda report: len(report.requests) == 1)
                await anyio.sleep(0.05)
                await cancel()
            client = client.with_options(retries=Retries(attempts=1))
            assert client._sender.transport.limiter.in_use == 0
            # All calls of a model wait for the service; those of another need not.
            await succeed(call, client, model="c/d")
        assert len(stage.requests) == 2


@kinds(ALL)
async def test_X01_cancelled_while_queued(faults: FaultServer, call: Call) -> None:
    with faults.play(stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            async with running(call, client) as cancel_first:
                assert await stage.eventually(lambda report: len(report.requests) == 1)
                async with running(call, client) as cancel_second:
                    while client._sender.transport.limiter.waiting == 0:  # no event tells
                        await checkpoint()
                    await cancel_second()
                assert client._sender.transport.limiter.waiting == 0
                at = await cancel_first()
            await check_gone(stage, at)
            await succeed(call, client)
        assert len(stage.requests) == 2


# X02


async def _break(stream: EventStream) -> None:
    async with stream:
        async for _ in stream:
            break


async def _close(stream: EventStream) -> None:
    await anext(stream)
    await stream.aclose()


async def _raise(stream: EventStream) -> None:
    with suppress(LookupError):
        async with stream:
            await anext(stream)
            raise LookupError


@pytest.mark.parametrize("leave", [_break, _close, _raise])
@kinds(STREAMS)
async def test_X02_a_stream_that_is_left(
    faults: FaultServer, call: Call, leave: Callable[[EventStream], Awaitable[None]]
) -> None:
    with faults.play(hel_then_stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            await leave(client.chat.stream("Hello"))
            at = time.monotonic()
            await check_gone(stage, at)
            await succeed(call, client)


# X03


async def test_X03_a_stream_that_is_dropped(faults: FaultServer) -> None:
    with faults.play(hel_then_stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                stream = client.chat.stream("Hello")
                await anext(stream)
                del stream
                said = [str(each.message) for each in warned if each.category is ResourceWarning]
                warned.clear()
                # Under trio, generators within httpx and httpcore warn of themselves once they are collected.
                for _ in range(5):
                    gc.collect()
                    await anyio.sleep(0.001)
                later = [str(each.message) for each in warned if "never retrieved" in str(each.message)]
            assert [text[:20] for text in said] == ["a stream was dropped"]
            assert later == []
            await check_gone(stage, time.monotonic())
            await succeed(STREAM, client)


# X04


@kinds(ALL)
async def test_X04_a_deadline_around_it(faults: FaultServer, call: Call) -> None:
    with faults.play(stall, stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            with pytest.raises(TimeoutError):
                with anyio.fail_after(0.2):
                    await call.run(client, Ended(), HELLO)
            with anyio.move_on_after(0.2) as scope:
                await call.run(client, Ended(), HELLO)
            assert scope.cancelled_caught
            await succeed(call, client)


@kinds(ALL)
async def test_X04_a_sibling_fails(faults: FaultServer, call: Call) -> None:
    with faults.play(stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:

            async def fail_later() -> None:
                assert await stage.eventually(lambda report: len(report.requests) == 1)
                raise LookupError

            async def together() -> None:
                async with anyio.create_task_group() as group:
                    group.start_soon(call.run, client, Ended(), HELLO)
                    group.start_soon(fail_later)

            with pytest.raises(BaseExceptionGroup) as caught:
                await together()
            assert [type(each) for each in caught.value.exceptions] == [LookupError]
            await succeed(call, client)


# X05


async def test_X05_cancelled_again_while_closing(faults: FaultServer) -> None:
    with faults.play(deaf, tls=True) as stage:
        async with client_of(stage, ssl_context=client_tls()) as client:
            with anyio.CancelScope() as outer, anyio.CancelScope() as inner:
                async with client.chat.stream("Hello") as stream:
                    await anext(stream)
                    began = time.monotonic()
                    outer.cancel()
                    inner.cancel()
                    await anext(stream)
            assert time.monotonic() - began < 1 + SOON_S
            assert client._sender.transport.limiter.in_use == 0


# X06, X07


@kinds(CHAT_STREAMS)
async def test_X06_the_client_is_closed_while_streams_run(faults: FaultServer, call: Call) -> None:
    ended: list[float] = []
    with faults.play(hel_then_stall) as stage:
        client = client_of(stage)

        async def run() -> None:
            error = await fail(call, client, saying="Hel")
            ended.append(time.monotonic())
            assert isinstance(error, errors.StreamInterrupted)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(run)
            assert await stage.eventually(lambda report: len(report.named("said")) == 5)
            await anyio.sleep(0.05)
            at = time.monotonic()
            await client.aclose()
        assert max(ended) - at < SOON_S
        await check_gone(stage, at, count=5)


@kinds(ALL)
async def test_X07_a_closed_client(faults: FaultServer, call: Call) -> None:
    with faults.play(good) as stage:
        client = client_of(stage)
        await succeed(call, client)
        await client.aclose()
        error = await fail(call, client)
        assert isinstance(error, ConfigurationError)
        assert len(stage.requests) == 1


# X08, X09


async def test_X08_a_storm_of_cancels(faults: FaultServer) -> None:
    chance = random.Random(8)
    with faults.play(after_a_moment) as stage:
        async with client_of(stage, limits=Limits(concurrency=20, idle=20)) as client:

            async def cancelled() -> None:
                with anyio.move_on_after(chance.random() / 50):
                    await chance.choice(ALL).run(client, Ended(), HELLO)

            for _ in range(10):
                async with anyio.create_task_group() as group:
                    for _ in range(100):
                        group.start_soon(cancelled)
            for call in itertools.islice(itertools.cycle(ALL), 30):
                await succeed(call, client)


@pytest.mark.parametrize("placed", ["200 calls on 50", "20 streams on 5"])
async def test_X09_more_calls_than_places(faults: FaultServer, placed: str) -> None:
    calls, places = (200, 50) if placed.startswith("200") else (20, 5)
    with faults.play(Later(0.02)) as stage:
        async with (
            client_of(stage, limits=Limits(concurrency=places)) as client,
            anyio.create_task_group() as group,
        ):
            for number in range(calls):
                group.start_soon(succeed, STREAM if calls == 20 else ALL[number % 4], client)
        report = stage.report()
        assert _most_at_once(report) <= places
        assert report.connections <= places
        assert len(report.requests) == calls


def _most_at_once(report: Report) -> int:
    steps = [(entry.at, 1) for entry in report.named("in")] + [
        (entry.at, -1) for entry in report.named("out")
    ]
    return max(itertools.accumulate(step for _, step in sorted(steps)))


# X10, X11


def test_X10_a_second_event_loop(faults: FaultServer) -> None:
    with faults.play(good) as stage:
        client = client_of(stage)
        for backend in ("asyncio", "trio"):
            if backend == "asyncio":
                anyio.run(succeed, STREAM, client, backend=backend)
            with pytest.raises(ConfigurationError, match="another event loop"):
                anyio.run(client.chat.create, "Hello", backend=backend)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # its connection cannot be closed any more
            del client
            gc.collect()
        assert len(stage.requests) == 1


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
async def test_X11_a_fork_after_use(faults: FaultServer) -> None:
    with faults.play(good) as stage:
        async with client_of(stage) as client:
            await succeed(STREAM, client)
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:  # in which nothing of the suite may go on
                said = "nothing was raised"
                try:
                    client.chat.create("Hello").send(None)
                except ConfigurationError as error:
                    said = str(error)
                except BaseException as error:  # noqa: BLE001 - told to the parent
                    said = repr(error)
                os.write(writing, said.encode())
                os._exit(0)
            os.close(writing)
            os.waitpid(child, 0)  # noqa: ASYNC222  # it ends at once
            said = os.read(reading, 2_000).decode()
            os.close(reading)
            assert "fork" in said
            await succeed(STREAM, client)
        assert stage.report().connections == 1


# X12, X13


@kinds(STREAMS)
async def test_X12_two_tasks_read_one_stream(faults: FaultServer, call: Call) -> None:
    with faults.play(stall) as stage:
        async with (
            client_of(stage) as client,
            client.chat.stream("Hello") as stream,
            anyio.create_task_group() as group,
        ):
            group.start_soon(anext, stream)
            assert await stage.eventually(lambda report: len(report.requests) == 1)
            with pytest.raises(ConfigurationError, match="another task"):
                await anext(stream)
            group.cancel_scope.cancel()


@kinds(ALL)
async def test_X13_the_wall_clock_jumps(
    faults: FaultServer, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an hour, both ways, between each two looks at it."""
    wall, jumps = time.time, itertools.cycle((3_600, 0, -3_600))
    with faults.play(failure(503, headers={"retry-after": "0.05"}), Later(0.1)) as stage:
        async with client_of(stage, timeouts=Timeouts(headers=30, idle=30, total=60)) as client:
            monkeypatch.setattr(time, "time", lambda: wall() + next(jumps))
            began = time.monotonic()
            await succeed(call, client)
        assert time.monotonic() - began < 3 * SOON_S
        assert len(stage.requests) == 2


# X14


@pytest.mark.parametrize("loop", ["asyncio", "trio", "uvloop"])
def test_X14_other_event_loops(faults: FaultServer, loop: str) -> None:
    """The rows run under asyncio and trio; here the same calls run under each loop from a process without one."""
    if loop == "uvloop" and importlib.util.find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")

    async def calls() -> None:
        async with client_of(stage) as client:
            for call in ALL:
                await succeed(call, client)
            with anyio.move_on_after(0.05) as scope:
                await client.with_options(api_key=KEY).chat.create("Hello", model="stall/stall")
            assert scope.cancelled_caught
            await succeed(STREAM, client)

    with faults.play(failure(503), *[good] * len(ALL), stall, good) as stage:
        backend = "trio" if loop == "trio" else "asyncio"
        anyio.run(calls, backend=backend, backend_options={"use_uvloop": True} if loop == "uvloop" else {})
        assert len(stage.requests) == len(ALL) + 3


# X15, X16


@pytest.mark.slow
@kinds(STREAMS)
async def test_X15_a_slow_consumer(faults: FaultServer, call: Call) -> None:
    with faults.play(flood) as stage:
        async with (
            client_of(stage, timeouts=Timeouts(idle=0.5)) as client,
            client.chat.stream("Hello") as stream,
        ):
            await anext(stream)
            await anyio.sleep(1)  # longer than the idle clock, which must not count it
            before = _sent(stage)
            await anyio.sleep(1)
            assert _sent(stage) == before  # the server is held up: nothing reads ahead
            for _ in range(3):
                await anext(stream)
                await anyio.sleep(0.1)
            assert _sent(stage) < 16 * 1024 * 1024


def _sent(stage: RunningStage) -> float:
    return stage.report().named("sent")[-1].value


class _Raising:
    def __init__(self, moment: str) -> None:
        self._moment = moment

    def __getattr__(self, name: str) -> Callable[[RequestEvent], None]:
        if name not in ("started", "retried", "finished", "failed"):
            raise AttributeError(name)
        return self._raise if name == self._moment else lambda event: None

    def _raise(self, event: RequestEvent) -> None:
        raise ZeroDivisionError(self._moment)


@pytest.mark.parametrize("moment", ["started", "retried", "finished"])
@kinds(ALL)
async def test_X16_a_hook_raises(faults: FaultServer, call: Call, moment: str) -> None:
    hook: RequestHook = _Raising(moment)  # type: ignore[assignment]  # it has what is asked for
    with faults.play(failure(503), good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            with pytest.raises(ZeroDivisionError, match=moment):
                await call.run(client.with_options(hooks=[hook], retries=FAST), Ended(), HELLO)
            assert client._sender.transport.limiter.in_use == 0
            await succeed(call, client)


async def test_X16_what_asks_for_the_key_raises(faults: FaultServer) -> None:
    async def no_key() -> str:
        raise ZeroDivisionError

    with faults.play(good) as stage:
        for call in ALL:
            async with AsyncOpenRouter(no_key, base_url=stage.url) as client:
                with pytest.raises(ZeroDivisionError):
                    await call.run(client, Ended(), HELLO)
        assert stage.requests == []


@kinds(STREAMS)
async def test_X16_the_block_of_a_stream_raises(faults: FaultServer, call: Call) -> None:
    class Raising(Ended):
        @property
        def events(self) -> list[StreamEvent]:
            raise ZeroDivisionError

        @events.setter
        def events(self, events: list[StreamEvent]) -> None: ...

    with faults.play(hel_then_stall, good) as stage:
        async with client_of(stage, limits=Limits(concurrency=1)) as client:
            with pytest.raises(ZeroDivisionError):
                await call.run(client, Raising(), HELLO)
            await check_gone(stage, time.monotonic())
            assert (await succeed(call, client)).text == WORD
