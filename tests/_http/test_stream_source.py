"""Streams over a socket: what becomes of the connection. What is read, and what fails how, are the rows S of faults."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, Retries, Timeouts
from openrouter_async._sansio.json_work import JsonWork
from openrouter_async.streaming.events import StreamEvent
from openrouter_async.types.chat.completion import ChatCompletion
from tests.support.loopback import Connection, LoopbackServer, Request, serve_responses, sse

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)


def chunk(text: str | None = None, *, finish: str | None = None, **fields: object) -> dict[str, object]:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "gen-1", "provider": "P", "model": "a/b", "choices": [choice], **fields}


HEL, LO, STOP, DONE = chunk("Hel"), chunk("lo"), chunk(finish="stop"), "[DONE]"
HELLO = sse(HEL, LO, STOP, DONE)


def client_of(server: LoopbackServer, **arguments: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, **{"retries": FAST, **arguments})


async def events_of(client: AsyncOpenRouter, **options: Any) -> tuple[list[StreamEvent], ChatCompletion[str]]:
    async with client.chat.stream("Hello", **options) as stream:
        return [event async for event in stream], await stream.final()


async def test_a_stream_whose_body_ends_leaves_its_connection_to_the_next_call() -> None:
    def ended(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        connection.end_chunked()

    def late(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        connection.pause(0.01)
        connection.end_chunked()

    with LoopbackServer(serve_responses([ended, late, ended, ended])) as server:
        async with client_of(server) as client:
            for _ in range(4):
                await events_of(client)
            assert client._sender.transport.limiter.in_use == 0
        assert (server.connections, len(server.requests)) == (1, 4)


async def test_a_slow_reader_slows_the_server_and_is_not_idle() -> None:
    sent = 0
    piece = sse(chunk("x" * 65_536))
    count = 640  # 40 MiB, more than all buffers of the system on the way

    def script(connection: Connection, request: Request) -> None:
        nonlocal sent
        connection.start_chunked()
        for _ in range(count):
            connection.chunk(piece)
            sent += 1
        connection.chunk(sse(STOP, DONE))
        connection.end_chunked()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.3, event=0.3)) as client:
            length = 0
            stream = client.chat.stream("Hello")
            async for text in stream.text():
                if not length:
                    await anyio.sleep(0.6)
                    halted_at = sent
                length += len(text)
    assert halted_at < count / 2
    assert length == count * 65_536


async def test_each_byte_of_a_long_event_is_counted_once_also_between_comments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = 0
    add = JsonWork.add

    def noted(work: JsonWork, part: bytes) -> None:
        nonlocal counted
        counted += len(part)
        add(work, part)

    monkeypatch.setattr(JsonWork, "add", noted)
    text = "x" * 2**20
    begun, ended = sse(chunk(text)).rstrip().split(text.encode())

    def script(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(begun + text.encode() + ended)
        for _ in range(50):  # the event has not ended, and comments come
            connection.chunk(b"\n: comment")
            connection.pause(0.002)
        connection.chunk(b"\n\n" + sse(STOP, DONE))
        connection.end_chunked()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server) as client:
            _, reply = await events_of(client)
    assert len(reply.text) == len(text)
    assert len(text) < counted < 1.2 * len(text)
