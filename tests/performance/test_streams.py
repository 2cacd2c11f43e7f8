"""What a chunk of a stream costs: the difference of a stream and one twice as long, so that the call is left out."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Scope

from openrouter_async import AsyncOpenRouter
from openrouter_async.server import relay
from openrouter_async.server.chat.safety import Guard
from openrouter_async.server.relays.formats.names import FormatName
from openrouter_async.streaming.events import TextDelta, ToolCallDelta
from tests.performance.counting import (
    READ,
    Reads,
    calls_of,
    client_over,
    reasoning_stream,
    text_stream,
    tool_stream,
)

CHUNKS = 2_000


async def read_text(client: AsyncOpenRouter, chunks: int) -> None:
    async with client.chat.stream("Hi") as stream:
        assert len([piece async for piece in stream.text()]) == chunks


async def read_events(client: AsyncOpenRouter, chunks: int) -> None:
    async with client.chat.stream("Hi") as stream:
        assert len([event async for event in stream if isinstance(event, TextDelta)]) == chunks


async def read_reasoning(client: AsyncOpenRouter, chunks: int) -> None:
    async with client.chat.stream("Hi") as stream:
        assert len([piece async for piece in stream.reasoning()]) == chunks
        [entry] = (await stream.final()).message.reasoning_details or []
    assert len(str(entry["text"]).split()) == chunks


async def read_tool_call(client: AsyncOpenRouter, chunks: int) -> None:
    async with client.chat.stream("Hi") as stream:
        assert len([event async for event in stream if isinstance(event, ToolCallDelta)]) == chunks
        call = (await stream.final()).tool_calls[0]
    assert isinstance(call.args, dict)
    assert len(call.args["text"].split()) == chunks - 2  # type: ignore[union-attr]  # it is text


Reader = Callable[[AsyncOpenRouter, int], Awaitable[None]]


@pytest.mark.parametrize(
    ("read", "stream", "most"),
    [
        pytest.param(read_text, text_stream, 5, id="text"),
        pytest.param(read_events, text_stream, 5, id="events"),
        pytest.param(read_reasoning, reasoning_stream, 12, id="reasoning"),
        pytest.param(read_tool_call, tool_stream, 11, id="tool call"),
    ],
)
async def test_a_chunk_takes_few_function_calls(
    read: Reader, stream: Callable[[int], bytes], most: float
) -> None:
    counts = []
    for chunks in (CHUNKS, 2 * CHUNKS):
        async with client_over(Reads(stream(chunks))) as client:
            counts.append(await calls_of(lambda: read(client, chunks), times=1))  # noqa: B023  # it is awaited here
    assert (counts[1] - counts[0]) / CHUNKS < most


async def test_a_stream_that_is_read_as_text_holds_its_text_and_one_read() -> None:
    """Chunks and events are let go of as they are read."""
    chunks = 20_000
    async with client_over(Reads(text_stream(chunks))) as client:
        await read_text(client, chunks)
        gc.collect()
        tracemalloc.start()
        try:
            async with client.chat.stream("Hi") as stream:
                async for _ in stream.text():
                    pass
                _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most / chunks < 150


@pytest.mark.parametrize(("format", "most"), [("text", 2), ("events", 2), ("ai-sdk", 2), ("openai", 2)])
async def test_a_relay_writes_once_for_each_read(format: FormatName, most: int) -> None:
    """Each write costs about as much as thirty events; head and end are written besides."""
    body = text_stream(CHUNKS)
    reads = -(-len(body) // READ)
    written: list[bytes] = []

    async def send(message: Message) -> None:
        written.append(message.get("body", b""))

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async with client_over(Reads(body)) as client:
        scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await relay(client.chat.stream("Hi"), format=format)(scope, receive, send)
    text = b"".join(written).decode()
    assert all(f"word{number} " in text for number in range(CHUNKS))
    assert len(written) <= reads + most


class Alone(Reads):
    """Each event comes in a read of its own."""

    def __init__(self, body: bytes) -> None:
        super().__init__(b"")
        self._reads = [event + b"\n\n" for event in body.split(b"\n\n") if event]


def bare(client: AsyncOpenRouter) -> StreamingResponse:
    async def pieces() -> AsyncIterator[str]:
        async with client.chat.stream("Hi") as stream:
            async for text in stream.text():
                yield text

    return StreamingResponse(pieces())


async def calls_of_a_chunk(answer: Callable[[AsyncOpenRouter], ASGIApp]) -> float:
    """Return the function calls of answering with a chunk more."""

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        pass

    counts = []
    for chunks in (CHUNKS, 2 * CHUNKS):
        async with client_over(Alone(text_stream(chunks))) as client:
            scope: Scope = {
                "type": "http",
                "method": "GET",
                "path": "/",
                "headers": [(b"host", b"localhost")],
            }
            counts.append(await calls_of(lambda: answer(client)(scope, receive, send), times=1))  # noqa: B023  # it is awaited here
    return (counts[1] - counts[0]) / CHUNKS


@pytest.mark.parametrize(("format", "more"), [("text", 3), ("events", 4), ("ai-sdk", 4)])
async def test_a_chunk_that_comes_alone_costs_a_relay_about_what_it_costs_without(
    format: FormatName, more: float
) -> None:
    """Of which anyio, whose timeouts and locks took two thirds of it, has no part."""
    relayed = await calls_of_a_chunk(lambda client: relay(client.chat.stream("Hi"), format=format))
    assert relayed <= await calls_of_a_chunk(bare) + more


async def test_a_chunk_costs_no_more_behind_the_guard_of_the_chat_page() -> None:
    """One clock of a response is enough: the relay has it."""

    def guarded(client: AsyncOpenRouter) -> ASGIApp:
        return Guard(
            relay(client.chat.stream("Hi")),
            token=None,
            allowed_hosts=(),
            allowed_origins=(),
            max_body_bytes=1,
            max_conversation_bytes=1,
            body_timeout=1,
            write_timeout=30,
        )

    relayed = await calls_of_a_chunk(lambda client: relay(client.chat.stream("Hi")))
    assert await calls_of_a_chunk(guarded) <= relayed + 3
