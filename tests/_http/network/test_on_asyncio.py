"""The stream of asyncio, driven by hand: what it tells its transport, and how many timers it takes."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import httpcore
import pytest

from openrouter_async._http.network.on_asyncio import READ_HIGH, AsyncioNetwork, AsyncioStream
from tests.support.loopback import LoopbackServer, serve_responses


class FakeTransport(asyncio.Transport):
    """Writes down what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[object] = []
        self.aborted = False

    def write(self, data: Any) -> None:
        self.log.append(bytes(data))

    def pause_reading(self) -> None:
        self.log.append("pause")

    def resume_reading(self) -> None:
        self.log.append("resume")

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def stream_and_transport() -> tuple[AsyncioStream, FakeTransport]:
    stream, transport = AsyncioStream(asyncio.get_running_loop()), FakeTransport()
    stream.connection_made(transport)
    return stream, transport


async def test_a_large_body_is_handed_over_in_slices() -> None:
    stream, transport = stream_and_transport()
    body = bytes(1_000_000)
    await stream.write(body)
    slices = [data for data in transport.log if isinstance(data, bytes)]
    assert b"".join(slices) == body
    assert max(map(len, slices)) <= 256 * 1024


async def test_writing_waits_while_the_buffer_of_asyncio_is_full() -> None:
    stream, transport = stream_and_transport()
    stream.pause_writing()
    task = asyncio.create_task(stream.write(b"one", 5))
    await asyncio.sleep(0.01)
    stream.data_received(b"100 Continue")
    await asyncio.sleep(0)
    assert not task.done()
    stream.resume_writing()
    await task
    stream.pause_writing()
    with pytest.raises(
        httpcore.WriteError
    ):  # httpcore reads an early answer after this error, not after a timeout
        await stream.write(b"two", 0.01)
    await stream.read(100)
    with pytest.raises(httpcore.WriteTimeout):
        await stream.write(b"three", 0.01)
    assert transport.log == [b"one", b"two", b"three"]


async def test_reading_stops_above_the_bound_and_goes_on_below_it() -> None:
    stream, transport = stream_and_transport()
    stream.data_received(bytes(READ_HIGH))
    assert transport.log == []
    stream.data_received(b"x")
    stream.data_received(b"y")
    assert transport.log == ["pause"]
    await stream.read(65536)
    assert transport.log == ["pause"]
    await stream.read(READ_HIGH)
    assert transport.log == ["pause", "resume"]


async def test_a_thousand_timed_reads_take_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, _ = stream_and_transport()
    loop = asyncio.get_running_loop()
    armed: list[float] = []
    call_at = loop.call_at

    def counted(when: float, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        armed.append(when)
        return call_at(when, *args, **kwargs)

    monkeypatch.setattr(loop, "call_at", counted)
    for _ in range(1_000):
        loop.call_soon(stream.data_received, b"x")
        assert await stream.read(10, 60.0) == b"x"
    assert len(armed) == 1
    with pytest.raises(httpcore.ReadTimeout):
        await stream.read(10, 0.01)
    stream.abort()


async def test_a_cancelled_task_is_given_nothing_though_it_need_not_wait() -> None:
    stream, _ = stream_and_transport()
    stream.data_received(b"more")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await stream.read(10)
    assert scope.cancelled_caught
    assert await stream.read(10) == b"more"


async def test_what_came_before_a_failure_can_still_be_read() -> None:
    stream, _ = stream_and_transport()
    stream.data_received(b"answer")
    stream.connection_lost(ConnectionResetError(104, "Connection reset by peer"))
    assert await stream.read(100) == b"answer"
    with pytest.raises(httpcore.ReadError, match="reset by peer"):
        await stream.read(100)
    with pytest.raises(httpcore.WriteError, match="reset by peer"):
        await stream.write(b"x")


@pytest.mark.parametrize(
    ("event", "argument"),
    [("data_received", [b"x"]), ("eof_received", []), ("connection_lost", [None])],
    ids=["bytes", "end", "loss"],
)
async def test_an_event_while_idle_is_told(event: str, argument: list[object]) -> None:
    stream, _ = stream_and_transport()
    told: list[bool] = []
    stream.on_idle_event = lambda: told.append(True)
    getattr(stream, event)(*argument)
    assert told == [True]
    assert stream.is_readable()


async def test_aborted_before_it_was_connected_it_closes_at_once() -> None:
    stream, transport = AsyncioStream(asyncio.get_running_loop()), FakeTransport()
    stream.abort()
    stream.connection_made(transport)
    assert transport.aborted


async def test_cancelled_just_as_it_was_connected_it_leaves_no_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    create_connection = loop.create_connection
    connected = asyncio.Event()

    async def created(*args: Any, **kwargs: Any) -> Any:
        made = await create_connection(*args, **kwargs)
        connected.set()
        await asyncio.sleep(60)
        return made

    monkeypatch.setattr(loop, "create_connection", created)
    with LoopbackServer(serve_responses([b""])) as server:
        task = asyncio.create_task(AsyncioNetwork(loop).connect("127.0.0.1", server.port))
        await connected.wait()
        task.cancel()
        await asyncio.wait([task])
        assert await server.eventually(lambda: server.open_connections == 0, 1)


class CancelledMeanwhile(asyncio.Future[bool]):
    """A future that Ctrl-C cancels between a look and what follows: its handler may run between any two steps."""

    def done(self) -> bool:
        was_done = super().done()
        self.cancel()
        return was_done


@pytest.mark.parametrize("wakes", ["data_received", "connection_lost"])
async def test_ctrl_c_between_a_look_and_a_wake_up_is_no_failure(wakes: str) -> None:
    stream, transport = stream_and_transport()
    stream.connection_made(transport)
    stream._waiter = CancelledMeanwhile()
    if wakes == "data_received":
        stream.data_received(b"x")
    else:
        stream.connection_lost(None)
    assert stream._waiter.cancelled()
