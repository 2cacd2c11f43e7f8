"""Streams of the Messages dialect: every block and delta, missing and unknown parts, and streams that break off."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.sse import ServerSentEvent
from openrouter_async.errors import (
    APIStatusError,
    EmptyReply,
    InvalidResponseError,
    Overloaded,
    StreamTruncated,
)
from openrouter_async.streaming.events import (
    AnnotationAdded,
    Finished,
    ItemFinished,
    ItemStarted,
    Keepalive,
    Progress,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from openrouter_async.streaming.messages.accumulator import MessageAccumulator
from openrouter_async.streaming.source import PlainBody, StreamItem
from openrouter_async.streaming.stream import ReplyStream
from openrouter_async.types.common import JsonObject
from openrouter_async.types.messages.reply import MessageReply
from tests.streaming.fakes import FakeSource
from tests.support.message_wire import BLOCKS, MESSAGE, block_events, stream_of

Stream = ReplyStream[JsonObject, MessageReply]
TEXT = {"type": "text", "text": "Hi there", "citations": None}


def named(event: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=str(event.get("type", "")), data=json.dumps(event).encode())


def stream_from(*reads: list[StreamItem] | BaseException | None) -> Stream:
    return ReplyStream(FakeSource(reads), MessageAccumulator)


def wire(events: list[dict[str, Any]]) -> list[StreamItem]:
    return [named(event) for event in events]


async def collected(events: list[dict[str, Any]]) -> tuple[list[StreamEvent[MessageReply]], MessageReply]:
    async with stream_from(wire(events)) as stream:
        got = [event async for event in stream]
        return got, await stream.final()


async def test_every_block_and_delta_comes_through_and_back_byte_by_byte() -> None:
    _, reply = await collected(stream_of(MESSAGE))
    assert json.dumps(reply.as_param()["content"]) == json.dumps(BLOCKS)
    assert reply.end == "done"
    plain = MessageReply.model_validate(MESSAGE)
    assert reply.model_dump(exclude_unset=True) == plain.model_dump(exclude_unset=True)
    assert [call.args for call in reply.tool_calls] == [call.args for call in plain.tool_calls]


async def test_the_events_in_their_order() -> None:
    events, reply = await collected(stream_of(MESSAGE, blocks=[BLOCKS[i] for i in (2, 1, 4)]))
    thinking, text, call = reply.blocks
    kinds = [type(event).__name__ for event in events if not isinstance(event, Keepalive)]
    assert kinds == [
        "ItemStarted", "ReasoningDelta", "ReasoningDelta", "ItemFinished",
        "ItemStarted", "AnnotationAdded", "TextDelta", "TextDelta", "ItemFinished",
        "ItemStarted", "ToolCallDelta", "ToolCallDelta", "ToolCallDelta", "ItemFinished",
        "ToolCall", "UsageReported", "Finished",
    ]  # fmt: skip
    assert [event.item for event in events if isinstance(event, ItemFinished)] == [thinking, text, call]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == reply.text
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == reply.thinking
    *_, last = (event for event in events if isinstance(event, ToolCallDelta))
    assert (last.id, last.name, last.index) == ("toolu_1", "stock", 0)
    assert json.loads(last.arguments_so_far) == BLOCKS[4]["input"]
    assert [event for event in events if isinstance(event, ToolCall)] == reply.tool_calls
    assert [event.usage for event in events if isinstance(event, UsageReported)] == [reply.usage]
    assert events[-1] == Finished(reply)
    assert len([event for event in events if isinstance(event, Keepalive)]) == 1
    (page,) = [event.annotation for event in events if isinstance(event, AnnotationAdded)]
    assert [page] == reply.annotations


async def test_a_cut_after_any_event_keeps_what_came() -> None:
    events = stream_of(MESSAGE)
    for end in range(1, len(events)):
        stream = stream_from(wire(events[:end]), None)
        with pytest.raises(StreamTruncated, match="'message_stop'") as caught:
            await stream.final()
        partial = caught.value.partial
        assert isinstance(partial, MessageReply)
        assert partial.generation_id == "gen-1"
        begun = sum(event["type"] == "content_block_start" for event in events[:end])
        assert len(partial.blocks) == begun
        assert not any(call.complete for call in partial.tool_calls)
        finished = [event["index"] for event in events[:end] if event["type"] == "content_block_stop"]
        assert [partial.blocks[index].raw for index in finished] == [BLOCKS[index] for index in finished]


async def test_done_in_the_midst_of_a_message_is_a_cut_too() -> None:
    events = stream_of(MESSAGE)
    first = [event["type"] for event in events].index("content_block_start") + 1
    for end in range(first, len(events)):
        stream = stream_from([*wire(events[:end]), b"[DONE]"], None)
        if any(event["type"] == "message_delta" for event in events[:end]):
            assert (await stream.final()).finish_reason is not None
            continue
        with pytest.raises(StreamTruncated, match="'message_stop'") as caught:
            await stream.final()
        assert caught.value.partial is not None


@given(cut=st.integers(1, len(stream_of(MESSAGE)) - 1), bare=st.booleans())
def test_how_the_events_are_read_makes_no_difference(cut: int, bare: bool) -> None:
    events = stream_of(MESSAGE)
    accumulator = MessageAccumulator()
    for position, event in enumerate(events):
        if bare and position >= cut:
            event = {
                name: value
                for name, value in event.items()
                if name != "type" or value in ("ping", "message_stop")
            }
        accumulator.feed(accumulator.parse(json.dumps(event).encode()))
    _, reply = accumulator.finish("done")
    assert [block.raw for block in reply.blocks] == BLOCKS
    assert accumulator.is_over


@pytest.mark.parametrize(
    "missing", ["index", "content_block_start", "content_block_stop", "message_start", "message_delta"]
)
async def test_what_a_provider_leaves_out_is_found_out(missing: str) -> None:
    kept = [event for event in stream_of({**MESSAGE, "content": [TEXT]}) if event["type"] != missing]
    events, reply = await collected(
        [{name: event[name] for name in event if name != missing} for event in kept]
    )
    assert reply.text == "Hi there"
    assert len([event for event in events if isinstance(event, ItemFinished)]) == 1


@pytest.mark.parametrize("odd", [{}, {"type": None}, {"type": ["text"]}, {"type": ""}], ids=repr)
async def test_a_block_without_a_type_is_what_its_pieces_are(odd: dict[str, Any]) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    content = [thought, TEXT, call, {**call, "id": "t2"}]
    events = stream_of({**MESSAGE, "content": content, "stop_reason": "tool_use"})
    for event in events:
        if event["type"] == "content_block_start":
            start = event["content_block"]
            event["content_block"] = {name: start[name] for name in start if name != "type"} | odd
    got, reply = await collected(events)
    assert "".join(event.text for event in got if isinstance(event, TextDelta)) == reply.text == "Hi there"
    assert [block.raw for block in reply.blocks] == content
    calls = [(event.id, event.index) for event in got if isinstance(event, ToolCallDelta)]
    assert sorted(set(calls)) == [("t1", 0), ("t2", 1)]


async def test_what_is_unknown_is_told_and_ends_nothing() -> None:
    events = stream_of({**MESSAGE, "content": [TEXT]})
    event = {"type": "message_news", "news": [1]}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "colour_delta", "colour": "red"}}
    lost = {"type": "content_block_delta", "index": 9, "delta": {"type": "colour_delta", "colour": "red"}}
    nothing = {"type": "content_block_start", "index": 1}
    events[3:3] = [event, delta, lost, nothing, {}]
    got, reply = await collected(events)
    told = [event for event in got if isinstance(event, Progress)]
    assert [one.data for one in told] == [event, delta, lost, nothing, {}]
    assert [one.type for one in told] == [
        "message_news",
        *["content_block_delta"] * 2,
        "content_block_start",
        "",
    ]
    assert [block.raw for block in reply.blocks] == [TEXT]


async def test_usage_is_what_was_used_in_all_and_zero_takes_nothing_away() -> None:
    events = stream_of({**MESSAGE, "content": [TEXT]})
    events[0]["message"]["usage"] = {"input_tokens": 12, "output_tokens": 1, "cache_read_input_tokens": 7}
    for tokens in (5, 9):
        events.insert(
            -1, {"type": "message_delta", "delta": {}, "usage": {"output_tokens": tokens, "input_tokens": 0}}
        )
    _, reply = await collected(events)
    assert reply.usage.is_reported
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (12, 9)
    assert reply.usage.cost == Decimal("0.0125")
    assert reply.stop_reason == "tool_use"


async def test_nothing_is_read_behind_the_last_event() -> None:
    source = FakeSource([[*wire(stream_of({**MESSAGE, "content": [TEXT]})), named({"type": "error"})]])
    async with ReplyStream(source, MessageAccumulator) as stream:
        assert (await stream.final()).text == "Hi there"
    assert source.calls == ["finish"]


@pytest.mark.parametrize("name", ["error", ""])
async def test_an_error_in_the_stream_is_that_error_and_keeps_what_came(name: str) -> None:
    error = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
        "request_id": None,
    }
    begun = wire(stream_of(MESSAGE)[:4])
    with pytest.raises(Overloaded, match="Overloaded") as caught:
        await stream_from([*begun, ServerSentEvent(event=name, data=json.dumps(error).encode())]).final()
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Ä lamp,"
    assert caught.value.may_have_been_billed


async def test_a_message_may_come_whole() -> None:
    async with stream_from([PlainBody(json.dumps(MESSAGE).encode())]) as stream:
        events = [event async for event in stream]
        reply = await stream.final()
    assert [block.raw for block in reply.blocks] == BLOCKS
    assert reply.usage.is_reported
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == reply.text
    assert len([event for event in events if isinstance(event, ItemStarted)]) == len(BLOCKS)


async def test_a_signature_in_pieces_is_joined_and_one_that_comes_again_is_not() -> None:
    thinking = {"type": "thinking", "thinking": "T", "signature": "abcd"}
    events = block_events(thinking, 0)
    pieces = [{"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": piece}}
              for piece in ("ab", "cd", "abcd")]  # fmt: skip
    message = stream_of({**MESSAGE, "content": []})
    _, reply = await collected([*message[:2], *events[:-2], *pieces, events[-1], *message[2:]])
    assert [block.raw for block in reply.blocks] == [thinking]


@pytest.mark.parametrize(
    ("second", "whole"), [("\ude00!", "Hi \U0001f600!"), ("you", "Hi \ufffdyou")], ids=["two", "alone"]
)
@pytest.mark.parametrize(("kind", "field"), [("text", "text"), ("thinking", "thinking")])
async def test_a_character_in_two_halves_becomes_one(kind: str, field: str, second: str, whole: str) -> None:
    block = {"type": kind, field: "Hi you", "citations": None, "signature": "s"}
    events = stream_of({**MESSAGE, "content": [block]})
    pieces = iter(("Hi \ud83d", second))
    for event in events:
        if event["type"] == "content_block_delta" and field in event["delta"]:
            event["delta"][field] = next(pieces)
    assert next(pieces, None) is None
    _, reply = await collected(events)
    assert (reply.text or reply.thinking) == whole


async def test_the_arguments_of_a_call_that_was_cut_are_told_and_not_run() -> None:
    message = {**MESSAGE, "stop_reason": "max_tokens", "content": [BLOCKS[4]]}
    events = stream_of(message)
    del events[-4]  # the last piece
    _, reply = await collected(events)
    (call,) = reply.tool_calls
    assert not call.complete
    assert call.args is None
    assert call.arguments == json.dumps(BLOCKS[4]["input"])[: len(call.arguments)]
    (block,) = reply.blocks
    assert block.raw["input"] == {"b": 1.0}


async def test_a_call_without_arguments_has_none_where_it_is_whole() -> None:
    block = {"type": "tool_use", "id": "t", "name": "now", "input": {}}
    _, reply = await collected(stream_of({**MESSAGE, "content": [block]}))
    assert [(call.args, call.arguments, call.complete) for call in reply.tool_calls] == [({}, "{}", True)]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content": [], "stop_reason": "end_turn", "usage": {"output_tokens": 0}}, EmptyReply),
        ({"content": [], "stop_reason": None, "usage": {}}, EmptyReply),
        ({"content": [], "stop_reason": "end_turn", "usage": {"output_tokens": 2}}, None),
        ({"content": [], "stop_reason": "refusal", "usage": {"output_tokens": 0}}, None),
        ({"content": [], "stop_reason": "pause_turn", "usage": None}, None),
    ],
)
async def test_nothing_at_all_is_no_answer(fields: dict[str, Any], error: type[Exception] | None) -> None:
    message = {**MESSAGE, **fields}
    for stream in (
        stream_from(wire(stream_of(message))),
        stream_from([PlainBody(json.dumps(message).encode())]),
    ):
        if error is None:
            assert (await stream.final()).text == ""
            continue
        with pytest.raises(error):
            await stream.final()


async def test_what_is_no_message_is_told() -> None:
    with pytest.raises(InvalidResponseError, match="not a message"):
        await stream_from([PlainBody(b'{"id": "x"}')]).final()
    with pytest.raises(APIStatusError):
        await stream_from(
            [PlainBody(b'{"type": "error", "error": {"type": "api_error", "message": "no"}}')]
        ).final()
