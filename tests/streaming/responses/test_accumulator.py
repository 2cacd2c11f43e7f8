"""Events of Responses streams as ours, and the reply that they are put together to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from openrouter_async._sansio.response_body import ResponseCall
from openrouter_async.errors import APIStatusError, EmptyReply, StreamTruncated
from openrouter_async.streaming.events import (
    AnnotationAdded,
    Finished,
    ImageDelta,
    ItemFinished,
    ItemStarted,
    Progress,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from openrouter_async.streaming.responses.accumulator import ResponsesAccumulator
from openrouter_async.streaming.source import PlainBody, StreamItem
from openrouter_async.streaming.stream import ResponseStream
from openrouter_async.testing.facts.samples import choices, full_sample
from openrouter_async.testing.facts.shapes import Shape, fields_of, members, tags_of
from openrouter_async.testing.facts.table import load_facts
from openrouter_async.types.chat.parts import UrlCitation
from openrouter_async.types.responses.items import read_item
from openrouter_async.types.responses.response import Response

from ..fakes import DONE, FakeSource

FACTS = load_facts()
CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "a/b", "output": []}}
MESSAGE: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "stock", "arguments": ""}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA=="}
USAGE = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8, "cost": 0.001}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def added(item: object, index: int | None = 0) -> dict[str, Any]:
    return _placed({"type": "response.output_item.added", "item": item}, index)


def done(item: object, index: int | None = 0) -> dict[str, Any]:
    return _placed({"type": "response.output_item.done", "item": item}, index)


def delta(kind: str, text: str, index: int | None = 0, **fields: object) -> dict[str, Any]:
    return _placed({"type": f"response.{kind}.delta", "delta": text, **fields}, index)


def _placed(event: dict[str, Any], index: int | None) -> dict[str, Any]:
    return event if index is None else {**event, "output_index": index}


def completed(*output: object, kind: str = "completed", **fields: object) -> dict[str, Any]:
    response = {"id": "resp_1", "status": kind, "model": "a/b", "output": [*output], "usage": USAGE, **fields}
    return {"type": f"response.{kind}", "response": response}


def wire(*events: dict[str, Any]) -> list[StreamItem]:
    return [json.dumps(event).encode() for event in events]


async def read(*events: dict[str, Any]) -> tuple[list[StreamEvent[Response]], Response]:
    """Return the events of a stream, and its reply."""
    async with ResponseStream(FakeSource([wire(*events)])) as stream:
        seen = [event async for event in stream]
        return seen, await stream.final()


def texts(events: Sequence[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def sent(*given: Any) -> list[Any]:
    body: list[Any] = json.loads(ResponseCall(given, "a/b").body())["input"]
    return body


async def test_text_reasoning_and_a_call_are_events_and_a_reply() -> None:
    whole = {**CALL, "arguments": '{"what":"lamp"}', "status": "completed"}
    said = {**MESSAGE, "content": [text_part("Hi you")]}
    events, reply = await read(
        CREATED,
        added(REASONING),
        delta("reasoning_summary_text", "I ", summary_index=0),
        delta("reasoning_summary_text", "see.", summary_index=0),
        delta("reasoning_summary_text", "So.", summary_index=1),
        done({**REASONING, "summary": [{"type": "summary_text", "text": t} for t in ("I see.", "So.")]}),
        added(MESSAGE, 1),
        delta("output_text", "Hi ", 1, content_index=0),
        delta("output_text", "you", 1, content_index=0),
        done(said, 1),
        added(CALL, 2),
        delta("function_call_arguments", '{"what":', 2),
        delta("function_call_arguments", '"lamp"}', 2),
        done(whole, 2),
        completed(),
    )
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    fragments = [event for event in events if isinstance(event, ToolCallDelta)]
    assert [type(event) for event in events[-3:]] == [ToolCall, UsageReported, Finished]
    assert (texts(events), thoughts) == ("Hi you", "I see.\n\nSo.")
    assert (reply.text, reply.reasoning) == ("Hi you", "I see.\n\nSo.")
    assert [(f.id, f.index, f.name, f.fragment) for f in fragments] == [
        ("c1", 0, "stock", '{"what":'),
        ("c1", 0, "stock", '"lamp"}'),
    ]
    assert fragments[-1].arguments_so_far == '{"what":"lamp"}'
    assert [(call.id, call.args, call.complete) for call in reply.tool_calls] == [
        ("c1", {"what": "lamp"}, True)
    ]
    assert [event.index for event in events if isinstance(event, ItemStarted)] == [0, 1, 2]
    assert [event.item.raw for event in events if isinstance(event, ItemFinished)] == reply.raw_items
    assert reply.raw_items[1:] == [said, whole]
    assert reply.finish_reason == "tool_calls"
    assert reply.usage.is_reported
    assert (reply.usage.prompt_tokens, str(reply.cost)) == (5, "0.001")
    assert reply.end == "done"


RESPONSES = FACTS.operations["createResponses"]
assert RESPONSES.event is not None
assert RESPONSES.reply is not None


def kinds_at(shape: Shape, *path: str) -> list[str]:
    """Return the types of the objects that may be in this field of a shape, without the seconds that samples take."""
    for name in path:
        [member], _ = members(shape, FACTS.shapes)
        shape = fields_of(member)[name].shape
    found, _ = members(shape, FACTS.shapes)
    if found[0]["type"] == "array":
        found, _ = members(found[0]["items"], FACTS.shapes)
    return sorted({str(tags_of(member)["type"]) for member in found})


EVENT_KINDS = kinds_at(RESPONSES.event, "data")
ITEM_KINDS = kinds_at(RESPONSES.reply, "output")
ENDS = {"response.completed", "response.incomplete", "response.failed", "error"}


@cache
def event_samples() -> dict[str, list[Any]]:
    """Return samples of every event of the facts, by type."""
    by_type: dict[str, list[Any]] = {}
    for number in range(choices(RESPONSES.event, FACTS.shapes)):
        sample: Any = full_sample(RESPONSES.event, FACTS.shapes, choice=number)
        by_type.setdefault(sample["data"]["type"], []).append(sample["data"])
    return by_type


@cache
def item_samples() -> dict[str, Any]:
    """Return a full item of every kind of the facts."""
    items: dict[str, Any] = {}
    for number in range(choices(RESPONSES.reply, FACTS.shapes)):
        reply: Any = full_sample(RESPONSES.reply, FACTS.shapes, choice=number)
        items.update((item["type"], item) for item in reply["output"])
    return items


@pytest.mark.slow
def test_the_facts_have_as_many_kinds_as_were_counted() -> None:
    assert (len(EVENT_KINDS), len(ITEM_KINDS)) == (49, 33)
    assert (sorted(event_samples()), sorted(item_samples())) == (EVENT_KINDS, ITEM_KINDS)


@pytest.mark.parametrize("kind", EVENT_KINDS)
async def test_every_event_of_the_facts_passes(kind: str) -> None:
    for sample in event_samples()[kind]:
        variants: list[dict[str, Any]] = [sample, {"type": kind}, {**dict.fromkeys(sample), "type": kind}]
        for event in variants:
            if kind in ("response.failed", "error"):
                with pytest.raises(APIStatusError):
                    await read(CREATED, event)
            elif kind in ENDS:
                status = {"response": {**(event.get("response") or {}), "error": None, "status": "completed"}}
                seen, reply = await read(added(MESSAGE), delta("output_text", "Hi"), {**event, **status})
                assert texts(seen).startswith("Hi")
                assert reply.finish_reason is not None
            else:
                _, reply = await read(event, added(MESSAGE, 90), delta("output_text", "Hi", 90), completed())
                assert "Hi" in reply.text


@pytest.mark.parametrize("kind", ITEM_KINDS)
async def test_every_item_of_the_facts_passes_through_and_back(kind: str) -> None:
    item = item_samples()[kind]
    for output in ([item], []):
        events, reply = await read(CREATED, added({**item}), done(item), completed(*output))
        assert reply.raw_items == [item]
        assert [event.item.raw for event in events if isinstance(event, ItemFinished)] == [item]
    assert [each.raw for each in reply.items] == [item]
    assert [each for each in sent(reply) if each.get("type") == kind] == [item]
    assert [each for each in sent(*reply.items) if each.get("type") == kind] == [item]
    bare = {"type": kind}
    _, reply = await read(added(bare), done(bare), completed())
    assert reply.raw_items == [bare]
    assert reply.items[0].type == kind


async def test_what_is_not_known_is_progress_and_ends_nothing() -> None:
    keep_alive: dict[str, Any] = {"type": "response.keep_alive", "sequence_number": 3}
    events, reply = await read(
        keep_alive, {"no": "type"}, added({"type": "new:thing", "x": [None]}), completed()
    )
    assert events[:2] == [Progress("response.keep_alive", keep_alive), Progress("", {"no": "type"})]
    assert reply.items[0].raw == {"type": "new:thing", "x": [None]}


STREAM: tuple[dict[str, Any], ...] = (
    CREATED,
    added(MESSAGE),
    delta("output_text", "Hi ", content_index=0),
    delta("output_text", "you", content_index=0),
    done({**MESSAGE, "content": [text_part("Hi you")]}),
    added(CALL, 1),
    delta("function_call_arguments", '{"what":"lamp"}', 1),
    done({**CALL, "arguments": '{"what":"lamp"}'}, 1),
)


@pytest.mark.parametrize("end", [[], [DONE]], ids=["cut", "[DONE]"])
@pytest.mark.parametrize("count", range(1, len(STREAM) + 1))
async def test_a_cut_after_any_event_is_a_truncated_stream_with_what_had_come(
    count: int, end: list[StreamItem]
) -> None:
    stream = ResponseStream(FakeSource([[*wire(*STREAM[:count]), *end], None]))
    with pytest.raises(StreamTruncated) as caught:
        await stream.final()
    partial = caught.value.partial
    assert isinstance(partial, Response)
    assert partial.text == ("" if count < 3 else "Hi " if count == 3 else "Hi you")
    assert not any(call.complete for call in partial.tool_calls)
    assert partial.finish_reason is None
    assert caught.value.generation_id == "resp_1"


@pytest.mark.parametrize("missing", ["output_index", "item_id", "content_index", "id"])
async def test_a_field_that_is_missing_in_every_event_loses_nothing(missing: str) -> None:
    ids: dict[str, Any] = {"item_id": "msg_1"}
    events = [
        CREATED,
        added(MESSAGE),
        delta("output_text", "Hi ", content_index=0, **ids),
        delta("output_text", "you", content_index=0, **ids),
        done({**MESSAGE, "content": [text_part("Hi you")]}),
        added(CALL, 1),
        delta("function_call_arguments", "{}", 1, item_id="fc_1"),
        done({**CALL, "arguments": "{}"}, 1),
        completed(),
    ]
    less = [
        {name: _without(value, missing) for name, value in event.items() if name != missing}
        for event in events
    ]
    seen, reply = await read(*less)
    assert texts(seen) == reply.text == "Hi you"
    assert [call.args for call in reply.tool_calls] == [{}]
    assert [item.type for item in reply.items] == ["message", "function_call"]


@pytest.mark.parametrize("told", [added, done])
@pytest.mark.parametrize("id", [None, "", 7, [], {}, "msg_other"], ids=repr)
async def test_an_item_with_an_odd_id_in_one_event_is_the_same_item(
    told: Callable[[object], dict[str, Any]], id: object
) -> None:
    whole = {**MESSAGE, "content": [text_part("Hi you")]}
    events = {added: added(MESSAGE), done: done(whole)}
    odd = {**events[told]["item"], "id": id}
    first, last = ({**events, told: told(odd)}[each] for each in (added, done))
    seen, reply = await read(CREATED, first, delta("output_text", "Hi you"), last, completed(whole))
    assert texts(seen) == reply.text == "Hi you"
    assert reply.raw_items == [whole]


def _without(value: object, name: str) -> object:
    return {key: each for key, each in value.items() if key != name} if isinstance(value, dict) else value


async def test_text_that_is_told_only_in_the_end_is_given_out_once() -> None:
    whole = {**MESSAGE, "content": [text_part("Hi you")]}
    told = {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hi you"}
    for events in (
        (added(MESSAGE), told, completed()),
        (added(MESSAGE), done(whole), completed()),
        (completed(whole),),
        (added(MESSAGE), delta("output_text", "Hi "), told, done(whole), completed(whole)),
        (delta("output_text", "Hi you"), completed()),
        (added(MESSAGE), delta("output_text", "Hi you"), done(MESSAGE), completed(MESSAGE)),
    ):
        seen, reply = await read(*events)
        assert texts(seen) == reply.text == "Hi you"


async def test_what_the_last_event_lacks_is_taken_from_what_came_before() -> None:
    thought = {**REASONING, "summary": [{"type": "summary_text", "text": "Hm."}]}
    bare = {"type": "reasoning", "id": "rs_1", "summary": []}
    _, reply = await read(added(REASONING), done(thought), completed(bare))
    assert reply.raw_items == [{**bare, "summary": thought["summary"], "encrypted_content": "gAAA=="}]


async def test_a_reply_that_was_cut_by_a_limit_is_a_reply() -> None:
    cut = completed(
        {**MESSAGE, "status": "incomplete", "content": [text_part("Hi")]},
        kind="incomplete",
        incomplete_details={"reason": "max_output_tokens"},
    )
    _, reply = await read(added(MESSAGE), delta("output_text", "Hi"), cut)
    assert (reply.text, reply.finish_reason, reply.status) == ("Hi", "length", "incomplete")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "It broke."}}},
        {"type": "error", "code": "server_error", "message": "It broke.", "param": None},
        {"type": "error", "error": {"code": 502, "message": "It broke."}},
        {"error": {"code": "server_error", "message": "It broke."}},
        {"type": "response.completed", "response": {"error": {"message": "It broke."}, "status": "failed"}},
    ],
)
async def test_a_failure_is_an_error_that_keeps_what_had_come(event: dict[str, Any]) -> None:
    source = FakeSource([wire(CREATED, added(MESSAGE), delta("output_text", "Hi"), event)])
    stream = ResponseStream(source)
    assert await anext(stream) == ItemStarted(read_item(MESSAGE), 0)
    assert await anext(stream) == TextDelta("Hi")
    with pytest.raises(APIStatusError) as caught:
        await anext(stream)
    assert "It broke" in caught.value.message
    assert isinstance(caught.value.partial, Response)
    assert caught.value.partial.text == "Hi"
    assert caught.value.may_have_been_billed
    assert source.retried == []


async def test_an_error_before_the_first_piece_is_asked_again() -> None:
    failed = {"type": "error", "code": "server_error", "message": "It broke."}
    source = FakeSource(
        [wire(CREATED, failed)], [wire(added(MESSAGE), delta("output_text", "Hi"), completed())]
    )
    async with ResponseStream(source) as stream:
        assert (await stream.final()).text == "Hi"
    assert len(source.retried) == 1


async def test_a_reply_without_anything_is_an_error() -> None:
    with pytest.raises(EmptyReply):
        await read(CREATED, completed(usage={"output_tokens": 0}))


async def test_refusals_images_and_citations_are_events() -> None:
    page = {"type": "url_citation", "url": "https://a.b", "title": "A", "start_index": 0, "end_index": 2}
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBOR"}
    events, reply = await read(
        added(MESSAGE),
        delta("refusal", "No."),
        {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": page},
        done(
            {
                **MESSAGE,
                "content": [{"type": "refusal", "refusal": "No."}, {**text_part(""), "annotations": [page]}],
            }
        ),
        added({**picture, "result": None}, 1),
        done(picture, 1),
        completed(),
    )
    assert RefusalDelta("No.") in events
    (citation,) = [event.annotation for event in events if isinstance(event, AnnotationAdded)]
    assert isinstance(citation, UrlCitation)
    assert citation.url == "https://a.b"
    (image,) = [event.image for event in events if isinstance(event, ImageDelta)]
    assert image.url == "data:image/png;base64,iVBOR"
    assert (reply.refusal, len(reply.images), len(reply.annotations)) == ("No.", 1, 1)


async def test_a_character_in_two_halves_becomes_one() -> None:
    first, second = (json.dumps(delta("output_text", half)) for half in ("Hi \ud83d", "\ude00!"))
    items = [*wire(added(MESSAGE)), first.encode(), second.encode(), *wire(completed())]
    async with ResponseStream(FakeSource([items])) as stream:
        assert [text async for text in stream.text()] == ["Hi ", "\U0001f600!"]
        assert (await stream.final()).text == "Hi \U0001f600!"


async def test_a_plain_reply_in_place_of_a_stream_gives_the_same_events() -> None:
    body = json.dumps(completed({**MESSAGE, "content": [text_part("Hi")]})["response"]).encode()
    async with ResponseStream(FakeSource([[PlainBody(body)]])) as stream:
        seen = [event async for event in stream]
        reply = await stream.final()
    assert texts(seen) == reply.text == "Hi"
    assert isinstance(seen[-1], Finished)


def test_a_snapshot_costs_nothing_of_what_follows() -> None:
    accumulator = ResponsesAccumulator()
    for event in STREAM[:3]:
        accumulator.feed(event)
        accumulator.snapshot()
    accumulator.feed(STREAM[3])
    assert accumulator.snapshot().text == "Hi you"


async def test_chunks_are_the_events_as_they_came() -> None:
    given = [*STREAM, completed()]
    async with ResponseStream(FakeSource([wire(*given)])) as stream:
        assert [chunk async for chunk in stream.chunks()] == given
