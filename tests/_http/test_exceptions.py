"""Failures below the client become its own errors: by class, and as real sockets provoke them."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from anyio.lowlevel import current_token
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Limits, Retries, Timeouts, errors
from openrouter_async._http.exceptions import Phase, from_httpx
from tests.loopback import Answer, Connection, LoopbackServer, Reply, Request, serve_responses, server_tls
from tests.network_guard import only_loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)
REPLY = {"choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
GOOD = Reply(json=REPLY)
BODY = json.dumps(REPLY).encode()

on_loopback = pytest.mark.loopback


# By class

MAPPED: dict[type[Exception], type[errors.OpenRouterError]] = {
    httpx.ConnectTimeout: errors.RequestTimeout,
    httpx.ReadTimeout: errors.RequestTimeout,
    httpx.WriteTimeout: errors.RequestTimeout,
    httpx.PoolTimeout: errors.RequestTimeout,
    httpx.TimeoutException: errors.RequestTimeout,
    httpx.ConnectError: errors.ConnectError,
    httpx.ProxyError: errors.ConnectError,
    httpx.ReadError: errors.ConnectionLost,
    httpx.WriteError: errors.ConnectionLost,
    httpx.CloseError: errors.ConnectionLost,
    httpx.NetworkError: errors.ConnectionLost,
    httpx.RemoteProtocolError: errors.ConnectionLost,
    httpx.ProtocolError: errors.ConnectionLost,
    httpx.TransportError: errors.ConnectionLost,
    httpx.RequestError: errors.ConnectionLost,
    httpx.HTTPError: errors.ConnectionLost,
    httpx.HTTPStatusError: errors.ConnectionLost,
    httpx.StreamError: errors.ConnectionLost,
    httpx.StreamConsumed: errors.ConnectionLost,
    httpx.StreamClosed: errors.ConnectionLost,
    httpx.ResponseNotRead: errors.ConnectionLost,
    httpx.RequestNotRead: errors.ConnectionLost,
    httpx.DecodingError: errors.InvalidResponseError,
    httpx.TooManyRedirects: errors.InvalidResponseError,
    httpx.LocalProtocolError: errors.ConfigurationError,
    httpx.UnsupportedProtocol: errors.ConfigurationError,
    httpx.InvalidURL: errors.ConfigurationError,
}
"""What each exception of httpx is to the caller."""

NO_FAILURES = {httpx.CookieConflict}
"""Raised by functions of httpx that are not used here."""


def make(kind: type[Exception]) -> Exception:
    """Return an exception, however its class wants to be called."""
    request = httpx.Request("GET", "https://host.example")
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("no", request=request, response=httpx.Response(500, request=request))
    if kind in (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return kind()
    return kind("no")


def test_every_exception_of_httpx_is_in_the_table() -> None:
    exported = {getattr(httpx, name) for name in httpx.__all__}
    raised = {item for item in exported if isinstance(item, type) and issubclass(item, Exception)}
    assert raised - NO_FAILURES == set(MAPPED)


@pytest.mark.parametrize("phase", ["headers", "body"])
@pytest.mark.parametrize("kind", MAPPED)
def test_every_exception_of_httpx_becomes_one_of_ours(kind: type[Exception], phase: Phase) -> None:
    error = from_httpx(make(kind), phase, "host.example")
    assert error is not None
    assert type(error) is MAPPED[kind]
    assert "host.example" in str(error)
    assert str(error)[0].islower() or str(error).startswith("host.example")
    assert not str(error).endswith(".")


@pytest.mark.parametrize(
    ("exc", "phase", "expected"),
    [
        (httpx.ConnectTimeout("x"), "headers", "connect"),
        (httpx.PoolTimeout("x"), "headers", "queue"),
        (httpx.ReadTimeout("x"), "headers", "headers"),
        (httpx.WriteTimeout("x"), "headers", "headers"),
        (httpx.ReadTimeout("x"), "body", "idle"),
        (TimeoutError("x"), "body", "idle"),
    ],
)
def test_a_timeout_says_which_clock_it_was(exc: Exception, phase: Phase, expected: str) -> None:
    error = from_httpx(exc, phase, "host.example")
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == expected


@pytest.mark.parametrize("exc", [LookupError("mine"), ValueError("mine"), RuntimeError("mine")])
def test_what_is_no_failure_of_the_transport_is_left_alone(exc: Exception) -> None:
    assert from_httpx(exc, "headers", "host.example") is None


@pytest.mark.parametrize("kind", MAPPED)
async def test_whatever_a_transport_raises_reaches_the_caller_as_ours(kind: type[Exception]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise make(kind)

    class Body(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"{"
            raise make(kind)

    async with AsyncOpenRouter(KEY, transport=httpx.MockTransport(handler), retries=FAST) as client:
        with pytest.raises(MAPPED[kind]) as caught:
            await client.chat.create("Hello")
        assert isinstance(caught.value.__cause__, kind)
    broken = httpx.MockTransport(lambda request: httpx.Response(200, stream=Body()))
    async with AsyncOpenRouter(KEY, transport=broken, retries=FAST) as client:
        with pytest.raises(MAPPED[kind]):
            await client.chat.create("Hello")
        assert client._sender.transport.limiter.in_use == 0


# Over a socket


def client_of(server: LoopbackServer, **arguments: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, **{"retries": FAST, **arguments})


@contextmanager
def fails(*answers: Answer) -> Iterator[LoopbackServer]:
    with LoopbackServer(serve_responses(answers)) as server:
        yield server


async def both(client: AsyncOpenRouter, kind: type[errors.OpenRouterError]) -> errors.OpenRouterError:
    """Check that a plain call and a stream end in the same class, and return the error of the first."""
    with pytest.raises(kind) as caught:
        await client.chat.create("Hello")
    with pytest.raises(kind):
        await client.chat.stream("Hello").final()
    return caught.value


@on_loopback
async def test_a_server_that_speaks_no_tls_is_refused_and_not_asked_again() -> None:
    def handler(connection: Connection) -> None:
        connection.sock.recv(1)
        connection.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    with LoopbackServer(handler) as server:
        url = server.url.replace("http:", "https:")
        async with AsyncOpenRouter(KEY, base_url=url, retries=FAST) as client:
            error = await both(client, errors.TLSError)
        assert server.connections == 2
    assert (error.attempts, error.may_have_been_billed) == (1, False)
    assert "handshake" in str(error)


@on_loopback
async def test_an_unknown_certificate_is_refused_and_not_asked_again() -> None:
    with LoopbackServer(serve_responses([GOOD]), ssl_context=server_tls()) as server:
        async with client_of(server) as client:
            error = await both(client, errors.TLSError)
        assert (server.connections, server.requests) == (2, [])
    assert (error.attempts, error.may_have_been_billed) == (1, False)
    assert "certificate" in str(error)
    assert "ssl_context" in str(error)


@on_loopback
async def test_a_name_that_does_not_exist_is_a_failure_to_connect() -> None:
    with only_loopback():
        async with AsyncOpenRouter(KEY, base_url="https://x.invalid/api", retries=FAST) as client:
            error = await both(client, errors.ConnectError)
    assert (type(error), error.attempts) == (errors.ConnectError, 3)
    assert "x.invalid" in str(error)


@on_loopback
async def test_a_connection_that_is_never_answered_ends_by_the_connect_clock() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        fillers = []
        for _ in range(8):  # the queue of the listener takes one or two, and then says nothing
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        async with AsyncOpenRouter(KEY, base_url=url, timeouts=Timeouts(connect=0.1), retries=FAST) as client:
            began = time.monotonic()
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.create("Hello")
        for filler in fillers:
            filler.close()
    assert (caught.value.phase, caught.value.attempts) == ("connect", 3)
    assert time.monotonic() - began < 3


@on_loopback
@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        pytest.param(b"HELLO\r\n\r\n", 3, id="no http"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", 3, id="two lengths"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}", 3, id="negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}", 3, id="length that is no number"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}", 3, id="unknown transfer encoding"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: \x00\r\n\r\n", 3, id="a header that is none"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", None, id="bad chunk size"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 300_000 + b"\r\n\r\n", 3, id="header flood"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 60_000 + b"\r\n", 3, id="flood of headers"),
    ],
)
async def test_nonsense_on_the_wire_is_a_lost_connection_that_is_not_used_again(
    answer: bytes, requests: int | None
) -> None:
    def script(connection: Connection, request: Request) -> None:
        connection.send(answer)
        connection.wait_closed(5)
        connection.close()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.ConnectionLost) as caught:
                await client.chat.create("Hello")
            assert client._sender.transport.limiter.in_use == 0
        assert requests in (None, len(server.requests))
        assert server.connections == len(server.requests) == caught.value.attempts


@on_loopback
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY),
            id="100 and 103 first",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + BODY, id="closed at the end"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, id="http/1.0"),
        pytest.param(
            b"HTTP/1.1 200\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY), id="no reason phrase"
        ),
    ],
)
async def test_unusual_answers_are_read(answer: bytes) -> None:
    def script(connection: Connection, request: Request) -> None:
        connection.send(answer)
        connection.close()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server) as client:
            assert (await client.chat.create("Hello")).text == "Hi"
            assert (await client.chat.stream("Hello").final()).text == "Hi"


@on_loopback
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_takes_the_key_nowhere_else(status: int, method: str) -> None:
    with LoopbackServer(serve_responses([GOOD])) as other:
        away = Reply(status, headers={"location": f"{other.url}/elsewhere"})
        with LoopbackServer(serve_responses([away])) as server:
            async with client_of(server) as client:
                with pytest.raises(errors.APIStatusError) as caught:
                    await client.request(method, "/x", into=dict[str, JsonValue])
                with pytest.raises(errors.APIStatusError):
                    await client.chat.stream("Hello").final()
            assert len(server.requests) == 2
        assert all(KEY not in str(request.headers) for request in other.requests)
        assert other.requests == []
    assert caught.value.status == status


@on_loopback
async def test_a_redirect_to_itself_is_one_request() -> None:
    def loop(connection: Connection, request: Request) -> None:
        connection.respond(307, headers={"location": request.path})

    with LoopbackServer(serve_responses([loop])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.APIStatusError):
                await client.chat.create("Hello")
        assert len(server.requests) == 1


@on_loopback
async def test_an_answer_that_comes_while_the_request_is_sent_is_read() -> None:
    def handler(connection: Connection) -> None:
        connection.read_head()
        connection.respond(413, json={"error": {"code": 413, "message": "too much"}})
        connection.half_close()
        connection.wait_closed(5)

    with LoopbackServer(handler) as server:
        async with client_of(server) as client:
            with pytest.raises((errors.PayloadTooLarge, errors.ConnectionLost)):
                await client.request("POST", "/x", into=bytes, body=b"x" * 8 * 1024 * 1024)


def bomb(size: int) -> bytes:
    """Return gzip of `size` zero bytes, in a thousandth of that."""
    packer = zlib.compressobj(9, wbits=31)
    block = b"\0" * 1024 * 1024
    return b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()


@on_loopback
@pytest.mark.parametrize("as_stream", [False, True], ids=["plain", "stream"])
async def test_a_small_body_that_inflates_to_a_large_one_is_refused_within_bounded_memory(
    as_stream: bool,
) -> None:
    limit = 16 * 1024 * 1024
    answer = Reply(body=bomb(128 * 1024 * 1024), headers={"content-encoding": "gzip"})
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server, limits=Limits(body_bytes=limit, event_bytes=limit)) as client:
            tracemalloc.start()
            began = time.monotonic()
            try:
                with pytest.raises(errors.ResponseTooLarge) as caught:
                    await (client.chat.stream("Hello").final() if as_stream else client.chat.create("Hello"))
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert len(server.requests) == 1
    assert caught.value.limit == limit
    assert peak < 4 * limit
    assert time.monotonic() - began < 5


@on_loopback
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", b"no gzip at all", id="false gzip"),
        pytest.param("gzip", bomb(1024 * 1024)[:-20], id="cut gzip"),
        pytest.param("deflate", b"\xff\xff", id="false deflate"),
        pytest.param("br", b"xx", id="one that was not offered"),
        pytest.param("x-nonsense", b"xx", id="unknown"),
    ],
)
async def test_a_body_that_cannot_be_decoded_is_no_answer(encoding: str, body: bytes) -> None:
    with fails(Reply(body=body, headers={"content-encoding": encoding})) as server:
        async with client_of(server) as client:
            error = await both(client, errors.InvalidResponseError)
    assert error.attempts == 2


FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
import anyio, os
from openrouter_async import AsyncOpenRouter, ConnectError, Retries

async def main(url):
    errors, good = [], 0
    async with AsyncOpenRouter("sk-or-v1-x", base_url=url, retries=Retries(attempts=1)) as client:
        async def call():
            nonlocal good
            try:
                await client.chat.create("Hello")
                good += 1
            except ConnectError as error:
                errors.append(str(error))

        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(call)
        assert errors and good and len(errors) + good == 200, (len(errors), good)
        assert all("file descriptor" in error for error in errors), errors[0]
        for _ in range(30):
            assert (await client.chat.create("Hello")).text == "Hi"
        stats = client._sender.transport._own.stats()
        assert stats.open == stats.idle, stats
        assert client._sender.transport.limiter.in_use == 0

anyio.run(main, sys.argv[1], backend=sys.argv[2])
print("done")
"""


@on_loopback
async def test_too_few_file_descriptors_fail_some_calls_by_name_and_none_later() -> None:
    all_here = threading.Event()

    def slow(connection: Connection, request: Request) -> None:
        if not all_here.is_set():
            connection.pause(0.3)  # so that the connections are open at the same time
            all_here.set()
        connection.send(GOOD.encode())

    library = "asyncio" if isinstance(current_token().native_token, asyncio.AbstractEventLoop) else "trio"
    with LoopbackServer(serve_responses([slow])) as server:
        result = await anyio.to_thread.run_sync(
            lambda: subprocess.run(
                [sys.executable, "-W", "error", "-c", FEW_DESCRIPTORS, server.url, library],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        )
    assert result.stdout == "done\n", result.stderr[-2_000:]
