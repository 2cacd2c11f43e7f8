"""Tool calls: one id each, arguments as text and as a value, and whether the call is whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion
from openrouter_async.types.chat.tool_calls import FunctionCall, ToolCallPart, read_tool_calls


def call(arguments: str, *, finish_reason: str | None = "tool_calls", whole: bool = True):
    part = ToolCallPart(id="x", function=FunctionCall(name="f", arguments=arguments))
    return read_tool_calls([part], whole=whole, choice=0, finish_reason=finish_reason)[0]


def ids_of(ids: list[str | None]) -> list[str | None]:
    calls = [{"id": id, "function": {"name": f"f{n}", "arguments": "{}"}} for n, id in enumerate(ids)]
    return [call.id for call in AssistantMessage.model_validate({"tool_calls": calls}).tool_calls or ()]


@pytest.mark.parametrize(
    ("ids", "unique"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="as they are"),
        pytest.param([None, ""], ["call_0", "call_1"], id="missing and empty"),
        pytest.param(["a", "a", "a"], ["a", "call_1", "call_2"], id="three times the same"),
        pytest.param([None, "call_0"], ["call_1", "call_0"], id="a made-up one would clash"),
        pytest.param(["0", "1"], ["0", "1"], id="bare digits"),
    ],
)
def test_ids_are_made_unique(ids: list[str | None], unique: list[str]) -> None:
    assert ids_of(ids) == unique


@given(st.lists(st.none() | st.sampled_from(["", "a", "b", "call_0", "call_1", "call_2"])))
def test_no_two_ids_are_ever_equal(ids: list[str | None]) -> None:
    unique = ids_of(ids)
    assert len(set(unique)) == len(unique) == len(ids)
    assert all(unique)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        ('{"b": 1, "a": [1.0, null]}', '{"b":1,"a":[1.0,null]}'),
        ("null", ""),
        ("[]", "[]"),
    ],
)
def test_arguments_become_text_whatever_they_come_as(written: str, text: str) -> None:
    assert FunctionCall.model_validate_json(f'{{"name": "f", "arguments": {written}}}').arguments == text


def test_arguments_may_be_missing() -> None:
    assert FunctionCall.model_validate_json('{"name": "f"}').arguments == ""


@pytest.mark.parametrize(
    ("arguments", "args", "complete"),
    [
        pytest.param('{"a": 1}', {"a": 1}, True, id="object"),
        pytest.param("", {}, True, id="empty"),
        pytest.param(" \n", {}, True, id="blank"),
        pytest.param('{"a": "hal', None, False, id="cut in a text"),
        pytest.param('{"a": [1, 2', None, False, id="cut in a list"),
        pytest.param("{", None, False, id="cut at once"),
        pytest.param("{a: 1}", None, True, id="no JSON, but not cut"),
        pytest.param("[1]", None, True, id="no object"),
        pytest.param('{"a": 1} and', None, True, id="more behind it"),
        pytest.param(' {"a": 1}{"a": [', None, True, id="more behind it that is cut"),
        pytest.param("[" * 100_000, None, True, id="nested without end"),
    ],
)
def test_arguments_are_parsed_and_cuts_are_seen(arguments: str, args: object, complete: bool) -> None:
    read = call(arguments)
    assert (read.args, read.complete, read.arguments) == (args, complete, arguments)


def test_the_token_limit_before_the_first_argument_makes_a_call_incomplete() -> None:
    assert (call("", finish_reason="length").args, call("", finish_reason="length").complete) == (None, False)
    assert call('{"a": 1}', finish_reason="length").complete


def test_no_call_of_a_broken_reply_is_complete() -> None:
    assert not call('{"a": 1}', whole=False).complete


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.data())
def test_a_cut_object_is_never_taken_for_arguments(value: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = call(text[: data.draw(st.integers(1, len(text) - 1))])
    assert (cut.args, cut.complete) == (None, False)
    assert call(text).args == value


def test_a_call_without_a_function_is_read() -> None:
    (read,) = read_tool_calls([ToolCallPart()], whole=True, choice=2, finish_reason=None)
    assert (read.id, read.name, read.args, read.choice) == ("call_0", "", {}, 2)
    assert hash(read)


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        pytest.param(
            {"tool_calls": [{"id": "a", "name": "f", "arguments": '{"x": 1}'}]},
            [("a", "f", {"x": 1})],
            id="flat",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "function": {}, "name": "f", "arguments": '{"x": 1}'}]},
            [("a", "f", {"x": 1})],
            id="flat beside an empty function",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "function": {"name": "f"}, "arguments": {"x": 1}}]},
            [("a", "f", {"x": 1})],
            id="arguments beside the function",
        ),
        pytest.param(
            {
                "tool_calls": [
                    {"id": "a", "function": {"name": "f", "arguments": ""}, "arguments": '{"x": 1}'}
                ]
            },
            [("a", "f", {"x": 1})],
            id="arguments beside empty ones",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "name": "f", "function": {"arguments": '{"x": 1}'}}]},
            [("a", "f", {"x": 1})],
            id="a name beside the function",
        ),
        pytest.param(
            {"function_call": {"name": "f", "arguments": '{"x": 1}'}},
            [("call_0", "f", {"x": 1})],
            id="function_call",
        ),
        pytest.param(
            {
                "function_call": {"name": "f", "arguments": "{}"},
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}],
            },
            [("a", "f", {})],
            id="both",
        ),
        pytest.param({"tool_calls": {}}, [], id="an empty object"),
        pytest.param(
            {"tool_calls": {"id": "a", "function": {"name": "f", "arguments": "{}"}}},
            [("a", "f", {})],
            id="an object",
        ),
        pytest.param(
            {"tool_calls": [None, {"id": "a", "function": {"name": "f", "arguments": "{}"}}]},
            [("a", "f", {})],
            id="a null among them",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{}{"x": 1}'}}]},
            [("a", "f", {"x": 1})],
            id="a placeholder",
        ),
        pytest.param(
            {
                "tool_calls": [
                    {"id": "a", "function": {"name": "f"}},
                    {"id": "a", "function": {"arguments": "{}"}},
                ]
            },
            [("a", "f", {})],
            id="head and tail",
        ),
    ],
)
def test_a_plain_reply_is_settled_by_the_same_rules(message: object, calls: list[object]) -> None:
    reply = ChatCompletion.model_validate({"choices": [{"message": message}]})
    assert [(call.id, call.name, call.args) for call in reply.tool_calls] == calls
    assert all(call.complete for call in reply.tool_calls)
    assert "function_call" not in (reply.message.model_extra or {})


def test_a_call_without_a_name_is_never_complete() -> None:
    for message in (
        {"tool_calls": [{"id": "a", "function": {"arguments": "{}"}}]},
        {"tool_calls": [{"id": "a"}]},
    ):
        reply = ChatCompletion.model_validate({"choices": [{"message": message}]})
        assert [call.complete for call in reply.tool_calls] == [False]
