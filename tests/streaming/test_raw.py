"""The stream of an operation without types of its own: its events, its failures, and that it is always closed."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import BaseModel, JsonValue

from openrouter_async import AsyncOpenRouter, errors
from openrouter_async._sansio.sse import Comment, ServerSentEvent
from openrouter_async.streaming.raw import RawStream
from openrouter_async.streaming.source import PlainBody
from tests.streaming.fakes import DONE, FakeSource, Read

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
ONE, TWO = b'{"n": 1}', b'{"n": 2}'


class Numbered(BaseModel):
    n: int


def stream_of(*attempts: Iterable[Read]) -> tuple[RawStream[Numbered], FakeSource]:
    source = FakeSource(*attempts)
    return RawStream(source, Numbered), source


async def numbers_of(stream: RawStream[Numbered]) -> tuple[list[int], errors.OpenRouterError | None]:
    numbers: list[int] = []
    try:
        async with stream:
            async for event in stream:
                numbers.append(event.n)  # noqa: PERF401  # those before an error are wanted
    except errors.OpenRouterError as error:
        return numbers, error
    return numbers, None


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param([[ONE, TWO, DONE]], id="in one read"),
        pytest.param([[ONE], [TWO], [DONE]], id="in several reads"),
        pytest.param([[ONE, TWO]], id="without [DONE]"),
        pytest.param([[Comment(b"x"), ONE, b""], [ServerSentEvent("n", TWO)]], id="among other things"),
    ],
)
async def test_each_event_is_read_as_the_type(reads: list[Read]) -> None:
    stream, source = stream_of(reads)
    assert await numbers_of(stream) == ([1, 2], None)
    assert source.calls == ["finish"]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_whole_answer_in_place_of_a_stream_is_one_event() -> None:
    stream, _ = stream_of([[PlainBody(ONE)]])
    assert await numbers_of(stream) == ([1], None)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        pytest.param([b'{"n": "x"}'], errors.StreamDecodeError, id="another type"),
        pytest.param([b"{"], errors.StreamDecodeError, id="no json"),
        pytest.param([b'{"error": {"code": 502}}'], errors.ProviderError, id="error"),
        pytest.param(errors.ConnectionLost("reset"), errors.StreamInterrupted, id="lost"),
        pytest.param(errors.RequestTimeout("idle", phase="idle"), errors.RequestTimeout, id="clock"),
    ],
)
async def test_a_failure_after_an_event_is_raised_and_not_repeated(
    bad: Read, kind: type[errors.OpenRouterError]
) -> None:
    stream, source = stream_of([[ONE], bad], [[TWO, DONE]])
    numbers, error = await numbers_of(stream)
    assert (numbers, type(error)) == ([1], kind)
    assert (source.failed, source.retried, source.calls) == (error, [], ["aclose"])
    with pytest.raises(kind):
        await anext(stream)


async def test_events_that_came_with_a_failure_are_given_first() -> None:
    stream, _ = stream_of([[ONE, TWO, b"{"]])
    numbers, error = await numbers_of(stream)
    assert (numbers, type(error)) == ([1, 2], errors.StreamDecodeError)


async def test_a_failure_before_the_first_event_is_repeated() -> None:
    stream, source = stream_of([[Comment(b"x")], errors.ConnectionLost("reset")], [[TWO, DONE]])
    assert await numbers_of(stream) == ([2], None)
    assert len(source.retried) == 1


async def test_a_cancelled_read_closes_the_connection() -> None:
    stream, source = stream_of()

    async def sleep() -> None:
        await anyio.sleep_forever()

    source.read = sleep  # type: ignore[assignment, method-assign]
    with anyio.move_on_after(0.01):
        await anext(stream)
    assert source.calls == ["aclose"]


async def test_leaving_the_block_closes_the_connection_and_ends_the_stream() -> None:
    stream, source = stream_of([[ONE], [TWO, DONE]])
    async with stream:
        await anext(stream)
    assert source.calls == ["aclose"]
    with pytest.raises(errors.ConfigurationError, match="closed before its end"):
        await anext(stream)
    with pytest.raises(errors.ConfigurationError, match="closed"):
        async with stream:
            pass


async def test_a_second_reader_is_refused_and_the_first_goes_on() -> None:
    stream, source = stream_of([[ONE, DONE]])
    resume, given = anyio.Event(), source.read

    async def slow() -> Any:
        await resume.wait()
        return await given()

    source.read = slow  # type: ignore[method-assign]
    read: list[int] = []

    async def first() -> None:
        read.extend([event.n async for event in stream])

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await anyio.sleep(0.01)
        with pytest.raises(errors.ConfigurationError, match="another task"):
            await anext(stream)
        resume.set()
    assert read == [1]


async def test_closing_while_another_task_reads_sends_nothing_again() -> None:
    stream, source = stream_of([errors.ConnectionLost("closed")], [[ONE, DONE]])
    given = source.read

    async def closed_meanwhile() -> Any:
        await stream.aclose()
        return await given()

    source.read = closed_meanwhile  # type: ignore[method-assign]
    with pytest.raises(errors.StreamInterrupted):
        await anext(stream)
    assert source.retried == []


async def test_a_dropped_stream_is_closed_with_one_warning() -> None:
    stream, source = stream_of([[ONE], [TWO, DONE]])
    await anext(stream)
    with pytest.warns(ResourceWarning, match=r"async with client\.stream_request") as warned:
        del stream
    assert len(warned) == 1
    assert source.calls == ["abort"]


async def test_a_stream_that_was_never_read_is_dropped_without_a_word() -> None:
    stream, source = stream_of([[ONE]])
    del stream
    gc.collect()
    assert source.calls == []


async def test_an_error_frees_the_place_also_on_a_transport_of_the_caller() -> None:
    class Body(httpx.AsyncByteStream):
        is_closed = False

        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b'data: {"n": 1}\n\ndata: {\n\n'
            await anyio.sleep_forever()

        async def aclose(self) -> None:
            self.is_closed = True

    body = Body()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=body))
    async with AsyncOpenRouter(KEY, transport=transport) as client:
        with pytest.raises(errors.StreamDecodeError):
            async for _ in client.stream_request("POST", "/x", into=dict[str, JsonValue]):
                pass
        assert body.is_closed
        assert client._sender.transport.limiter.in_use == 0
