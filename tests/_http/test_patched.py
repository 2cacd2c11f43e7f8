"""Whoever patches a method of httpx or httpcore sees our calls there, and they stay what they were."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any, Literal
from unittest import mock

import anyio
import httpcore
import httpx
import pytest
from httpx._client import ClientState

from openrouter_async import AsyncOpenRouter, ConnectError, StreamInterrupted
from openrouter_async._http.patched import CLIENT, CORE, TRANSPORT, Closing, Watch
from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.options import Limits
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, refused_port, serve_responses
from tests.support.pools import count_connections

MODEL = "acme/model"
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris"}}
COMPLETION = {"id": "gen-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [CHOICE]}

METHODS = [
    (httpx.AsyncClient, "send"),
    (httpx.AsyncClient, "_send_handling_auth"),
    (httpx.AsyncClient, "_send_handling_redirects"),
    (httpx.AsyncClient, "_send_single_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request"),
    (httpcore.AsyncConnectionPool, "handle_async_request"),
    (httpcore.AsyncHTTPConnection, "handle_async_request"),
]
each_method = pytest.mark.parametrize(
    ("owner", "name"), METHODS, ids=[f"{o.__name__}.{n}" for o, n in METHODS]
)
both_parsers = pytest.mark.parametrize("parser", ["h11", "httptools"])
Parser = Literal["h11", "httptools"]


def follow(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[str]:
    """Wrap a method as tracing tools do, and return the list to which it writes each call."""
    seen: list[str] = []
    original = getattr(owner, name)

    async def wrapper(self: object, request: Any, *args: object, **kwargs: object) -> object:
        seen.append(f"{owner.__name__}.{name}")
        return await original(self, request, *args, **kwargs)

    monkeypatch.setattr(owner, name, wrapper)
    return seen


def client_of(server: LoopbackServer, parser: Parser = "h11") -> AsyncOpenRouter:
    return AsyncOpenRouter("sk-or-v1-0000", base_url=server.url, default_model=MODEL, http_parser=parser)


@pytest.mark.loopback
@both_parsers
@each_method
async def test_a_wrapper_sees_each_call_once_and_connections_are_kept(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        async with client_of(server, parser) as client:
            await client.chat.create("Hi")
            with monkeypatch.context() as patch:
                seen = follow(patch, owner, name)
                for _ in range(3):
                    assert (await client.chat.create("Hi")).text == "Paris"
                assert len(seen) == 3
            await client.chat.create("Hi")
            assert len(seen) == 3
        assert server.connections == 1
        assert len(server.requests) == 5


@both_parsers
@each_method
async def test_a_mock_answers_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    response: object = httpx.Response(200, json=COMPLETION, request=httpx.Request("POST", "http://mocked"))
    if owner.__module__.startswith("httpcore"):
        response = httpcore.Response(200, content=httpx.Response(200, json=COMPLETION).content)
    played = mock.AsyncMock(return_value=response)
    monkeypatch.setattr(owner, name, played)
    async with AsyncOpenRouter("sk-or-v1-0000", http_parser=parser) as client:
        assert (await client.chat.create("Hi", model=MODEL)).text == "Paris"
    played.assert_awaited_once()


@pytest.mark.loopback
@both_parsers
async def test_through_all_layers_a_request_is_sent_byte_for_byte_as_without_them(
    monkeypatch: pytest.MonkeyPatch, parser: Parser
) -> None:
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        async with client_of(server, parser) as client:
            await client.chat.create("Grüße")
            for owner, name in METHODS:
                follow(monkeypatch, owner, name)
            await client.chat.create("Grüße")
        plain, watched = server.requests
    assert (watched.method, watched.path, watched.body) == (plain.method, plain.path, plain.body)
    assert watched.headers == plain.headers


@pytest.mark.loopback
@both_parsers
@each_method
async def test_a_connection_that_went_stale_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    def close_at_the_second(connection: Connection) -> None:
        connection.read_request()
        connection.respond(json=COMPLETION)
        if connection.number == 1:
            connection.read_request()
            connection.close()

    with LoopbackServer(close_at_the_second) as server:
        seen = follow(monkeypatch, owner, name)
        async with client_of(server, parser) as client:
            for _ in range(2):
                assert (await client.chat.create("Hi")).text == "Paris"
        assert len(seen) == 2
        assert server.connections == 2


@pytest.mark.loopback
@pytest.mark.direct("a proxy says otherwise that a connection is refused")
@both_parsers
@each_method
async def test_failures_are_what_they_are_without_it(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    def break_off(connection: Connection) -> None:
        connection.read_request()
        connection.start_chunked()
        connection.event({**COMPLETION, "choices": [{"index": 0, "delta": {"content": "Par"}}]})
        connection.close()

    follow(monkeypatch, owner, name)
    async with AsyncOpenRouter(
        "sk-or-v1-0000",
        base_url=f"http://127.0.0.1:{refused_port()}/api/v1",
        retries=None,
        http_parser=parser,
    ) as client:
        with pytest.raises(ConnectError, match="Connection refused"):
            await client.chat.create("Hi", model=MODEL)
    with LoopbackServer(break_off) as server:
        async with client_of(server, parser) as client, client.chat.stream("Hi") as stream:
            with pytest.raises(StreamInterrupted, match=r"the connection to 127\.0\.0\.1 was lost") as raised:
                async for _ in stream:
                    pass
        assert raised.value.partial is not None
        assert raised.value.partial.text == "Par"


@pytest.mark.loopback
@both_parsers
@each_method
async def test_leaving_a_stream_closes_its_connection_at_once(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    closed = []

    def endless(connection: Connection) -> None:
        connection.read_request()
        connection.start_chunked()
        connection.event({**COMPLETION, "choices": [{"index": 0, "delta": {"content": "Par"}}]})
        closed.append(connection.wait_closed())

    follow(monkeypatch, owner, name)
    with LoopbackServer(endless) as server:
        async with client_of(server, parser) as client:
            async with client.chat.stream("Hi") as stream:
                async for _ in stream:
                    break
            assert await anyio.to_thread.run_sync(lambda: server.wait_until(lambda: closed == [True]))


@pytest.mark.loopback
@both_parsers
@each_method
async def test_calls_that_are_cancelled_leave_no_place_taken(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, parser: Parser
) -> None:
    def slow(connection: Connection, request: Request) -> None:
        if b"slow" in request.body:
            connection.wait_closed()
            connection.close()
        else:
            connection.respond(json=COMPLETION)

    follow(monkeypatch, owner, name)
    with LoopbackServer(serve_responses([slow])) as server:
        async with client_of(server, parser) as client:
            for _ in range(2):
                with anyio.move_on_after(0.1):
                    async with anyio.create_task_group() as group:
                        for _ in range(20):
                            group.start_soon(client.chat.create, "slow")
            async with anyio.create_task_group() as group:
                for _ in range(40):
                    group.start_soon(client.chat.create, "Hi")


async def test_the_pool_of_httpcore_keeps_nothing_of_calls_that_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follow(monkeypatch, httpcore.AsyncConnectionPool, "handle_async_request")
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        transport = ConnectionTransport(limits=Limits())
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            for _ in range(5):
                assert (await client.get(server.url)).json() == COMPLETION
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{refused_port()}")
            assert len(transport._pool.connections) <= 1
            assert count_connections(transport).open == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "library", ["httpx.AsyncClient.send", "httpx.AsyncHTTPTransport.handle_async_request"]
)
def test_what_was_patched_before_we_were_imported_is_seen(library: str) -> None:
    owner, _, name = library.rpartition(".")
    program = f"""
import functools, httpx
real = {library}
@functools.wraps(real)
async def patched(self, request, **kwargs):
    raise LookupError("seen")
{owner}.{name} = patched
import asyncio
from openrouter_async import AsyncOpenRouter
async def main():
    for parser in "h11", "httptools":
        async with AsyncOpenRouter("sk-or-v1-0", base_url="http://127.0.0.1:1/api/v1", http_parser=parser) as client:
            try:
                await client.chat.create("Hi", model="acme/model")
            except LookupError as error:
                print(error)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("seen\nseen\n", "")


@pytest.mark.parametrize("is_read", [True, False])
async def test_a_body_that_is_left_is_closed_after_the_generator_that_reads_it(is_read: bool) -> None:
    told: list[str] = []

    class Body:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                yield b"first"
                yield b"second"
            finally:
                told.append("generator")

        async def aclose(self) -> None:
            told.append("body")

    body = Closing(Body())
    if is_read:
        assert await anext(aiter(body)) == b"first"
    await body.aclose()
    assert told == (["generator", "body"] if is_read else ["body"])


def test_nothing_is_patched_by_default() -> None:
    assert not any(watch.sees_a_patch() for watch in (CLIENT, TRANSPORT, CORE))


class Equal:
    """Stands for what it wraps in every comparison, as the wrappers of wrapt do."""

    def __init__(self, wrapped: object) -> None:
        self.wrapped = wrapped

    def __eq__(self, other: object) -> bool:
        return other is self.wrapped

    __hash__ = None  # type: ignore[assignment]


def test_a_wrapper_that_is_equal_to_what_it_wraps_is_a_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    for watch, (owner, name) in ((CLIENT, METHODS[0]), (TRANSPORT, METHODS[4]), (CORE, METHODS[5])):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, Equal(getattr(owner, name)))
            assert watch.sees_a_patch()
        assert not watch.sees_a_patch()


def test_a_name_that_a_library_does_not_have_is_no_patch() -> None:
    assert not Watch((httpx.AsyncClient, "_of_a_version_to_come")).sees_a_patch()


def test_the_default_transport_is_one_of_httpx() -> None:
    assert isinstance(ConnectionTransport(limits=Limits()), httpx.AsyncHTTPTransport)


@pytest.mark.loopback
@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
async def test_the_log_of_httpx_has_a_line_for_each_call_where_it_is_wanted(
    caplog: pytest.LogCaptureFixture, level: int, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--httptools"):
        pytest.skip("with httptools that log is silent")
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        async with client_of(server) as client:
            caplog.set_level(level, httpx.__name__)
            for _ in range(2):
                await client.chat.create("Hi")
            asked = client._sender.transport._client._state is not ClientState.UNOPENED
        assert server.connections == 1
    lines = [record.getMessage() for record in caplog.records if record.name == httpx.__name__]
    if level == logging.INFO:
        assert [line.partition(": ")[0] for line in lines] == ["HTTP Request"] * 2
    else:
        assert not lines
        assert not asked, "nobody sees the difference"


@pytest.mark.loopback
async def test_a_class_in_the_place_of_the_client_of_httpx_sees_the_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    class Watching(httpx.AsyncClient):
        async def send(self, request: httpx.Request, **arguments: Any) -> httpx.Response:
            seen.append(request.url.path)
            return await super().send(request, **arguments)

    monkeypatch.setattr(httpx, "AsyncClient", Watching)
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        async with client_of(server) as client:
            await client.chat.create("Hi")
    assert seen == ["/api/v1/chat/completions"]
