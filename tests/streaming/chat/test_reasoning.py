"""Pieces of reasoning become the blocks a plain reply has."""

from __future__ import annotations

import json
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.streaming.chat.choice import ChoiceBuilder
from openrouter_async.streaming.chat.reasoning import ReasoningBuilder
from openrouter_async.streaming.chunk_reader import Growth
from openrouter_async.streaming.events import ReasoningDelta, StreamEvent
from openrouter_async.types.chat.chunk import Delta
from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion, Choice
from openrouter_async.types.chat.sent_back import sent_back
from tests.streaming.fakes import accumulate, chunk


def build(*chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    builder = ReasoningBuilder()
    for details in chunks:
        builder.feed(details)
    return builder.as_fields()


def text(piece: object, index: int | None = 0, **fields: object) -> dict[str, Any]:
    return {"type": "reasoning.text", "text": piece, "index": index, **fields}


def signature(value: str, index: int | None = 0) -> dict[str, Any]:
    return {"type": "reasoning.text", "signature": value, "index": index}


def summary(piece: str, index: int | None = 0) -> dict[str, Any]:
    return {"type": "reasoning.summary", "summary": piece, "index": index}


ENCRYPTED = {"type": "reasoning.encrypted", "data": "x", "index": 0}


@pytest.mark.parametrize(
    ("pieces", "blocks"),
    [
        pytest.param([], [], id="an empty list stays one"),
        pytest.param([text("a"), text("b")], [text("ab")], id="texts are joined"),
        pytest.param([text("a", None), text("b", None)], [text("ab", None)], id="texts without an index too"),
        pytest.param([text("a"), text("b", 1)], [text("a"), text("b", 1)], id="but not those of two blocks"),
        pytest.param([summary("a"), summary("b")], [summary("ab")], id="summaries in pieces are joined"),
        pytest.param(
            [summary("a", None), summary("b", None)],
            [summary("a", None), summary("b", None)],
            id="summaries without an index are whole",
        ),
        pytest.param([text("a"), summary("b")], [text("a"), summary("b")], id="types are not mixed"),
        pytest.param(
            [text("a"), text("b"), text("ab", signature="s")],
            [text("ab", signature="s")],
            id="a text that is said once more with its signature is not doubled",
        ),
        pytest.param(
            [text("a"), text("a")], [text("aa")], id="without a signature the same piece is another"
        ),
        pytest.param([ENCRYPTED, ENCRYPTED], [ENCRYPTED, ENCRYPTED], id="encrypted blocks are never joined"),
        pytest.param(
            [text("a"), ENCRYPTED, text("b")], [text("a"), ENCRYPTED, text("b")], id="the order is kept"
        ),
        pytest.param(
            [text("a"), signature("S")],
            [text("a") | {"signature": "S"}],
            id="a signature goes to its text",
        ),
        pytest.param(
            [text("a"), ENCRYPTED, signature("S")],
            [text("a") | {"signature": "S"}, ENCRYPTED],
            id="a late signature too",
        ),
        pytest.param(
            [text("a"), signature("S"), signature("T")],
            [text("a") | {"signature": "S"}, signature("T")],
            id="a second signature is kept",
        ),
        pytest.param([signature("S", 4)], [signature("S", 4)], id="one without a text stays alone"),
        pytest.param(
            [text("a", signature="S"), text("b")],
            [text("a", signature="S"), text("b")],
            id="a signed text is closed",
        ),
        pytest.param(
            [text("a", format=None), text("b", format="v1"), text("c", format="v1")],
            [text("abc", format="v1")],
            id="the first format that is not null",
        ),
        pytest.param([text(None), text("b")], [text("b")], id="null text"),
        pytest.param(
            [{"type": "new", "x": 1}, {"odd": 2}], [{"type": "new", "x": 1}, {"odd": 2}], id="unknown types"
        ),
    ],
)
def test_pieces_become_blocks(pieces: list[dict[str, Any]], blocks: list[dict[str, Any]]) -> None:
    assert build(*([piece] for piece in pieces)) == blocks
    assert build(pieces) == blocks


def test_what_comes_whole_keeps_the_order_of_its_keys() -> None:
    details = [{"text": "x", "index": 0, "type": "reasoning.text", "format": "f"}, ENCRYPTED]
    assert json.dumps(build(details)) == json.dumps(details)


def test_the_chunks_are_not_changed() -> None:
    first = text("a")
    build([first], [text("b")])
    assert first == text("a")


VALUES = st.none() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]) | st.just([])
KINDS = st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted", "new", None])
DETAILS = st.lists(
    st.fixed_dictionaries(
        {"type": KINDS},
        optional=dict.fromkeys(("text", "summary", "data", "signature", "index", "id", "format"), VALUES),
    )
)


@given(DETAILS, DETAILS)
def test_no_text_is_lost_however_it_is_cut_into_chunks(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    blocks = build(first, second)
    assert blocks == build(first + second)
    for kind, name in (
        ("reasoning.text", "text"),
        ("reasoning.summary", "summary"),
        ("reasoning.encrypted", "data"),
    ):
        assert [t for b in blocks if b["type"] == kind for t in str(b.get(name) or "")] == [
            t for d in first + second if d["type"] == kind for t in str(d.get(name) or "")
        ]


def deltas(*fields: dict[str, Any]) -> tuple[list[str], int]:
    """Return the pieces of reasoning that one answer gives, and how often texts were joined meanwhile."""
    builder, events, joins = ChoiceBuilder(0, (), Growth()), list[StreamEvent](), 0
    read = [Delta.model_validate(each) for each in fields]

    def profile(_frame: FrameType, event: str, argument: object) -> None:
        nonlocal joins
        joins += event == "c_call" and getattr(argument, "__name__", "") == "join"

    sys.setprofile(profile)
    try:
        for delta in read:
            builder.add(delta, events)
    finally:
        sys.setprofile(None)
    return [event.text for event in events if isinstance(event, ReasoningDelta)], joins


def test_reasoning_that_the_other_field_says_again_is_given_once() -> None:
    said = [{"reasoning_details": [text(piece)]} for piece in ("a", "bc")]
    assert deltas(*said, {"reasoning": "abc"})[0] == ["a", "bc"]
    assert deltas(*said, {"reasoning": "abd"})[0] == ["a", "bc", "abd"]
    assert deltas(*said, {"reasoning": "abc"}, {"reasoning": "d"})[0] == ["a", "bc", "d"]
    assert deltas(*said, {"reasoning": "ab"}, {"reasoning": "c"})[0] == ["a", "bc", "ab"]


def test_a_piece_of_reasoning_takes_no_longer_the_more_there_are() -> None:
    first = {"reasoning_details": [text("abcdef")]}
    _, few = deltas(first, *[{"reasoning": "a"}] * 10)
    _, many = deltas(first, *[{"reasoning": "a"}] * 1_000)
    assert many == few


def streamed(*fields: dict[str, Any]) -> AssistantMessage:
    builder = ChoiceBuilder(0, (), Growth())
    for each in fields:
        builder.add(Delta.model_validate(each), [])
    return AssistantMessage.model_validate(builder.as_fields()["message"])


def test_reasoning_under_another_name_is_reasoning_and_goes_back_under_it() -> None:
    pieces = [{"role": "assistant", "reasoning_content": "H"}, {"reasoning_content": "m"}, {"content": "Hi"}]
    assert deltas(*pieces)[0] == ["H", "m"]
    plain = AssistantMessage(role="assistant", content="Hi", reasoning_content="Hm")
    for message in (streamed(*pieces), plain):
        assert ChatCompletion(choices=[Choice(message=message)]).reasoning == "Hm"
        assert sent_back(message) == {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}


def test_reasoning_under_both_names_is_given_once() -> None:
    pieces = [{"reasoning": piece, "reasoning_content": piece} for piece in ("H", "m")]
    for fields in (pieces, [pieces[0], {"reasoning": "m"}, {"reasoning_content": "Hm"}]):
        assert deltas(*fields)[0] == ["H", "m"]
        assert sent_back(streamed(*fields, {"content": "Hi"})) == {
            "role": "assistant",
            "content": "Hi",
            "reasoning": "Hm",
        }
    details = {"reasoning_content": "H", "reasoning_details": [text("H")]}
    assert deltas(details)[0] == ["H"]
    assert "reasoning_content" not in sent_back(streamed(details))


def test_a_piece_that_has_everything_at_once_loses_nothing() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    delta = {"role": "assistant", "content": "Hi", "tool_calls": [call], "reasoning": "Because."}
    events, reply = accumulate(chunk(delta, finish_reason="tool_calls"))
    assert (reply.text, reply.message.reasoning) == ("Hi", "Because.")
    assert [call.name for call in reply.tool_calls] == ["f"]
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["Because."]


def test_a_text_that_is_said_once_more_with_its_signature_is_read_once() -> None:
    builder = ReasoningBuilder()
    read = [builder.feed([piece]) for piece in (text("a"), text("b"), text("ab", signature="s"))]
    assert read == ["a", "b", ""]
