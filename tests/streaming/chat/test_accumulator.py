"""Chunks become events and a reply: the same reply a plain call gives, and every event once."""

from __future__ import annotations

import itertools
import json
from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_async._sansio.parse import ParseFailure
from openrouter_async._sansio.sse import SSEDecoder
from openrouter_async.errors import (
    APIStatusError,
    EmptyReply,
    OpenRouterError,
    Overloaded,
    ProviderError,
    ServerError,
)
from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.streaming.events import (
    AnnotationAdded,
    AudioDelta,
    Finished,
    ImageDelta,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from openrouter_async.types.chat.completion import ChatCompletion
from tests.streaming.fakes import accumulate, chunk
from tests.support.recordings import Recording, assert_matches_facts, each_recording, load_recordings
from tests.types.chat.test_completion import JUNK, PATHS, damaged, use_everything

STOP = chunk({}, finish_reason="stop")


def tool(index: int, id: str | None, name: str | None, arguments: object) -> dict[str, object]:
    return {"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}


@each_recording("stream")
def test_recorded_streams_become_the_recorded_replies(recording: Recording) -> None:
    events, reply = accumulate(*(data for data in recording.data_events if data != b"[DONE]"))
    assert_matches_facts(reply, recording.facts)
    assert reply.end == "done"
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == reply.text
    assert "".join(e.text for e in events if isinstance(e, ReasoningDelta)) == (reply.reasoning or "")
    assert [e for e in events if isinstance(e, ToolCall)] == reply.tool_calls
    for call in reply.tool_calls:
        pieces = [e for e in events if isinstance(e, ToolCallDelta) and e.index == call.index]
        assert "".join(piece.fragment for piece in pieces) == call.arguments == pieces[-1].arguments_so_far
    assert [e.usage for e in events if isinstance(e, UsageReported)] == [reply.usage]
    assert [e.annotation for e in events if isinstance(e, AnnotationAdded)] == reply.annotations
    assert [e.image for e in events if isinstance(e, ImageDelta)] == reply.images
    assert isinstance(events[-1], Finished)


@given(st.sampled_from(load_recordings("stream")), st.lists(st.integers(0, 40_000), max_size=20))
def test_any_cut_of_the_bytes_gives_the_same_events(recording: Recording, cuts: list[int]) -> None:
    def events(*reads: bytes) -> list[StreamEvent]:
        decoder = SSEDecoder()
        items = [item for read in reads for item in decoder.feed(read)]
        return accumulate(
            *(item for item in items if isinstance(item, bytes) and item not in (b"", b"[DONE]"))
        )[0]

    body = recording.body
    ends = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    assert events(*(body[a:b] for a, b in itertools.pairwise(ends))) == events(body)


@settings(max_examples=200)
@given(st.sampled_from(load_recordings("stream")), st.data())
def test_a_damaged_stream_raises_errors_of_ours_alone(recording: Recording, data: st.DataObject) -> None:
    chunks = [each for each in recording.data_events if each != b"[DONE]"]
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(chunks) - 1))
        path, junk, delete = data.draw(PATHS), data.draw(JUNK), data.draw(st.booleans())
        chunks[number] = json.dumps(damaged(json.loads(chunks[number]), path, junk, delete=delete)).encode()
    accumulator = ChatAccumulator()
    for each in chunks:
        try:
            accumulator.feed(accumulator.parse(each))
        except (ParseFailure, OpenRouterError):
            use_everything(accumulator.snapshot())
            return
    use_everything(accumulator.snapshot())
    try:
        reply = accumulator.finish("done")[1]
    except OpenRouterError:  # with every choice damaged, it is empty
        return
    use_everything(reply)


def test_a_stream_gives_the_reply_of_a_plain_call() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "format": "f", "index": 0}]
    _, reply = accumulate(
        chunk({"role": "assistant", "content": "", "reasoning": "h"}, created=5),
        chunk({"reasoning": "m", "reasoning_details": details}),
        chunk({"content": "he"}),
        chunk({"content": "llo", "annotations": [{"type": "file", "file": {"hash": "x"}}]}),
        chunk({}, finish_reason="stop", usage={"cost": 0.5, "prompt_tokens": 3}, alignment={"calls": []}),
    )
    assert (reply.id, reply.created, reply.object, reply.provider) == ("gen-1", 5, "chat.completion", "P")
    assert (reply.text, reply.output, reply.reasoning, reply.finish_reason) == (
        "hello",
        "hello",
        "hm",
        "stop",
    )
    assert reply.reasoning_details == details
    assert reply.usage.is_reported
    assert reply.usage.cost == Decimal("0.5")
    assert reply.alignment is not None
    assert (reply.alignment.calls, reply.model_extra) == ([], {})
    assert reply.message.model_dump(exclude_unset=True) == {
        "role": "assistant",
        "content": "hello",
        "reasoning": "hm",
        "reasoning_details": details,
        "annotations": [{"type": "file", "file": {"hash": "x"}}],
    }


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"choices": None}, id="choices null"),
        pytest.param({}, id="choices missing"),
        pytest.param({"choices": [{"index": 0, "delta": None}]}, id="delta null"),
        pytest.param({"choices": [{"delta": {"role": "assistant"}}]}, id="only a role"),
        pytest.param(
            {"choices": [{"delta": {"content": None}, "finish_reason": ""}]}, id="empty finish reason"
        ),
        pytest.param({"choices": [{"delta": {"content": ""}}]}, id="empty content"),
        pytest.param({"choices": [], "debug": {"echo_upstream_body": {}}}, id="debug"),
    ],
)
def test_a_chunk_that_brings_nothing_is_no_event(data: object) -> None:
    accumulator = ChatAccumulator()
    assert accumulator.feed(accumulator.parse(json.dumps(data).encode())) == []
    assert (accumulator.has_piece, accumulator.has_finish) == (False, False)
    assert accumulator.has_begun


def test_what_comes_after_a_finish_reason_still_counts() -> None:
    events, reply = accumulate(
        chunk({**tool(0, "a", "f", "{}"), "content": "one"}, finish_reason="tool_calls"),
        chunk({**tool(1, "b", "g", "{}"), "content": " two"}, finish_reason="stop"),
        chunk({}, finish_reason=""),
    )
    assert reply.text == "one two"
    assert reply.finish_reason == "stop"
    assert [event.id for event in events if isinstance(event, ToolCall)] == ["a", "b"]


def test_several_answers_are_told_apart() -> None:
    events, reply = accumulate(
        chunk({"content": "a"}, index=0),
        chunk({"content": "x"}, index=1),
        json.dumps(
            {"choices": [{"delta": {"content": "b"}}, {"delta": {"content": "y", **tool(0, "t", "f", "")}}]}
        ).encode(),
        chunk({}, index=1, finish_reason="length"),
        STOP,
    )
    assert [choice.message.text for choice in reply.choices if choice.message] == ["ab", "xy"]
    assert [choice.finish_reason for choice in reply.choices] == ["stop", "length"]
    assert [(e.text, e.choice) for e in events if isinstance(e, TextDelta)] == [
        *[("a", 0), ("x", 1), ("b", 0), ("y", 1)]
    ]
    assert [(e.choice, e.complete) for e in events if isinstance(e, ToolCall)] == [(1, False)]


@pytest.mark.parametrize("index", [-1, "x", None, [0]])
def test_an_index_that_is_none_is_that_of_the_only_answer(index: object) -> None:
    events, reply = accumulate(chunk({"content": "a"}, index=index), chunk({"content": "b"}), STOP)
    assert reply.text == "ab"
    assert [(e.text, e.choice) for e in events if isinstance(e, TextDelta)] == [("a", 0), ("b", 0)]


def test_usage_is_reported_once_with_the_last_figures() -> None:
    events, _ = accumulate(
        chunk({"content": "a"}, usage={"completion_tokens": 1}),
        chunk({}, finish_reason="stop", usage={"completion_tokens": 2}),
        b'{"choices": [], "usage": {"completion_tokens": 3}}',
    )
    assert [e.usage.completion_tokens for e in events if isinstance(e, UsageReported)] == [3]


def test_tool_call_deltas_know_what_came_before_them_even_later() -> None:
    events, _ = accumulate(
        chunk(tool(0, "a", "f", "")),
        chunk(tool(0, None, None, '{"city": "Os')),
        chunk(tool(0, None, None, 'lo"}')),
        chunk(tool(0, None, None, "")),
        chunk({}, finish_reason="tool_calls"),
    )
    pieces = [event for event in events if isinstance(event, ToolCallDelta)]
    assert [piece.fragment for piece in pieces] == ["", '{"city": "Os', 'lo"}']
    assert [piece.arguments_so_far for piece in pieces] == ["", '{"city": "Os', '{"city": "Oslo"}']
    assert [piece.parsed_so_far() for piece in pieces] == [None, {"city": "Os"}, {"city": "Oslo"}]
    assert {(piece.id, piece.index, piece.name) for piece in pieces} == {("a", 0, "f")}
    assert pieces[1] == ToolCallDelta("a", 0, "f", '{"city": "Os')
    with pytest.raises(FrozenInstanceError):
        pieces[1].fragment = ""  # type: ignore[misc]  # wrong on purpose


def test_a_tool_call_is_given_once_and_last() -> None:
    events, _ = accumulate(
        chunk(tool(0, "a", "f", '{"x": 1}')),
        chunk(tool(0, None, None, " ")),
        chunk({}, finish_reason="tool_calls"),
    )
    assert [type(event) for event in events] == [ToolCallDelta, ToolCallDelta, ToolCall, Finished]
    call = events[2]
    assert isinstance(call, ToolCall)
    assert (call.args, call.complete) == ({"x": 1}, True)


def test_a_call_cut_by_the_token_limit_is_incomplete() -> None:
    _, reply = accumulate(chunk(tool(0, "a", "f", '{"x": ')), chunk({}, finish_reason="length"))
    assert [(call.args, call.complete) for call in reply.tool_calls] == [(None, False)]


def test_no_call_of_a_snapshot_is_complete() -> None:
    accumulator = ChatAccumulator()
    accumulator.feed(accumulator.parse(chunk(tool(0, "a", "f", "{}"), finish_reason="tool_calls")))
    assert [call.complete for call in accumulator.snapshot().tool_calls] == [False]
    assert [call.complete for call in accumulator.finish("done")[1].tool_calls] == [True]


def test_an_image_that_is_sent_again_is_given_once() -> None:
    image = {"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,aGk="}}
    events, reply = accumulate(
        chunk({"images": [image]}),
        chunk({"images": [{**image, "index": 1}]}),
        chunk({"images": [image]}, finish_reason="stop"),
    )
    assert [event.image.index for event in events if isinstance(event, ImageDelta)] == [0, 1]
    assert [picture.index for picture in reply.images] == [0, 1]


def test_images_among_the_parts_of_the_content_are_given() -> None:
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]
    events, reply = accumulate(chunk({"content": ["see: "]}), chunk({"content": parts}), STOP)
    assert [type(event) for event in events[:-1]] == [TextDelta, ImageDelta]
    assert (reply.text, [picture.decode() for picture in reply.images]) == ("see: ", [b"hi"])


def test_images_audio_refusals_and_logprobs_are_collected() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    part = {"index": 0, "delta": {"refusal": "no"}, "logprobs": {"content": [token], "refusal": None}}
    events, reply = accumulate(
        chunk({"images": [image], "content": None}),
        chunk({"audio": {"id": "s", "data": "aG", "transcript": "h"}}),
        chunk({"audio": {"data": "k=", "transcript": "i", "expires_at": 9}}),
        *[json.dumps({"choices": [part]}).encode()] * 2,
        STOP,
    )
    assert [type(event) for event in events[:-1]] == [
        ImageDelta,
        AudioDelta,
        AudioDelta,
        RefusalDelta,
        RefusalDelta,
    ]
    assert [picture.decode() for picture in reply.images] == [b"hi"]
    assert reply.audio is not None
    assert (reply.audio.id, reply.audio.decode(), reply.audio.transcript) == ("s", b"hi", "hi")
    assert reply.audio.expires_at == 9
    assert reply.refusal == "nono"
    assert reply.message.content is None
    logprobs = reply.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert [each.logprob for each in logprobs.content] == [-0.5, -0.5]


def test_a_stream_of_the_prompt_form_is_read() -> None:
    events, reply = accumulate(
        b'{"choices": [{"text": "he"}]}', b'{"choices": [{"text": "llo", "finish_reason": "stop"}]}'
    )
    assert reply.text == "hello"
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["he", "llo"]


@pytest.mark.parametrize(
    ("pieces", "given"),
    [
        pytest.param(["{}", '{"a": ', "1}"], ["", '{"a": ', "1}"], id="an empty object first"),
        pytest.param([{}, "null", '{"a": 1}'], ["", '{"a": 1}'], id="several"),
        pytest.param(['""', '{"a": 1}', "{}"], ["", '{"a": 1}'], id="before and after"),
        pytest.param(["{}", "\n", "{}"], ["", "{}\n"], id="nothing else"),
        pytest.param(["null"], [""], id="null alone"),
        pytest.param(["", "{", "}"], ["", "{", "}"], id="no placeholder"),
        pytest.param(["{}", "\n", "what?"], ["", "{}\nwhat?"], id="it was none"),
    ],
)
def test_what_holds_the_place_of_arguments_is_not_given_out_before_them(
    pieces: list[object], given: list[str]
) -> None:
    events, reply = accumulate(*(chunk(tool(0, "a", "f", piece)) for piece in pieces), STOP)
    deltas = [event for event in events if isinstance(event, ToolCallDelta)]
    assert [delta.fragment for delta in deltas] == given
    assert deltas[-1].arguments_so_far == "".join(given)
    (call,) = reply.tool_calls
    assert (call.arguments, [event for event in events if isinstance(event, ToolCall)]) == (
        "".join(given),
        [call],
    )


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        pytest.param(
            chunk({"content": ""}, finish_reason="error", error={"code": 502, "message": "x"}),
            ProviderError,
            502,
            id="beside the choices",
        ),
        pytest.param(b'{"error": {"code": "server_error"}}', ServerError, "server_error", id="code as text"),
        pytest.param(b'{"error": "it broke"}', ServerError, None, id="error as text"),
        pytest.param(b'{"choices": [{"error": {"code": 502}}]}', ProviderError, 502, id="in the choice"),
        pytest.param(chunk({}, finish_reason="error"), ServerError, None, id="only a finish reason"),
        pytest.param(
            b'{"object": "error", "message": "out of memory", "type": "ServerError", "code": 503}',
            Overloaded,
            503,
            id="an object that says it is one",
        ),
        pytest.param(
            b'{"type": "error", "message": "out of memory", "code": 503}', Overloaded, 503, id="of type error"
        ),
        pytest.param(b'{"object": "error", "message": "no such field"}', ServerError, None, id="no code"),
    ],
)
def test_an_error_in_the_stream_keeps_what_had_come(
    data: bytes, error: type[APIStatusError], code: int | str | None
) -> None:
    accumulator = ChatAccumulator()
    accumulator.feed(accumulator.parse(chunk({"content": "Hel"})))
    with pytest.raises(APIStatusError) as caught:
        accumulator.feed(accumulator.parse(data))
    assert (type(caught.value), caught.value.code) == (error, code)
    assert (caught.value.generation_id, caught.value.provider) == ("gen-1", "P")
    assert caught.value.partial is not None
    assert (caught.value.partial.text, caught.value.partial.finish_reason) == ("Hel", None)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([], id="no chunk"),
        pytest.param([b'{"choices": []}'], id="no choice"),
        pytest.param([chunk({}, finish_reason="stop", usage={"completion_tokens": 0})], id="no tokens"),
    ],
)
def test_a_stream_with_nothing_in_it_is_an_empty_reply(chunks: list[bytes]) -> None:
    with pytest.raises(EmptyReply):
        accumulate(*chunks)


def test_a_whole_reply_in_place_of_a_stream_gives_its_pieces() -> None:
    reply: ChatCompletion = ChatCompletion.model_validate(
        {
            "id": "gen-1",
            "choices": [
                {
                    "message": {"content": "hi", "x": 1, "tool_calls": [{"function": {"name": "f"}}]},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"cost": 0.25, "server_tool_use": {"web_search_requests": 1}},
        }
    )
    accumulator = ChatAccumulator()
    events = accumulator.feed_reply(reply)
    last, final = accumulator.finish("finish_reason")
    assert [type(event) for event in events + last] == [
        TextDelta,
        ToolCallDelta,
        ToolCall,
        UsageReported,
        Finished,
    ]
    assert final.choices is reply.choices
    assert final.end == "finish_reason"


# Facts that come twice, late, or in another place


def whole(message: object, **fields: object) -> bytes:
    """Return a chunk whose choice has a message in place of a delta."""
    data = json.loads(chunk(None, **fields))
    del data["choices"][0]["delta"]
    data["choices"][0]["message"] = message
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        pytest.param(
            [whole({"role": "assistant", "content": "Hello"}, finish_reason="stop")], "Hello", id="whole"
        ),
        pytest.param([whole({"content": "Hel"}), whole({"content": "lo"}), STOP], "Hello", id="in pieces"),
        pytest.param(
            [whole({"content": "ha"}), whole({"content": "ha"}), STOP], "haha", id="in equal pieces"
        ),
        pytest.param(
            [whole({"content": "Hel"}), whole({"content": "Hello"}), STOP], "Hello", id="all so far"
        ),
        pytest.param(
            [
                chunk({"content": "Hel"}),
                chunk({"content": "lo"}),
                whole({"content": "Hello"}, finish_reason="stop"),
            ],
            "Hello",
            id="whole at the end",
        ),
        pytest.param([chunk({"content": "Hello"}), whole({"content": ""}), STOP], "Hello", id="an empty one"),
        pytest.param([chunk({"content": "Hello"}), whole([]), STOP], "Hello", id="none"),
    ],
)
def test_a_message_in_place_of_a_delta_is_read(chunks: list[bytes], text: str) -> None:
    events, reply = accumulate(*chunks)
    assert reply.text == "".join(e.text for e in events if isinstance(e, TextDelta)) == text


def test_a_whole_reply_as_an_event_loses_nothing() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "reasoning": "hm",
        "reasoning_details": [{"type": "reasoning.text", "text": "hm", "index": 0}],
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": ""}},
        ],
        "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}],
    }
    once = whole(message, finish_reason="tool_calls", object="chat.completion")
    for events, reply in (accumulate(once), accumulate(once, once)):
        assert reply.reasoning == "".join(e.text for e in events if isinstance(e, ReasoningDelta)) == "hm"
        assert reply.reasoning_details == message["reasoning_details"]
        assert [(call.id, call.args) for call in reply.tool_calls] == [("a", {"x": 1}), ("b", {})]
        assert len(reply.images) == 1


def test_a_later_usage_that_says_less_takes_nothing_away() -> None:
    full = {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "cost": 0.5,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    for later in ({"prompt_tokens": 9}, {}, {"prompt_tokens": 0, "cost": 0}, {"prompt_tokens_details": {}}):
        events, reply = accumulate(
            chunk({"content": "a"}, usage=full), chunk({}, finish_reason="stop", usage=later)
        )
        assert reply.usage.is_reported
        assert (reply.usage.prompt_tokens, reply.usage.cost) == (9, Decimal("0.5"))
        assert reply.usage.prompt_tokens_details is not None
        assert reply.usage.prompt_tokens_details.cached_tokens == 4
        assert len([e for e in events if isinstance(e, UsageReported)]) == 1


def test_a_later_usage_counts_and_is_not_added() -> None:
    usages = [{"prompt_tokens": 9, "completion_tokens": n, "cost": n / 10} for n in (1, 2, 3)]
    _, reply = accumulate(*(chunk({"content": "a"}, usage=usage) for usage in usages), STOP)
    assert reply.usage.is_reported
    assert (reply.usage.completion_tokens, reply.usage.cost) == (3, Decimal("0.3"))


def test_an_annotation_that_is_named_in_each_chunk_is_one() -> None:
    a, b = (
        {"type": "url_citation", "url_citation": {"url": f"https://{name}.example", "start_index": 0}}
        for name in "ab"
    )
    events, reply = accumulate(
        chunk({"content": "x", "annotations": [a]}), chunk({"content": "y", "annotations": [a, b]}), STOP
    )
    assert [each.model_dump(exclude_unset=True) for each in reply.annotations] == [a, b]
    assert [e.annotation for e in events if isinstance(e, AnnotationAdded)] == reply.annotations


def reasoning(kind: str, index: int, **fields: object) -> dict[str, object]:
    return {"reasoning_details": [{"type": f"reasoning.{kind}", "index": index, **fields}]}


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        pytest.param(
            [reasoning("text", 0, text="one "), reasoning("text", 0, text="two")], "one two", id="text"
        ),
        pytest.param(
            [reasoning("summary", 0, summary="One."), reasoning("summary", 1, summary="Two.")],
            "One.\n\nTwo.",
            id="two summaries",
        ),
        pytest.param([reasoning("text", 0, text="a") | {"reasoning": "a"}], "a", id="both fields"),
        pytest.param([{"reasoning": "a"}, reasoning("text", 0, text="a")], "a", id="the details after"),
        pytest.param([reasoning("text", 0, text="a"), {"reasoning": "a"}], "a", id="the details before"),
        pytest.param(
            [reasoning("text", 0, text="a"), reasoning("text", 0, signature="s")], "a", id="a signature after"
        ),
        pytest.param([reasoning("encrypted", 0, data="AA==")], "", id="encrypted"),
    ],
)
def test_reasoning_is_shown_once_whichever_field_holds_it(deltas: list[object], text: str) -> None:
    accumulator = ChatAccumulator()
    events = [e for delta in deltas for e in accumulator.feed(accumulator.parse(chunk(delta)))]
    assert accumulator.has_piece, "also encrypted reasoning was paid for"
    assert "".join(e.text for e in events if isinstance(e, ReasoningDelta)) == text
    assert (accumulator.snapshot().reasoning or "") == text


def test_a_stream_of_nothing_is_an_empty_reply() -> None:
    with pytest.raises(EmptyReply, match="neither content nor a finish reason"):
        accumulate(chunk({"role": "assistant", "content": ""}))
    _, reply = accumulate(chunk({"role": "assistant", "content": ""}), STOP)
    assert reply.text == "", "the model chose to say nothing"


def test_calls_in_the_older_forms_are_calls() -> None:
    flat = {"id": "a", "name": "f", "arguments": '{"x"'}
    _, reply = accumulate(
        chunk({"tool_calls": [{"index": 0, **flat}]}),
        chunk({"tool_calls": [{"index": 0, "arguments": ":1}"}]}),
        STOP,
    )
    assert [(call.id, call.name, call.args) for call in reply.tool_calls] == [("a", "f", {"x": 1})]
    for first, second in (
        ({**flat, "function": {}}, {"function": {}, "arguments": ":1}"}),
        ({**flat, "function": {"name": "f"}}, {"function": {"arguments": ":1}"}}),
        ({**flat, "function": {"name": "f", "arguments": ""}}, {"function": None, "arguments": ":1}"}),
    ):
        calls = ({"tool_calls": [{"index": 0, **fragment}]} for fragment in (first, second))
        _, reply = accumulate(*map(chunk, calls), STOP)
        assert [(call.id, call.name, call.args) for call in reply.tool_calls] == [("a", "f", {"x": 1})]
        assert "arguments" not in ((reply.message.tool_calls or ())[0].model_extra or {})
    _, reply = accumulate(
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"x":'}}),
        chunk({"function_call": {"arguments": "1}"}}, finish_reason="function_call"),
    )
    assert [(call.name, call.args, call.complete) for call in reply.tool_calls] == [("f", {"x": 1}, True)]
    both = {"function_call": {"name": "f", "arguments": "{}"}, "tool_calls": [{"index": 0, **flat}]}
    _, reply = accumulate(chunk(both), STOP)
    assert len(reply.tool_calls) == 1


def test_a_name_in_pieces_is_joined_where_it_is_that_of_a_tool() -> None:
    pieces = [tool(0, "a", "get_", ""), tool(0, None, "weather", "{}")]
    for tools, names in (({"get_weather"}, ["get_weather"]), ({"get_", "weather"}, ["get_", "weather"])):
        accumulator = ChatAccumulator(tools)
        for delta in pieces:
            accumulator.feed(accumulator.parse(chunk(delta)))
        assert [call.name for call in accumulator.snapshot().tool_calls] == names


def test_unknown_fields_of_a_call_stay_with_it() -> None:
    first = {
        "index": 0,
        "id": "a",
        "function": {"name": "f", "arguments": "{"},
        "extra_content": {"sig": "A"},
    }
    last = {"index": 0, "function": {"arguments": "}"}, "signature": "B"}
    _, reply = accumulate(chunk({"tool_calls": [first]}), chunk({"tool_calls": [last]}), STOP)
    assert reply.message.tool_calls is not None
    assert reply.message.tool_calls[0].model_extra == {"extra_content": {"sig": "A"}, "signature": "B"}
