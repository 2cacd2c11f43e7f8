"""The pool of connections: which are reused, which are closed, and when the server notices.

Everything here crosses a real socket; the server of `tests.support.loopback` plays the other side.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpcore
import httpx
import pytest

from openrouter_async._http.http11.parsers import HTTPParser
from openrouter_async._http.limiter import Limiter
from openrouter_async._http.network.current import current_network
from openrouter_async._http.network.stream import CallStream
from openrouter_async._http.pool import connections
from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.errors import ConfigurationError
from openrouter_async.options import Limits
from tests.support.loopback import (
    CERTIFICATE,
    Connection,
    LoopbackServer,
    Reply,
    Request,
    client_tls,
    refused_port,
    serve_responses,
    server_tls,
)
from tests.support.pools import GOOD, client, count_connections, pool

pytestmark = pytest.mark.loopback


def wait_closed(connection: Connection) -> None:
    """Accept, and say nothing."""
    connection.wait_closed()


def pieces(response: httpx.Response) -> aclosing[AsyncGenerator[bytes, None]]:
    """Return the body as the layer above reads it, to be closed by whoever opens it."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    iterator = response.stream.__aiter__()
    assert isinstance(iterator, AsyncGenerator)
    return aclosing(iterator)


# Reuse


@pytest.mark.parametrize("parser", ["h11", "httptools"])
async def test_what_is_cancelled_before_it_is_sent_is_not_sent(parser: HTTPParser) -> None:
    transport = ConnectionTransport(limits=Limits(), http_parser=parser)
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client(transport) as calls:
            await calls.get(server.url)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await calls.get(server.url)
            assert count_connections(transport) == (1, 1)
        assert len(server.requests) == 1


async def test_calls_one_after_the_other_share_a_connection() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            for _ in range(5):
                assert await calls.is_good()
            assert server.connections == 1
            assert count_connections(calls.transport) == (1, 1)
            assert repr(calls.transport) == "<ConnectionTransport: 1 open, 1 idle>"
        assert await server.eventually(lambda: server.open_connections == 0)
        assert repr(calls.transport) == "<ConnectionTransport: closed>"


async def test_every_call_at_once_gets_a_connection_of_its_own() -> None:
    everyone = threading.Barrier(50)

    def answer(connection: Connection, _request: Request) -> None:
        everyone.wait(10)
        connection.send(GOOD.encode())

    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            async with anyio.create_task_group() as group:
                for _ in range(50):
                    group.start_soon(calls.call)
            assert count_connections(calls.transport) == (50, 50)
            assert server.connections == 50


async def test_the_connection_used_last_is_taken_first() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            async with calls.stream() as first, calls.stream() as second, calls.stream() as third:
                for response in (third, first, second):
                    await response.aread()
            for _ in range(3):
                assert await calls.is_good()
            numbers = [request.connection for request in server.requests]
            assert numbers[3:] == [numbers[1]] * 3


async def test_no_more_idle_connections_are_kept_than_allowed() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server, Limits(idle=2)) as calls:
            async with calls.stream() as first, calls.stream() as second, calls.stream() as third:
                for response in (first, second, third):
                    await response.aread()
            assert count_connections(calls.transport) == (2, 2)
            assert await server.eventually(lambda: server.open_connections == 2)


async def test_an_old_idle_connection_is_not_used_again() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server, Limits(idle_expiry=0.05)) as calls:
            assert await calls.is_good()
            await anyio.sleep(0.06)
            assert await calls.is_good()
            assert server.connections == 2
            assert await server.eventually(lambda: server.open_connections == 1)


async def test_origins_do_not_share_connections() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server, LoopbackServer(serve_responses([GOOD])) as other:
        async with pool(server) as calls:
            assert await calls.is_good()
            response = await calls.client.get(other.url)
            assert response.json() == {"ok": True}
            assert (server.connections, other.connections) == (1, 1)
            assert count_connections(calls.transport) == (2, 2)


def filling_a_read() -> bytes:
    """Return an answer exactly as long as httpcore reads at once, so that what follows stays unread."""
    size = 64 * 1024
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
    length = size - len(head % size)
    return head % length + b'{"ok": true}'.ljust(length)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(json={"ok": True}, headers={"connection": "close"}), id="connection: close"),
        pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 12\r\n\r\n" + b'{"ok": true}', id="HTTP/1.0"),
        pytest.param(
            GOOD.encode() + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil", id="bytes after the body"
        ),
        pytest.param(GOOD.encode() + b"\n", id="one byte after the body"),
        pytest.param(filling_a_read() + b"X", id="bytes after a read that held the answer"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\n"
            + b'{"ok": true}'
            + b"\r\n0\r\n\r\nX",
            id="bytes after the chunks",
        ),
    ],
)
async def test_a_connection_that_may_not_be_reused_is_closed(answer: Reply | bytes) -> None:
    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            for _ in range(3):
                assert await calls.is_good()
            assert count_connections(calls.transport) == (0, 0)
            assert server.connections == 3
            assert await server.eventually(lambda: server.open_connections == 0)


async def test_a_body_that_was_not_read_closes_the_connection() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            async with calls.stream() as response:
                assert response.status_code == 200
            assert count_connections(calls.transport) == (0, 0)
            assert await calls.is_good()
            assert server.connections == 2


UNSOLICITED = {
    "end": lambda connection: connection.half_close(),
    "reset": lambda connection: connection.reset(),
    "408": lambda connection: connection.respond(408, headers={"connection": "close"}),
    "an answer": lambda connection: connection.respond(json={"evil": True}),
    "a byte": lambda connection: connection.send(b"x"),
}


@pytest.mark.parametrize("event", UNSOLICITED.values(), ids=UNSOLICITED)
async def test_what_comes_on_an_idle_connection_is_no_answer(event: Callable[[Connection], None]) -> None:
    now, done = threading.Event(), threading.Event()

    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(GOOD.encode())
        if connection.number == 1:
            now.wait(10)
            event(connection)
            done.set()
        else:
            connection.read_request()
            connection.send(GOOD.encode())
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            assert await calls.is_good()
            now.set()
            assert await anyio.to_thread.run_sync(done.wait, 10)
            await anyio.sleep(0.02)
            for _ in range(2):
                assert await calls.is_good()
            assert server.connections == 2


@pytest.mark.parametrize("end", [Connection.reset, Connection.close], ids=["reset", "close"])
async def test_a_stale_connection_is_replaced_without_anyone_noticing(
    end: Callable[[Connection], None],
) -> None:
    """The server closes just as the next request arrives; nothing of an answer was sent."""

    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(GOOD.encode())
        if connection.read_request() is not None:
            end(connection)

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            for _ in range(3):
                assert await calls.is_good()
            assert server.connections == 3
            assert len(server.requests) == 5


async def test_a_stale_connection_is_not_replaced_where_the_content_cannot_be_sent_again() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"{}"

    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(GOOD.encode())
        connection.read_request()
        connection.reset()

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            assert await calls.is_good()
            with pytest.raises(httpx.NetworkError):
                await calls.client.post(calls.url, content=content())
            assert server.connections == 1


@pytest.mark.parametrize("sent", [b"H", b"HTTP/1.1 200 OK\r\n"], ids=["a byte", "a line"])
async def test_a_call_whose_answer_had_begun_is_not_sent_again(sent: bytes) -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(GOOD.encode())
        connection.read_request()
        connection.send(sent)

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            assert await calls.is_good()
            with pytest.raises(httpx.RemoteProtocolError):
                await calls.call()
            assert len(server.requests) == 2


@pytest.mark.parametrize("end", [Connection.reset, Connection.close], ids=["reset", "close"])
async def test_a_fresh_connection_that_is_lost_is_an_error(end: Callable[[Connection], None]) -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        end(connection)

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await calls.call()
            assert len(server.requests) == 1


async def test_httpcore_still_shows_what_follows_an_answer() -> None:
    """The one look at httpcore's insides: fails when they have changed, before connections are no more reused."""
    stream = httpcore.AsyncMockStream([b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxyz"])
    origin = httpcore.Origin(b"http", b"127.0.0.1", 80)
    http = httpcore.AsyncHTTP11Connection(origin, stream)
    response = await http.request("GET", "http://127.0.0.1/")
    assert response.content == b"x"
    assert http.is_idle()
    assert http._h11_state.trailing_data == (b"yz", False)


# Cancellation


async def test_cancelled_while_connecting() -> None:
    """The server accepts, but never answers the TLS handshake."""
    gone: list[float] = []

    def handler(connection: Connection) -> None:
        if connection.wait_closed():
            gone.append(time.monotonic())

    with LoopbackServer(handler) as server:
        async with pool(server, ssl_context=client_tls()) as calls:
            calls.url = calls.url.replace("http://", "https://")
            async with anyio.create_task_group() as group:
                group.start_soon(calls.call)
                assert await server.eventually(lambda: server.open_connections == 1)
                cancelled_at = time.monotonic()
                group.cancel_scope.cancel()
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: bool(gone))
    assert gone[0] - cancelled_at < 0.5


@pytest.mark.parametrize("phase", ["request", "headers", "half the headers", "body", "between two pieces"])
async def test_cancelling_closes_the_connection_at_once(phase: str) -> None:
    reached, gone = threading.Event(), []

    def handler(connection: Connection) -> None:
        if phase == "request":
            connection.read_head()
            reached.set()
            connection.pause(0.05)
        else:
            connection.read_request()
        if phase == "half the headers":
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-")
        elif phase in ("body", "between two pieces"):
            connection.start_chunked()
            connection.chunk(b"piece")
        reached.set()
        if connection.wait_closed():
            gone.append(time.monotonic())

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            got_piece = anyio.Event()

            async def call() -> None:
                content = b"x" * (32 << 20 if phase == "request" else 10)
                async with calls.stream(content) as response, pieces(response) as chunks:
                    async for _ in chunks:
                        got_piece.set()
                        if phase == "between two pieces":
                            await anyio.sleep_forever()

            async with anyio.create_task_group() as group:
                group.start_soon(call)
                assert await server.eventually(reached.is_set)
                if phase in ("body", "between two pieces"):
                    await got_piece.wait()
                cancelled_at = time.monotonic()
                group.cancel_scope.cancel()
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: bool(gone))
            assert gone[0] - cancelled_at < 0.5


async def test_cancelled_while_reading_the_connection_is_gone_before_anyone_closes_it() -> None:
    def answer(connection: Connection, _request: Request) -> None:
        connection.start_chunked()
        connection.wait_closed()

    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            response = await calls.transport.handle_async_request(httpx.Request("GET", calls.url))
            assert isinstance(response.stream, httpx.AsyncByteStream)
            with anyio.move_on_after(0.05):
                await response.stream.__aiter__().__anext__()
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: server.open_connections == 0, 0.5)


async def test_leaving_a_stream_early_closes_the_connection_at_once() -> None:
    def answer(connection: Connection, _request: Request) -> None:
        connection.start_chunked()
        connection.send(b"5\r\npiece\r\n" * 20)

    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            async with calls.stream() as response, pieces(response) as chunks:
                assert (await chunks.__anext__()).startswith(b"piece")
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: server.open_connections == 0, 0.5)


async def test_an_answer_closed_early_does_not_look_complete() -> None:
    def answer(connection: Connection, _request: Request) -> None:
        connection.start_chunked()
        connection.send(b"5\r\npiece\r\n" * 20)

    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            response = await calls.transport.handle_async_request(httpx.Request("GET", calls.url))
            assert isinstance(response.stream, httpx.AsyncByteStream)
            chunks = response.stream.__aiter__()
            assert (await chunks.__anext__()).startswith(b"piece")
            await response.aclose()
            with pytest.raises(httpx.ReadError, match="closed before its end"):
                await chunks.__anext__()


@pytest.mark.slow
async def test_after_a_storm_of_cancellations_every_call_works() -> None:
    """Where httpx's own pool lets none of 30 calls through any more."""
    moments = random.Random(11)

    def answer(connection: Connection, _request: Request) -> None:
        connection.pause(0.01)
        connection.start_chunked()
        for _ in range(3):
            connection.chunk(b'{"ok"')
            connection.pause(0.002)
        connection.end_chunked()

    limiter = Limiter(100)
    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:

            async def cancelled() -> None:
                with anyio.move_on_after(moments.uniform(0, 0.06)):
                    await limiter.acquire()
                    try:
                        await calls.call()
                    finally:
                        limiter.release()

            for _ in range(4):
                async with anyio.create_task_group() as group:
                    for _ in range(500):
                        group.start_soon(cancelled)
            assert (limiter.in_use, limiter.waiting) == (0, 0)
            good = 0
            for _ in range(30):
                response = await calls.call()
                good += response.content == b'{"ok"' * 3
            assert good == 30
            stats = count_connections(calls.transport)
            assert stats.open == stats.idle
            assert await server.eventually(lambda: server.open_connections == stats.open)
        assert await server.eventually(lambda: server.open_connections == 0)


# Closing


async def test_closing_the_transport_ends_running_calls_with_an_error() -> None:
    def handler(connection: Connection) -> None:
        request = connection.read_request()
        if request is not None and request.body == b"stream":
            connection.start_chunked()
            connection.chunk(b"piece")
        connection.wait_closed()

    errors: list[Exception] = []
    with (
        LoopbackServer(handler) as server,
        LoopbackServer(wait_closed) as silent,
    ):
        async with pool(server, ssl_context=client_tls()) as calls:

            async def call(content: bytes) -> None:
                try:
                    await calls.call(content)
                except httpx.TransportError as error:
                    errors.append(error)

            async def connect() -> None:
                try:
                    await calls.client.get(f"https://127.0.0.1:{silent.port}/")
                except httpx.TransportError as error:
                    errors.append(error)

            with anyio.fail_after(5):
                async with anyio.create_task_group() as group:
                    group.start_soon(call, b"plain")
                    group.start_soon(call, b"stream")
                    group.start_soon(connect)
                    assert await server.eventually(lambda: len(server.requests) == 2)
                    assert await silent.eventually(lambda: silent.open_connections == 1)
                    began = time.monotonic()
                    await calls.transport.aclose()
            assert time.monotonic() - began < 4  # less than any of the timeouts
            assert sorted(type(error).__name__ for error in errors) == [
                "ConnectError",
                "ReadError",
                "ReadError",
            ]
            assert await server.eventually(lambda: server.open_connections == 0)
            await calls.transport.aclose()
            with pytest.raises(httpx.ConnectError, match="closed"):
                await calls.call()


async def test_closed_just_as_a_connection_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:

            class Slow:
                async def connect(self, *address: Any) -> CallStream:
                    stream = await current_network().connect(*address)
                    await calls.transport.aclose()
                    return stream

            monkeypatch.setattr(connections, "current_network", Slow)
            with pytest.raises(httpx.ConnectError, match="closed"):
                await calls.call()
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: server.connections == 1 and server.open_connections == 0)


@pytest.mark.parametrize("from_thread", [False, True], ids=["in the loop", "in a thread"])
async def test_a_stream_can_be_aborted_from_anywhere(from_thread: bool) -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.start_chunked()
        connection.chunk(b"piece")
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        async with pool(server) as calls, calls.stream() as response, pieces(response) as chunks:
            assert (await chunks.__anext__()).startswith(b"piece")
            abort = response.extensions["network_stream"].abort_call
            if from_thread:
                await anyio.to_thread.run_sync(abort)
            else:
                abort()
            with pytest.raises(httpx.ReadError):
                await chunks.__anext__()
            assert count_connections(calls.transport) == (0, 0)
            assert await server.eventually(lambda: server.open_connections == 0)


async def test_aborting_a_finished_call_leaves_the_next_alone() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            first = await calls.call()
            first.extensions["network_stream"].abort_call()
            async with calls.stream() as second:
                first.extensions["network_stream"].abort_call()
                await anyio.sleep(0.01)
                await second.aread()
                assert second.json() == {"ok": True}
            assert server.connections == 1


# Faults of the answer


async def test_informational_answers_are_skipped() -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + GOOD.encode()
    with LoopbackServer(serve_responses([answer])) as server:
        async with pool(server) as calls:
            for _ in range(2):
                assert await calls.is_good()
            assert server.connections == 1


async def test_an_answer_may_end_with_its_connection() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(b'HTTP/1.0 200 OK\r\n\r\n{"ok":')
        connection.send(b" true}")

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            assert await calls.is_good()
            assert count_connections(calls.transport) == (0, 0)


@pytest.mark.parametrize("stays_open", [False, True], ids=["then closes", "and stays open"])
async def test_an_answer_is_read_though_the_request_was_not(stays_open: bool) -> None:
    def handler(connection: Connection) -> None:
        connection.read_head()
        connection.respond(413, headers={"connection": "close"}, json={"error": {"code": 413}})
        if stays_open:
            connection.pause(5)

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            with anyio.fail_after(5):
                try:
                    response = await calls.call(b"x" * (8 << 20), write=0.2)
                except (httpx.NetworkError, httpx.WriteTimeout):
                    # A reset may overtake the answer; and trio's stream cannot tell that one has come.
                    return
            assert (response.status_code, response.json()) == (413, {"error": {"code": 413}})


BROKEN_HEADS = {
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nabcd",
    "a bad chunk size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabcd",
    "no HTTP": b"HELLO\r\n\r\n",
    "half a header": b"HTTP/1.1 200 OK\r\ncontent-",
    "a flood of headers": b"HTTP/1.1 200 OK\r\n" + b"x-flood: %b\r\n" % (b"y" * 1000) * 300,
    "a short body": b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nabcd",
    "a cut chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n30\r\nabcd",
    "an endless chunk size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"0" * 300_000,
}


@pytest.mark.parametrize("answer", BROKEN_HEADS.values(), ids=BROKEN_HEADS)
async def test_nonsense_is_an_error_and_ends_the_connection(answer: bytes) -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(answer)

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                await calls.call()
            assert count_connections(calls.transport) == (0, 0)
            assert len(server.requests) == 1


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nx", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"]
)
async def test_silence_ends_with_the_read_timeout(sent: bytes) -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(sent)
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        async with pool(server) as calls:
            began = time.monotonic()
            with pytest.raises(httpx.ReadTimeout):
                await calls.call(read=0.1)
            assert 0.09 < time.monotonic() - began < 4
            assert await server.eventually(lambda: server.open_connections == 0)


async def test_a_server_that_reads_nothing_ends_with_the_write_timeout() -> None:
    with LoopbackServer(lambda connection: connection.pause(10)) as server:
        async with pool(server) as calls:
            with pytest.raises(httpx.WriteTimeout):
                await calls.call(b"x" * (64 << 20), write=0.1)
            assert count_connections(calls.transport) == (0, 0)


# Connecting


async def test_refused() -> None:
    transport = ConnectionTransport(limits=Limits())
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{refused_port()}/")
        assert count_connections(transport) == (0, 0)


@pytest.mark.parametrize("host", ["x.invalid", "a" * 64 + ".invalid"], ids=["unknown", "impossible"])
async def test_names_that_cannot_be_looked_up(host: str) -> None:
    async with httpx.AsyncClient(transport=ConnectionTransport(limits=Limits())) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://{host}/")


async def test_names_are_looked_up() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            calls.url = calls.url.replace("127.0.0.1", "localhost")
            assert await calls.is_good()


async def test_other_schemes_are_not_spoken() -> None:
    async with httpx.AsyncClient(transport=ConnectionTransport(limits=Limits())) as client:
        with pytest.raises(httpx.UnsupportedProtocol, match="'ftp'"):
            await client.get("ftp://127.0.0.1/")


async def test_calls_go_through_tls() -> None:
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with pool(server, ssl_context=client_tls()) as calls:
            for _ in range(3):
                response = await calls.call()
                assert response.json() == {"ok": True}
            assert server.connections == 1
            assert response.extensions["network_stream"].get_extra_info("ssl_object").version() >= "TLSv1.2"
            assert response.extensions["http_version"] == b"HTTP/1.1"
        assert await server.eventually(lambda: server.open_connections == 0)


async def test_an_unknown_certificate_is_refused_with_its_reason() -> None:
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with pool(server) as calls:
            with pytest.raises(httpx.ConnectError) as caught:
                await calls.call()
    causes = []
    error: BaseException | None = caught.value
    while error is not None:
        causes.append(type(error))
        error = error.__cause__
    assert ssl.SSLCertVerificationError in causes
    assert not server.requests


async def test_tls_to_a_server_that_speaks_none_is_a_connect_error() -> None:
    def handler(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        async with pool(server, ssl_context=client_tls()) as calls:
            with pytest.raises(httpx.ConnectError):
                await calls.client.get(f"https://127.0.0.1:{server.port}/")


async def test_connecting_that_takes_too_long_is_a_connect_timeout() -> None:
    with LoopbackServer(wait_closed) as server:
        async with pool(server, ssl_context=client_tls()) as calls:
            calls.url = calls.url.replace("http://", "https://")
            with pytest.raises(
                httpx.ConnectTimeout, match=r"the TLS handshake with .* took longer than 0\.1 s"
            ):
                await calls.call(connect=0.1)
            assert await server.eventually(lambda: server.open_connections == 0)


async def test_certificates_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with pool(server) as calls:
            assert await calls.is_good()


async def test_missing_certificates_name_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with pool(server) as calls:
            with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE.*missing\.pem"):
                await calls.call()


async def test_authorities_are_loaded_once_off_the_loop_and_only_for_tls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded_in: list[int] = []

    def load() -> ssl.SSLContext:
        loaded_in.append(threading.get_ident())
        return client_tls()

    monkeypatch.setattr(httpx, "create_ssl_context", load)
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server) as calls:
            assert await calls.is_good()
    assert loaded_in == []
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with pool(server) as calls, anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(calls.call)
    assert len(loaded_in) == 1
    assert loaded_in[0] != threading.get_ident()


async def test_what_waited_for_a_connection_leaves_nothing_behind() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with pool(server, Limits(idle=1)) as calls:
            for _ in range(3):
                async with calls.stream() as first, calls.stream() as second:
                    for response in (first, second):
                        await response.aread()
            assert server.connections == 4
            assert calls.transport._waiting == set()
