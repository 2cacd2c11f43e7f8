"""Calls that are cancelled, left, dropped, or closed with the client: the server sees it, and nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import threading
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import pytest
from anyio.abc import TaskStatus
from anyio.lowlevel import current_token
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Limits, Retries, Timeouts, errors
from openrouter_async.streaming.events import TextDelta
from openrouter_async.types.chat.content_parts import image
from openrouter_async.types.chat.messages import user
from tests.support.loopback import (
    IDLE_S,
    Connection,
    LoopbackServer,
    Reply,
    Request,
    client_tls,
    serve_responses,
    server_tls,
    sse,
)
from tests.support.pools import count_connections

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
SOON_S = 5.0
"""Within this time a task has ended, and the server has seen that its client went away."""


def chunk(text: str, finish: str | None = None) -> dict[str, object]:
    return {"id": "gen-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


HELLO = sse(chunk("Hel"), chunk("lo", "stop"), "[DONE]")
GOOD = Reply(json={"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})


@dataclass
class Watch:
    """What a server saw: that the phase a test waits for was reached, and when its clients went away."""

    reached: threading.Event = field(default_factory=threading.Event)
    gone_at: list[float] = field(default_factory=list)

    def here(self, connection: Connection) -> None:
        """Note that the phase is reached, wait for the client to go, and note when it does."""
        self.reached.set()
        if connection.wait_closed(IDLE_S):
            self.gone_at.append(time.monotonic())
        connection.close()

    def stall(self, connection: Connection, request: Request) -> None:
        self.here(connection)

    def stall_inside_headers(self, connection: Connection, request: Request) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
        self.here(connection)

    def stall_inside_body(self, connection: Connection, request: Request) -> None:
        connection.send_head(200, {"content-length": "100"})
        connection.send(b"{")
        self.here(connection)

    def stall_after_piece(self, connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.event(chunk("Hel"))
        self.here(connection)

    def stall_after_done(self, connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        self.here(connection)

    def stall_inside_error(self, connection: Connection, request: Request) -> None:
        connection.send_head(503, {"content-length": "100"})
        connection.send(b"{")
        self.here(connection)


def client_of(server: LoopbackServer, **arguments: Any) -> AsyncOpenRouter:
    arguments = {"retries": Retries(base=0.001, cap=0.002), **arguments}
    return AsyncOpenRouter(KEY, base_url=server.url, **arguments)


@asynccontextmanager
async def nothing_left_of(client: AsyncOpenRouter) -> AsyncIterator[None]:
    """Check that after the block there are no more tasks than before, and the client has nothing in use."""
    before = len(anyio.get_running_tasks())
    yield
    await eventually(lambda: in_use(client) == 0 and len(anyio.get_running_tasks()) == before)
    assert in_use(client) == 0
    assert len(anyio.get_running_tasks()) == before


async def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether the condition holds soon: what a closing connection gives back, it does in the next rounds."""
    deadline = time.monotonic() + SOON_S
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110  # no event tells
        await anyio.sleep(0.002)
    return condition()


def in_use(client: AsyncOpenRouter) -> int:
    """Count the places, exchanges and connections that a client has in use, and the calls that wait."""
    transport = client._sender.transport
    count = transport.limiter.in_use + transport.limiter.waiting
    if transport._own is not None:
        stats = count_connections(transport._own)
        count += stats.open - stats.idle
    return count


async def plain(client: AsyncOpenRouter) -> object:
    return await client.chat.create("Hello")


async def stream(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hello") as stream:
        return [event async for event in stream]


async def bare(client: AsyncOpenRouter) -> object:
    return [event async for event in client.chat.stream("Hello")]


async def views(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hello") as stream:
        async for _ in stream.text():
            pass
        return await stream.final()


async def raw(client: AsyncOpenRouter) -> object:
    async with client.stream_request("POST", "/x", into=dict[str, JsonValue]) as stream:
        return [event async for event in stream]


Use = Callable[[AsyncOpenRouter], Awaitable[object]]
STREAMS: list[Use] = [stream, bare, views, raw]


async def cancel_when_reached(
    server: LoopbackServer, watch: Watch, client: AsyncOpenRouter, use: Use, *, pause: float = 0.0
) -> None:
    """Cancel a call once the server says so, and check that it ends at once and that the server sees it."""
    async with nothing_left_of(client):
        ended: list[float] = []
        async with anyio.create_task_group() as group:

            async def run() -> None:
                try:
                    await use(client)
                finally:
                    ended.append(time.monotonic())

            group.start_soon(run)
            assert await server.eventually(watch.reached.is_set)
            await anyio.sleep(pause)
            cancelled_at = time.monotonic()
            group.cancel_scope.cancel()
        assert ended[0] - cancelled_at < SOON_S
        assert await server.eventually(lambda: bool(watch.gone_at))
        assert watch.gone_at[0] - cancelled_at < SOON_S


PHASES: list[tuple[str, list[Use]]] = [
    ("stall", [plain, *STREAMS]),
    ("stall_inside_headers", [plain, *STREAMS]),
    ("stall_inside_error", [plain, *STREAMS]),
    ("stall_inside_body", [plain]),
    ("stall_after_piece", STREAMS),
]


@pytest.mark.parametrize(
    ("phase", "use"),
    [pytest.param(phase, use, id=f"{phase}-{use.__name__}") for phase, uses in PHASES for use in uses],  # type: ignore[attr-defined]
)
async def test_a_cancelled_call_is_gone_at_once(phase: str, use: Use) -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([getattr(watch, phase), GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            # A piece that was sent takes a moment to be read.
            await cancel_when_reached(server, watch, client, use, pause=0.02)
            assert (await client.chat.create("Hello")).text == "Hi"
        assert len(server.requests) == 2


async def test_a_call_that_is_cancelled_while_it_sends_is_gone_at_once() -> None:
    watch = Watch()

    def handler(connection: Connection) -> None:
        connection.read_head()
        watch.reached.set()
        connection.pause(0.1)  # takes nothing of the body meanwhile
        watch.here(connection)

    with LoopbackServer(handler) as server:
        async with client_of(server) as client:

            async def send(client: AsyncOpenRouter) -> None:
                await client.request("POST", "/x", into=bytes, body=b"x" * 64 * 1024 * 1024)

            await cancel_when_reached(server, watch, client, send, pause=0.02)


async def test_a_call_that_is_cancelled_in_the_tls_handshake_is_gone_at_once() -> None:
    watch = Watch()
    with LoopbackServer(watch.here) as server:
        url = server.url.replace("http:", "https:")
        async with AsyncOpenRouter(KEY, base_url=url, ssl_context=client_tls()) as client:
            await cancel_when_reached(server, watch, client, plain, pause=0.05)


async def test_a_stream_that_is_cancelled_over_tls_is_gone_at_once() -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([watch.stall_after_piece]), ssl_context=server_tls()) as server:
        async with client_of(server, ssl_context=client_tls()) as client:
            await cancel_when_reached(server, watch, client, stream, pause=0.02)


async def test_a_call_that_is_cancelled_while_it_waits_its_turn_leaves_the_queue() -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([watch.stall_after_piece, GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            async with client.chat.stream("Hello") as first:
                await anext(first)
                for use in (plain, stream, raw):
                    with anyio.move_on_after(0.02) as scope:
                        await use(client)
                    assert scope.cancelled_caught
                    assert client._sender.transport.limiter.waiting == 0
            assert (await client.chat.create("Hello")).text == "Hi"
        assert len(server.requests) == 2


@pytest.mark.parametrize("use", [plain, *STREAMS])
async def test_a_call_that_is_cancelled_between_two_attempts_ends_at_once(use: Use) -> None:
    limited = Reply(429, json={"error": {"message": "wait"}}, headers={"retry-after": "20"})
    with LoopbackServer(serve_responses([limited, GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            async with nothing_left_of(client):
                with anyio.move_on_after(0.1) as scope:
                    await use(client)
                assert scope.cancelled_caught
            # Another model, since calls of this one wait as long as the service asked.
            assert (await client.chat.create("Hello", model="an/other")).text == "Hi"


async def test_a_call_that_is_cancelled_while_its_key_is_asked_for_sends_nothing() -> None:
    async def key() -> str:
        await anyio.sleep_forever()
        raise AssertionError

    with LoopbackServer(serve_responses([GOOD])) as server:
        async with AsyncOpenRouter(key, base_url=server.url) as client:
            for use in (plain, stream, raw):
                async with nothing_left_of(client):
                    with anyio.move_on_after(0.02) as scope:
                        await use(client)
                    assert scope.cancelled_caught
        assert server.requests == []


async def test_a_call_that_is_cancelled_while_it_reads_a_file_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_reading, resume = threading.Event(), threading.Event()

    def slow(self: object) -> object:
        is_reading.set()
        resume.wait(5)
        raise AssertionError

    monkeypatch.setattr("openrouter_async.types.chat.content_parts.Attachment.encode", slow)
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client:
            async with nothing_left_of(client), anyio.create_task_group() as group:
                group.start_soon(client.chat.create, user("Look:", image(b"\x89PNG")))
                assert await server.eventually(is_reading.is_set)
                group.cancel_scope.cancel()
            resume.set()
        assert server.requests == []


async def test_a_call_that_is_cancelled_after_done_is_gone_at_once() -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([watch.stall_after_done])) as server:
        async with client_of(server) as client:
            async with nothing_left_of(client):
                stream = client.chat.stream("Hello")
                with anyio.CancelScope() as scope:
                    async for event in stream:
                        if isinstance(event, TextDelta) and event.text == "lo":
                            scope.cancel()
            assert await server.eventually(lambda: bool(watch.gone_at), SOON_S)


async def test_a_failing_sibling_ends_a_stream_with_its_own_error() -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([watch.stall_after_piece])) as server:
        async with client_of(server) as client, nothing_left_of(client):

            async def fail() -> None:
                assert await server.eventually(watch.reached.is_set)
                raise LookupError("mine")

            async def both() -> None:
                async with anyio.create_task_group() as group:
                    group.start_soon(stream, client)
                    group.start_soon(fail)

            with pytest.raises(ExceptionGroup) as caught:
                await both()
            assert [type(error) for error in caught.value.exceptions] == [LookupError]
            assert await server.eventually(lambda: bool(watch.gone_at), SOON_S)


# Leaving, closing, dropping


async def leave_the_block(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hello") as stream:
        await anext(stream)


async def leave_the_block_by_an_error(client: AsyncOpenRouter) -> None:
    with suppress(LookupError):
        async with client.chat.stream("Hello") as stream:
            await anext(stream)
            raise LookupError


async def close_the_stream(client: AsyncOpenRouter) -> None:
    stream = client.chat.stream("Hello")
    await anext(stream)
    await stream.aclose()
    await stream.aclose()


async def close_a_view(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hello") as stream, aclosing(stream.text()) as texts:
        assert await anext(texts) == "Hel"


async def leave_the_block_of_a_raw_stream(client: AsyncOpenRouter) -> None:
    async with client.stream_request("POST", "/x", into=dict[str, JsonValue]) as stream:
        await anext(stream)


async def break_out(client: AsyncOpenRouter) -> None:
    async with one_warning("async with client.chat.stream("):
        async for _ in client.chat.stream("Hello"):
            break


async def break_out_of_a_raw_stream(client: AsyncOpenRouter) -> None:
    async with one_warning("async with client.stream_request("):
        async for _ in client.stream_request("POST", "/x", into=dict[str, JsonValue]):
            break


async def drop_the_stream(client: AsyncOpenRouter) -> None:
    stream = client.chat.stream("Hello")
    await anext(stream)
    async with one_warning("async with client.chat.stream("):
        del stream


@asynccontextmanager
async def one_warning(text: str) -> AsyncIterator[None]:
    """Check that the client warns once; trio adds warnings of its own, of generators within httpcore."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
        texts = [str(warning.message) for warning in warned if warning.category is ResourceWarning]
        # A warning holds the stream it is about; without it, that is garbage, and so is what it held.
        warned.clear()
        for _ in range(5):
            gc.collect()
            await anyio.sleep(0.001)
        later = len(warned)
    assert [text in warning for warning in texts] == [True]
    if isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        assert later == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "leave",
    [
        leave_the_block,
        leave_the_block_by_an_error,
        leave_the_block_of_a_raw_stream,
        close_the_stream,
        close_a_view,
        break_out,
        break_out_of_a_raw_stream,
        drop_the_stream,
    ],
)
async def test_a_stream_that_is_left_is_gone_at_once(leave: Use) -> None:
    watch = Watch()
    with LoopbackServer(serve_responses([watch.stall_after_piece, GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            async with nothing_left_of(client):
                await leave(client)
                left_at = time.monotonic()
                assert await server.eventually(lambda: bool(watch.gone_at))
                assert watch.gone_at[0] - left_at < SOON_S
            assert (await client.chat.create("Hello")).text == "Hi"


async def test_a_stream_read_bare_to_its_end_leaves_its_connection_to_the_next() -> None:
    def answer(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        connection.end_chunked()

    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            for use in (bare, stream, views, raw):
                async with nothing_left_of(client):
                    await use(client)
        assert server.connections == 1


async def test_closing_the_client_ends_the_streams_that_run() -> None:
    ended: list[errors.OpenRouterError] = []
    watch = Watch()

    with LoopbackServer(serve_responses([watch.stall_after_piece])) as server:
        client = client_of(server)

        async def run(use: Use, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
            task_status.started()
            with pytest.raises(errors.OpenRouterError) as caught:
                await use(client)
            ended.append(caught.value)

        async with nothing_left_of(client), anyio.create_task_group() as group:
            for use in STREAMS:
                await group.start(run, use)
            assert await server.eventually(lambda: len(server.requests) == len(STREAMS))
            await anyio.sleep(0.05)
            began = time.monotonic()
            await client.aclose()
        assert time.monotonic() - began < SOON_S
        assert await server.eventually(lambda: len(watch.gone_at) == len(STREAMS), SOON_S)
    assert [type(error) for error in ended] == [errors.StreamInterrupted] * len(STREAMS)
    assert [error.attempts for error in ended] == [1] * len(STREAMS)


async def test_a_second_reader_of_a_stream_is_refused() -> None:
    may_go_on = threading.Event()

    def answer(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.event(chunk("Hel"))
        may_go_on.wait(5)
        connection.chunk(HELLO)
        connection.end_chunked()

    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            for open_stream in (
                lambda: client.chat.stream("Hello"),
                lambda: client.stream_request("POST", "/x", into=dict[str, JsonValue]),
            ):
                may_go_on.clear()
                stream: Any = open_stream()
                await anext(stream)
                async with anyio.create_task_group() as group:
                    group.start_soon(anext, stream)
                    await anyio.sleep(0.01)
                    with pytest.raises(errors.ConfigurationError, match="another task"):
                        await anext(stream)
                    may_go_on.set()
                assert [event async for event in stream]


class Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A body of a caller's transport: it gives its pieces, and then waits for ever."""

    def __init__(self, *pieces: bytes, may_be_closed: bool = True) -> None:
        self._pieces = list(pieces)
        self._may_be_closed = may_be_closed
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            await anyio.sleep_forever()
        return self._pieces.pop(0)

    async def aclose(self) -> None:
        if not self._may_be_closed:
            await anyio.sleep_forever()
        self.is_closed = True


async def test_a_close_that_hangs_is_abandoned_soon() -> None:
    body = Body(sse(chunk("Hel")), may_be_closed=False)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=body))
    async with AsyncOpenRouter(KEY, transport=transport) as client:
        began = time.monotonic()
        async with nothing_left_of(client):
            with anyio.move_on_after(0.05):  # cancels the close too
                async with client.chat.stream("Hello") as stream:
                    await anext(stream)
        assert 0.4 < time.monotonic() - began < SOON_S


@pytest.mark.parametrize("end", ["error event", "no chunk", "clock", "cancelled"])
async def test_a_stream_that_fails_on_a_transport_of_the_caller_is_closed(end: str) -> None:
    last = {"error event": sse({"error": {"code": 502}}), "no chunk": sse("{")}.get(end)
    body = Body(sse(chunk("Hel")), *([last] if last else []))
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=body))
    event_clock = Timeouts(event=0.05 if end == "clock" else 5)
    async with AsyncOpenRouter(KEY, transport=transport, timeouts=event_clock) as client:
        with anyio.move_on_after(0.05 if end == "cancelled" else 5), suppress(errors.OpenRouterError):
            await stream(client)
        assert body.is_closed
        assert in_use(client) == 0


# Many at once


async def test_streams_wait_for_a_place_and_never_have_more_connections_than_that() -> None:
    most = 0

    def answer(connection: Connection, request: Request) -> None:
        nonlocal most
        most = max(most, connection.server.open_connections)
        connection.start_chunked()
        connection.event(chunk("Hel"))
        connection.pause(0.02)
        connection.chunk(HELLO)
        connection.end_chunked()

    with LoopbackServer(serve_responses([answer])) as server:
        client = client_of(server, limits=Limits(concurrency=5))
        async with client, nothing_left_of(client), anyio.create_task_group() as group:
            for use in [stream, raw] * 20:
                group.start_soon(use, client)
        assert len(server.requests) == 40
        assert most <= 5


@pytest.mark.slow
async def test_after_a_storm_of_cancels_every_call_works() -> None:
    rng = random.Random(20_260_101)

    def answer(connection: Connection, request: Request) -> None:
        body = request.json()
        assert isinstance(body, dict)
        connection.pause(0.001)
        if not body.get("stream"):
            connection.send(GOOD.encode())
            return
        connection.start_chunked()
        connection.event(chunk("Hel"))
        connection.pause(0.001)
        connection.chunk(HELLO)
        connection.end_chunked()

    finished = cancelled = 0
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server, limits=Limits(concurrency=20)) as client:

            async def run(use: Use, start: float, seconds: float) -> None:
                nonlocal finished, cancelled
                await anyio.sleep(start)
                with anyio.move_on_after(seconds) as scope:
                    await use(client)
                finished, cancelled = (
                    finished + (not scope.cancelled_caught),
                    cancelled + scope.cancelled_caught,
                )

            uses = (plain, stream, views)
            async with nothing_left_of(client), anyio.create_task_group() as group:
                for number in range(2_000):
                    seconds = math.inf if number % 10 == 0 else rng.choice([0, 0.01, 0.1, 0.5]) * rng.random()
                    group.start_soon(run, uses[number % len(uses)], rng.random() * 3, seconds)
            for number in range(30):
                await uses[number % len(uses)](client)
            transport = client._sender.transport
            assert transport._own is not None
            stats = count_connections(transport._own)
            assert stats.open == stats.idle <= 20
            assert await server.eventually(lambda: server.open_connections == stats.idle)
    assert finished + cancelled == 2_000
    assert cancelled > 400
    assert finished >= 200
