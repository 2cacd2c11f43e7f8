"""The stream over a source: its views, its failures, and that it never leaves a connection open."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import anyio
import pytest

from openrouter_async._sansio.sse import Comment, ServerSentEvent
from openrouter_async.errors import (
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    ConnectionLost,
    DeadlineExceeded,
    EmptyReply,
    InvalidResponseError,
    OpenRouterError,
    ProviderError,
    RequestTimeout,
    ResponseTooLarge,
    ServerError,
    StreamDecodeError,
    StreamError,
    StreamInterrupted,
    StreamTruncated,
)
from openrouter_async.streaming.events import (
    Finished,
    Keepalive,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from openrouter_async.streaming.source import PlainBody, StreamItem
from openrouter_async.streaming.stream import EventStream
from openrouter_async.types.meta import response_meta
from tests.streaming.fakes import DONE, FakeSource, Read, chunk, deltas

ROLE = chunk({"role": "assistant", "content": ""})
STOP = chunk({}, finish_reason="stop")
HELLO: list[StreamItem] = [*deltas("Hel", "lo"), STOP, DONE]


def stream_of(*attempts: Iterable[Read], **options: Any) -> tuple[EventStream, FakeSource]:
    source = FakeSource(*attempts)
    return EventStream(source, **options), source


async def collect(stream: EventStream) -> tuple[list[StreamEvent], OpenRouterError | None]:
    """Return the events until the end, and the error that was the end."""
    events: list[StreamEvent] = []
    try:
        async with stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401  # those before an error are wanted
    except OpenRouterError as error:
        return events, error
    return events, None


def text_of(events: Iterable[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


# What it gives


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param([HELLO], id="in one read"),
        pytest.param([[item] for item in HELLO], id="in as many reads as items"),
        pytest.param([[], [HELLO[0]], [], HELLO[1:]], id="with empty reads between"),
        pytest.param([[Comment(b"x"), b"", *HELLO, *deltas("late")]], id="with what is to be ignored"),
    ],
)
async def test_events_are_given_however_they_are_read(reads: list[Read]) -> None:
    stream, source = stream_of(reads)
    events, error = await collect(stream)
    assert error is None
    assert text_of(events) == "Hello"
    assert isinstance(events[-1], Finished)
    assert events[-1].completion is await stream.final()
    assert source.calls == ["finish"]


async def test_each_view_gives_its_part() -> None:
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]}
    items = [ROLE, chunk({"reasoning": "hm"}), *deltas("Hel", "lo"), chunk(call), STOP, DONE]

    def fresh() -> EventStream:
        return stream_of([items[:3], items[3:]])[0]

    assert [text async for text in fresh().text()] == ["Hel", "lo"]
    assert [text async for text in fresh().text(choice=1)] == []
    assert [text async for text in fresh().reasoning()] == ["hm"]
    assert [(piece.name, piece.fragment) async for piece in fresh().tool_call_fragments()] == [
        ("f", ""),  # it may hold the place of others until the end
        ("f", "{}"),
    ]
    chunks = [each async for each in fresh().chunks()]
    assert [each.choices[0].delta.content for each in chunks if each.choices and each.choices[0].delta] == [
        *["", None, "Hel", "lo", None, None]
    ]


async def test_the_final_reply_can_be_had_instead_of_and_after_the_events() -> None:
    stream, source = stream_of([HELLO])
    async with stream:
        reply = await stream.final()
        assert await stream.final() is reply
    assert (reply.text, reply.finish_reason, reply.end) == ("Hello", "stop", "done")
    assert (reply.generation_id, response_meta(reply).request_id) == ("gen-1", "req-1")
    assert await stream.final() is reply
    assert source.calls == ["finish"]


async def test_the_views_share_one_sequence_of_events() -> None:
    stream, _ = stream_of([deltas("a", "b", "c"), [*deltas("d"), STOP, DONE]])
    async with stream:
        async for text in stream.text():
            assert text == "a"
            break
        assert stream.snapshot().text == "abc"
        second = await anext(aiter(stream))
        assert isinstance(second, TextDelta)
        assert second.text == "b"
        assert (await stream.final()).text == "abcd"


async def test_what_is_known_grows_with_the_stream() -> None:
    stream, source = stream_of([deltas("a"), [STOP, DONE]])
    assert (stream.meta, stream.generation_id, stream.snapshot().text) == (None, None, "")
    async with stream:
        await anext(stream)
        assert stream.meta == source.meta
        assert stream.generation_id == "gen-1"
        assert stream.snapshot().text == "a"


async def test_comments_are_keepalives() -> None:
    events, _ = await collect(stream_of([[Comment(b"OPENROUTER PROCESSING")], HELLO])[0])
    assert events[0] == Keepalive("OPENROUTER PROCESSING")


async def test_events_with_a_name_are_chunks_too() -> None:
    events, error = await collect(stream_of([[ServerSentEvent("completion", HELLO[0]), *HELLO[1:]]])[0])  # type: ignore[arg-type]  # it is bytes
    assert (text_of(events), error) == ("Hello", None)


@pytest.mark.parametrize(
    ("items", "end"),
    [
        pytest.param([*deltas("x"), DONE], "done", id="only [DONE]"),
        pytest.param([*deltas("x"), STOP], "finish_reason", id="only a finish reason"),
        pytest.param([*deltas("x"), STOP, DONE], "done", id="both"),
    ],
)
async def test_a_stream_is_complete_with_a_finish_reason_or_done(items: list[StreamItem], end: str) -> None:
    stream, _ = stream_of([items])
    reply = await stream.final()
    assert (reply.end, reply.text) == (end, "x")


async def test_iteration_ends_at_done_without_reading_on() -> None:
    stream, source = stream_of([HELLO, ConnectionLost("must not be read")])
    assert await collect(stream) != ([], None)
    assert source.reads == 1


async def test_a_whole_reply_in_place_of_a_stream_is_given_in_pieces() -> None:
    body = json.dumps(
        {"id": "gen-1", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    )
    stream, source = stream_of([[PlainBody(body.encode())]])
    events, error = await collect(stream)
    assert (text_of(events), error, source.calls) == ("Hello", None, ["finish"])
    assert (await stream.final()).end == "finish_reason"


# How it fails


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(None, StreamTruncated, id="clean end"),
        pytest.param(ConnectionLost("reset"), StreamInterrupted, id="reset"),
        pytest.param(RequestTimeout("silence", phase="idle"), RequestTimeout, id="silence"),
        pytest.param(DeadlineExceeded("too late"), DeadlineExceeded, id="deadline"),
        pytest.param(ResponseTooLarge("too long", limit=1), ResponseTooLarge, id="too long"),
        pytest.param([b"{nonsense"], StreamDecodeError, id="no JSON"),
        pytest.param([b'{"choices": 7}'], StreamDecodeError, id="no chunk"),
        pytest.param([b'{"error": {"code": 502, "message": "x"}}', DONE], ProviderError, id="error"),
        pytest.param([b'{"error": "x"}', DONE], ServerError, id="error as text"),
        pytest.param([ServerSentEvent("error", b'{"code": 502}')], ProviderError, id="event named error"),
        pytest.param(
            [ServerSentEvent("error", b'{"error": {"code": 502}}')], ProviderError, id="and wrapped"
        ),
        pytest.param([ServerSentEvent("error", b"it broke")], ServerError, id="and no JSON"),
        pytest.param([chunk({}, finish_reason="error"), DONE], ServerError, id="only a finish reason"),
        pytest.param(
            [chunk({"role": "assistant"}, index=1), chunk(finish_reason="stop", usage={"cost": 0.1})],
            StreamTruncated,
            id="another choice only begun",
        ),
    ],
)
@pytest.mark.parametrize(
    "together", [True, False], ids=["in the read of the last piece", "in a read of its own"]
)
async def test_a_failure_after_a_piece_is_raised_with_what_had_come(
    last: Read, expected: type[OpenRouterError], together: bool
) -> None:
    if together and isinstance(last, list):
        reads: list[Read] = [[*deltas("Hel", "lo"), *last]]
    else:
        reads = [deltas("Hel", "lo"), last]
    stream, source = stream_of(reads, [HELLO])
    events, error = await collect(stream)
    assert type(error) is expected
    assert text_of(events) == "Hello", "pieces that came with the failure are given first"
    assert isinstance(
        error, APIStatusError | StreamError | RequestTimeout | DeadlineExceeded | ResponseTooLarge
    )
    assert error.partial is not None
    assert (error.partial.text, error.partial.end) == ("Hello", None)
    assert error.may_have_been_billed is True
    assert (source.retried, source.failed) == ([], error)
    assert source.calls[:1] == ["aclose"]


async def test_a_lost_connection_stays_the_cause() -> None:
    lost = ConnectionLost("reset")
    _, error = await collect(stream_of([deltas("x"), lost])[0])
    assert error is not None
    assert error.__cause__ is lost


@pytest.mark.parametrize(
    "first",
    [
        pytest.param([ConnectionLost("reset")], id="before anything"),
        pytest.param([[Comment(b"x")], ConnectionLost("reset")], id="after a comment"),
        pytest.param([[ROLE], ConnectionLost("reset")], id="after a role"),
        pytest.param([[ROLE]], id="clean end after a role"),
        pytest.param([[b'{"error": {"code": 502}}']], id="error first"),
        pytest.param([[ROLE, b"{"]], id="nonsense first"),
        pytest.param([[DONE]], id="an empty reply"),
        pytest.param([[PlainBody(b"<html>busy</html>")]], id="a page"),
        pytest.param([[PlainBody(b'{"error": {"code": 503}}')]], id="an error in JSON"),
    ],
)
async def test_a_failure_before_the_first_piece_is_left_to_the_source(first: list[Read]) -> None:
    stream, source = stream_of(first, [HELLO])
    events, error = await collect(stream)
    assert (text_of(events), error, len(source.retried)) == ("Hello", None, 1)
    reply = await stream.final()
    assert reply.text == "Hello"
    assert response_meta(reply).attempts == 2


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        pytest.param([AuthenticationError("401", status=401)], AuthenticationError, id="status"),
        pytest.param([ConnectionLost("reset")], ConnectionLost, id="lost before any chunk"),
        pytest.param([[ROLE], ConnectionLost("reset")], StreamInterrupted, id="lost after a chunk"),
        pytest.param([[Comment(b"x")]], StreamTruncated, id="ended without a chunk"),
        pytest.param([[DONE]], EmptyReply, id="nothing in it"),
        pytest.param([[PlainBody(b"<html>busy</html>")]], InvalidResponseError, id="a page"),
        pytest.param([[PlainBody(b'{"error": {"code": 502}}')]], ProviderError, id="an error in JSON"),
    ],
)
async def test_the_error_of_the_last_attempt_is_raised_and_stays(
    reads: list[Read], expected: type[OpenRouterError]
) -> None:
    stream, _ = stream_of(reads)
    _, error = await collect(stream)
    assert type(error) is expected
    assert error.may_have_been_billed is not True
    for again in (stream.final(), anext(stream)):
        with pytest.raises(expected) as caught:
            await again
        assert caught.value is error


USED = chunk({}, finish_reason="stop", usage={"prompt_tokens": 1, "completion_tokens": 2})


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param([b"null"], id="null"),
        pytest.param([b" "], id="blank"),
        pytest.param([b'""'], id="an empty text"),
        pytest.param([b"[]"], id="an empty list"),
        pytest.param([ServerSentEvent("ping", b"")], id="a ping without data"),
        pytest.param([ServerSentEvent("ping", b"still here")], id="a ping with text"),
        pytest.param([ServerSentEvent("ping", b'{"type": "ping"}')], id="a ping with an object"),
        pytest.param([ServerSentEvent("heartbeat", b"{")], id="a heartbeat with anything"),
        pytest.param([ServerSentEvent("status", b"queued")], id="another name with text"),
        pytest.param([chunk([])], id="a list for a delta"),
        pytest.param([chunk({"tool_calls": {}})], id="an object for calls"),
        pytest.param([chunk({"content": {}, "reasoning_details": ""})], id="nothing for content"),
        pytest.param([chunk({"tool_calls": [None]})], id="a null among calls"),
        pytest.param([b'{"choices": {}}'], id="an object for choices"),
    ],
)
async def test_what_says_nothing_ends_nothing(extra: list[StreamItem]) -> None:
    for items in (
        [*extra, *deltas("Hel", "lo"), USED, DONE],
        [*deltas("Hel"), *extra, *deltas("lo"), USED, *extra, DONE],
    ):
        stream, source = stream_of([items])
        events, error = await collect(stream)
        assert (text_of(events), error, source.retried) == ("Hello", None, [])


@pytest.mark.parametrize("done", [b"[DONE] ", b" [DONE]", b"[DONE]\r", b'"[DONE]"'])
async def test_the_mark_of_the_end_may_be_padded(done: bytes) -> None:
    stream, _ = stream_of([[*deltas("Hel", "lo"), done]])
    assert (await stream.final()).text == "Hello"


@pytest.mark.parametrize("lost", [ConnectionLost("reset"), RequestTimeout("silence", phase="idle")])
async def test_a_stream_that_lacks_only_its_end_is_whole(lost: OpenRouterError) -> None:
    stream, source = stream_of([[*deltas("Hel", "lo"), USED], lost])
    events, error = await collect(stream)
    assert (text_of(events), error) == ("Hello", None)
    reply = await stream.final()
    assert (reply.end, reply.usage.is_reported, source.retried) == ("finish_reason", True, [])
    for items in ([*deltas("Hel", "lo"), STOP], [*deltas("Hel"), chunk({}, usage={"prompt_tokens": 1})]):
        _, error = await collect(stream_of([items, lost])[0])
        assert error is not None, "without its usage, or without a finish reason, it may lack more"


async def test_an_object_where_a_list_of_calls_is_wanted_is_one_call() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    stream, _ = stream_of([[chunk({"tool_calls": call}), STOP, DONE]])
    assert [each.name for each in (await stream.final()).tool_calls] == ["f"]


def halves(text: str) -> bytes:
    """Return a chunk whose text holds surrogates, written as JSON does."""
    return chunk({"content": text})


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        pytest.param(["a\ud83d", "\ude00b"], "a😀b", id="joined"),
        pytest.param(["\ud83d", "", "\ude00"], "😀", id="with nothing between"),
        pytest.param(["a\ud83d", "\ude00\ud83d", "\ude01"], "a😀😁", id="one after another"),
        pytest.param(["a\ud83d", "b"], "a\ufffdb", id="the second half is missing"),
        pytest.param(["a", "\ude00b"], "a\ufffdb", id="the first half is missing"),
    ],
)
async def test_a_character_in_two_halves_is_one(pieces: list[str], text: str) -> None:
    stream, _ = stream_of([[*map(halves, pieces), STOP, DONE]])
    events, error = await collect(stream)
    assert (text_of(events), error) == (text, None)
    assert (await stream.final()).text == text


async def test_halves_of_different_texts_are_not_mixed() -> None:
    def both(*texts: str) -> bytes:
        call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": texts[1]}}
        return chunk({"content": texts[0], "tool_calls": [call]})

    stream, _ = stream_of([[both("\ud83d", '{"x": "\ud83c'), both("\ude00", '\udf0d"}'), STOP, DONE]])
    reply = await stream.final()
    assert (reply.text, reply.tool_calls[0].args) == ("😀", {"x": "🌍"})


async def test_bad_events_can_be_skipped_and_are_counted() -> None:
    items = [*deltas("Hel"), b"{", b'{"choices": 1}', *deltas("lo"), STOP, DONE]
    stream, _ = stream_of([items], on_bad_event="skip")
    assert (await stream.final()).text == "Hello"
    assert stream.skipped_events == 2


async def test_a_decode_error_keeps_the_data_but_does_not_say_it() -> None:
    _, error = await collect(stream_of([[*deltas("x"), b'{"choices": "secret"}' + b" " * 1_000]])[0])
    assert isinstance(error, StreamDecodeError)
    assert error.data is not None
    assert len(error.data) <= 201
    assert "choices" in str(error)


def test_what_to_do_about_bad_events_is_checked() -> None:
    with pytest.raises(ConfigurationError, match="on_bad_event is 'ignore'"):
        stream_of([HELLO], on_bad_event="ignore")


# How it lives and ends


async def test_nothing_is_sent_before_it_is_read() -> None:
    stream, source = stream_of([HELLO])
    async with stream:
        assert source.reads == 0
    assert source.reads == 0


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda stream: anext(stream), id="after an event"),
        pytest.param(lambda stream: anext(stream.text()), id="after a text"),
        pytest.param(lambda stream: anext(stream.chunks()), id="after a chunk"),
    ],
)
async def test_leaving_the_block_closes_the_connection(leave: Callable[[EventStream], Any]) -> None:
    stream, source = stream_of([deltas("a", "b"), deltas("c")])
    async with stream:
        await leave(stream)
    assert source.calls == ["aclose"]
    with pytest.raises(ConfigurationError, match="closed"):
        await anext(stream)
    with pytest.raises(ConfigurationError, match="closed"):
        await stream.final()
    with pytest.raises(ConfigurationError, match="closed"):
        await stream.__aenter__()


async def test_leaving_the_block_at_the_last_event_frees_the_connection_for_reuse() -> None:
    stream, source = stream_of([HELLO])
    async with stream:
        async for event in stream:
            if isinstance(event, Finished):
                break
    assert source.calls == ["finish"]


async def test_used_bare_it_closes_itself_at_its_end() -> None:
    stream, source = stream_of([HELLO])
    assert text_of([event async for event in stream]) == "Hello"
    assert source.calls == ["finish"]


async def test_used_bare_it_closes_itself_on_errors() -> None:
    stream, source = stream_of([deltas("x")])
    with pytest.raises(StreamTruncated):
        async for _ in stream:
            pass
    assert source.calls == ["aclose"]


@pytest.mark.parametrize("view", ["events", "text"])
async def test_dropped_after_a_break_it_is_closed_with_one_warning(view: str) -> None:
    stream, source = stream_of([deltas("a", "b")])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pieces: AsyncIterator[object] = stream.text() if view == "text" else stream
        async for _ in pieces:
            break
        del stream, pieces
        for _ in range(5):
            await asyncio.sleep(0)  # the event loop closes the generator of a view, in a task of its own
        gc.collect()
    assert source.calls == ["abort"]
    assert [(w.category, "async with" in str(w.message)) for w in caught] == [(ResourceWarning, True)]


@pytest.mark.parametrize("reads", [0, 1, 4], ids=["never read", "left at Finished", "read to the end"])
async def test_dropped_with_nothing_open_it_is_silent(reads: int) -> None:
    stream, source = stream_of([[*deltas("x"), STOP, DONE]])
    seen = 0
    if reads:
        async for event in stream:
            seen += 1
            if reads == 1 and isinstance(event, Finished):
                break
    del stream
    gc.collect()  # a warning would fail the test
    assert source.calls == {0: [], 1: ["abort"], 4: ["finish"]}[reads]


class StalledSource(FakeSource):
    """Stalls in its second read; `is_stalled` is set then."""

    def __init__(self) -> None:
        super().__init__([deltas("a")])
        self.is_stalled = anyio.Event()

    async def read(self) -> list[StreamItem] | None:
        if self.reads:
            self.is_stalled.set()
            await anyio.sleep_forever()
        return await super().read()


async def test_cancelling_a_read_closes_the_connection_at_once() -> None:
    source = StalledSource()
    stream = EventStream(source)

    async def read() -> None:
        async for _ in stream:
            pass

    task = asyncio.create_task(read())
    await source.is_stalled.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.calls == ["aclose"]


async def test_a_second_task_that_reads_is_refused_and_the_first_goes_on() -> None:
    source = StalledSource()
    async with EventStream(source) as stream:
        assert isinstance(await anext(stream), TextDelta)
        first = asyncio.create_task(stream.__anext__())  # type: ignore[arg-type]  # a coroutine it is
        await source.is_stalled.wait()
        with pytest.raises(ConfigurationError, match="another task"):
            await anext(stream)
        assert not first.done()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_errors_of_the_callers_own_pass_unchanged() -> None:
    stream, source = stream_of([deltas("a"), [STOP, DONE]])

    async def use() -> None:
        async with stream:
            async for _ in stream:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await use()
    assert source.calls == ["aclose"]


async def test_an_unforeseen_error_of_the_source_closes_the_connection() -> None:
    stream, source = stream_of([deltas("a"), ZeroDivisionError()])
    with pytest.raises(ZeroDivisionError):
        await stream.final()
    assert source.calls == ["aclose"]


async def test_nothing_is_read_ahead_of_a_slow_consumer() -> None:
    stream, source = stream_of([deltas("a", "b"), deltas("c"), [STOP, DONE]])
    async with stream:
        await anext(stream)
        await anext(stream)
        assert source.reads == 1


async def test_tool_calls_come_whole_after_their_pieces() -> None:
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}]}
    events, _ = await collect(stream_of([[chunk(call, finish_reason="tool_calls")], [DONE]])[0])
    assert [type(event) for event in events] == [ToolCallDelta, ToolCall, Finished]


@pytest.mark.parametrize("complete", [False, True], ids=["left", "whole"])
async def test_where_closing_fails_the_connection_is_dropped(complete: bool) -> None:
    class Broken(FakeSource):
        async def aclose(self) -> None:
            raise OSError("the close failed")

        async def finish(self, answer: object = None) -> None:
            raise OSError("the close failed")

    source = Broken([[*deltas("x"), STOP, DONE]] if complete else [deltas("x")])
    stream = EventStream(source)
    await anext(stream)
    with pytest.raises(OSError, match="the close failed"):
        await (stream.final() if complete else stream.aclose())
    assert source.calls == ["abort"]
