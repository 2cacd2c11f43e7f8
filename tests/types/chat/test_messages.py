"""Messages: what may be given, what is sent of it, and what comes back of a reply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.errors import ConfigurationError
from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion
from openrouter_async.types.chat.content_parts import image, text
from openrouter_async.types.chat.messages import (
    assistant,
    configuration_update,
    developer,
    system,
    tool_result,
    user,
    wire_messages,
)
from tests.support.recordings import Recording, each_recording

SECRET = "do not show these words"


def completion(**message: Any) -> ChatCompletion[str]:
    return ChatCompletion[str].model_validate({"choices": [{"message": {"role": "assistant", **message}}]})


def replayed(**message: Any) -> Any:
    return wire_messages([completion(**message)])[0]


def problem(messages: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        wire_messages(messages)
    return str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "hi",
        user("hi"),
        {"role": "user", "content": "hi"},
        [{"role": "user", "content": "hi"}],
        (user("hi"),),
    ],
    ids=["text", "message", "dict", "list", "tuple"],
)
def test_a_conversation_may_be_a_text_a_message_or_a_sequence(given: Any) -> None:
    assert wire_messages(given) == [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (system("be brief"), {"role": "system", "content": "be brief"}),
        (developer("be brief", name="boss"), {"role": "developer", "content": "be brief", "name": "boss"}),
        (assistant("Once"), {"role": "assistant", "content": "Once"}),
        (tool_result("call_1", "4"), {"role": "tool", "tool_call_id": "call_1", "content": "4"}),
        (
            system("rules", text("more", cache_control={"type": "ephemeral"})),
            {
                "role": "system",
                "content": [
                    {"type": "text", "text": "rules"},
                    {"type": "text", "text": "more", "cache_control": {"type": "ephemeral"}},
                ],
            },
        ),
        (
            user("look:", image("https://example.com/a.png", detail="low"), name="eve"),
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look:"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
                ],
                "name": "eve",
            },
        ),
        (
            tool_result("c", text("seen"), image("data:image/png;base64,AA==")),
            {
                "role": "tool",
                "tool_call_id": "c",
                "content": [
                    {"type": "text", "text": "seen"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            },
        ),
        (
            configuration_update("high"),
            {"role": "system", "content": "", "configuration_update": {"reasoning": {"effort": "high"}}},
        ),
    ],
    ids=lambda value: value["role"] if isinstance(value, dict) else None,
)
def test_constructors_give_the_documented_shapes(message: Any, wire: dict[str, Any]) -> None:
    assert wire_messages(message) == [wire]


def test_a_tool_result_takes_the_call_itself() -> None:
    call = completion(
        tool_calls=[{"id": "call_7", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    ).tool_calls[0]
    assert tool_result(call, "4")["tool_call_id"] == "call_7"


def test_a_tool_result_of_a_call_without_id_is_refused() -> None:
    @dataclass
    class Call:
        id: str | None = None

    with pytest.raises(ConfigurationError, match="a call whose id is None"):
        tool_result(Call(), "4")


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([], "messages is empty; expected at least one message"),
        (5, "messages is 5; expected text, a message, or a list of messages"),
        (b"hi", "messages is a bytes"),
        (["hi"], "messages[0] is text; expected a message such as user(...) or system(...)"),
        ([None], "messages[0] is None; expected a dict whose 'role' is 'system'"),
        (
            [{"content": "x"}],
            "messages[0].role is missing; expected 'system', 'developer', 'user', 'assistant' or 'tool'",
        ),
        ([{"role": "bot", "content": "x"}], "messages[0].role is 'bot'; expected 'system'"),
        ([{"role": "user"}], "messages[0].content is missing"),
        ([user("a"), {"role": "user", "content": 5}], "messages[1].content is 5; expected text or a list"),
        ([{"role": "user", "content": None}], "messages[0].content is None; expected text or a list"),
        ([user()], "messages[0].content is a list of 0 items; expected at least 1 item"),
        ([{"role": "user", "content": "x", "nmae": "y"}], "messages[0].nmae is unknown"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id is missing"),
        (
            [{"role": "tool", "content": "x", "tool_call_id": ""}],
            "messages[0].tool_call_id is text of 0 characters",
        ),
        (
            [{"role": "system", "content": [{"type": "image_url"}]}],
            "messages[0].content[0].type is text of 9 characters; expected 'text'",
        ),
        (
            [{"role": "user", "content": [{"type": "img"}]}],
            "messages[0].content[0].type is 'img'; expected 'text', 'image_url'",
        ),
        ([{"role": "user", "content": [{"text": "x"}]}], "messages[0].content[0].type is missing"),
        (
            [{"role": "user", "content": ["x"]}],
            "messages[0].content[0] is text of 1 characters; expected a dict whose 'type'",
        ),
        (
            [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "input_audio",
                            "input_audio": {"data": "data:audio/wav;base64,AA", "format": "wav"},
                        }
                    ],
                }
            ],
            "messages[0].content[0].input_audio.data is text of 24 characters; expected text that is not empty (base64",
        ),
        (
            [{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}],
            "messages[0].tool_calls[0].function is missing",
        ),
        ([{"role": "assistant", "content": "x", "x": {1}}], "expected JSON values only, without a set"),
        (
            [{"role": "assistant", "reasoning_details": [{"x": float("nan")}]}],
            "expected finite numbers in JSON",
        ),
        (
            [ChatCompletion[str].model_validate({"choices": []})],
            "messages[0] is a completion without an answer",
        ),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else None,
)
def test_a_wrong_message_is_named_by_its_path(messages: Any, message: str) -> None:
    assert message in problem(messages)


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": [SECRET]}],
        [{"role": "user", "content": [{"type": "text", "text": SECRET, "cache_control": SECRET}]}],
        [{"role": "tool", "tool_call_id": [SECRET], "content": SECRET}],
        [{"role": "assistant", "tool_calls": SECRET}],
        [SECRET],
        [{"role": SECRET * 3, "content": ""}],
    ],
    ids=range(6),
)
def test_no_error_shows_the_words_of_a_message(messages: Any) -> None:
    assert SECRET not in problem(messages)


def test_unknown_fields_of_assistant_messages_are_sent_back() -> None:
    message = {"role": "assistant", "content": "x", "of_tomorrow": {"a": [1]}}
    assert wire_messages([message]) == [message]


def test_empty_content_beside_tool_calls_is_sent_as_null() -> None:
    calls = [{"id": "1", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    assert wire_messages([message]) == [{"role": "assistant", "content": None, "tool_calls": calls}]


def test_what_the_caller_gave_is_left_as_it_was() -> None:
    given = [
        user("look:", image("https://example.com/a.png")),
        {"role": "assistant", "content": "", "tool_calls": []},
    ]
    before = repr(given)
    wire_messages(given)
    assert repr(given) == before


def test_a_completion_stands_for_its_message() -> None:
    reply = completion(content="4", refusal=None, reasoning=None)
    wire = [{"role": "assistant", "content": "4"}]
    assert wire_messages(reply) == wire_messages([reply.message]) == wire


def test_calls_are_sent_back_with_their_arguments_unchanged_and_without_index() -> None:
    call = {
        "id": "c1",
        "index": 0,
        "type": "function",
        "function": {"name": "f", "arguments": '{ "b":1,  "a":2}'},
    }
    assert replayed(content="", tool_calls=[call]) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{ "b":1,  "a":2}'}}
        ],
    }


def test_calls_without_id_or_arguments_become_valid_ones() -> None:
    calls = replayed(tool_calls=[{"function": {"name": "f"}}, {"function": {"name": "g", "arguments": ""}}])[
        "tool_calls"
    ]
    assert [call["function"]["arguments"] for call in calls] == ["{}", "{}"]
    assert len({call["id"] for call in calls}) == 2
    assert all(call["id"] for call in calls)


DETAILS = [
    {"type": "reasoning.text", "text": "a", "signature": "s", "index": 0, "format": "anthropic-claude-v1"},
    {"type": "reasoning.encrypted", "data": "x", "id": None, "of_tomorrow": 1},
]


def test_reasoning_details_come_back_unchanged_and_take_the_place_of_the_text() -> None:
    assert replayed(content="4", reasoning="a", reasoning_details=DETAILS) == {
        "role": "assistant",
        "content": "4",
        "reasoning_details": DETAILS,
    }


def test_empty_reasoning_details_are_kept() -> None:
    """Some models refuse a conversation that lacks the empty list."""
    assert replayed(content="4", reasoning="a", reasoning_details=[]) == {
        "role": "assistant",
        "content": "4",
        "reasoning": "a",
        "reasoning_details": [],
    }


def test_reasoning_as_text_comes_back_where_there_are_no_details() -> None:
    assert replayed(content="4", reasoning="a") == {"role": "assistant", "content": "4", "reasoning": "a"}


def test_images_audio_refusal_and_parsed_files_come_back() -> None:
    parsed = {"type": "file", "file": {"hash": "h", "name": "n", "content": [{"type": "text", "text": "t"}]}}
    wire = replayed(
        content=None,
        refusal="no",
        images=[{"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,AA=="}}],
        audio={"id": "audio_1", "data": "AA==", "transcript": "no", "expires_at": 1},
        annotations=[{"type": "url_citation", "url_citation": {"url": "https://example.com"}}, parsed],
    )
    assert wire == {
        "role": "assistant",
        "content": None,
        "refusal": "no",
        "images": [{"image_url": {"url": "data:image/png;base64,AA=="}}],
        "audio": {"id": "audio_1"},
        "annotations": [parsed],
    }


def test_of_the_parts_of_a_content_text_alone_comes_back() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "So."}]}
    parts = [thought, {"type": "output_text", "text": "4", "annotations": []}, {"text": "2"}, "!"]
    assert replayed(content=parts)["content"] == [{"type": "text", "text": text} for text in "42!"]
    assert replayed(content=[thought])["content"] == "(no text)"


def test_images_of_the_content_come_back_beside_it() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    text = {"type": "text", "text": "a dot"}
    images = [{"image_url": {"url": "data:image/png;base64,AA=="}}]
    assert replayed(content=[text, part]) == {"role": "assistant", "content": [text], "images": images}
    assert replayed(content=[part]) == {"role": "assistant", "content": None, "images": images}


def test_audio_without_an_id_comes_back_whole() -> None:
    assert replayed(content=None, audio={"data": "AA==", "transcript": "no"})["audio"] == {
        "data": "AA==",
        "transcript": "no",
    }


def test_a_reply_without_anything_is_sent_as_words_that_say_so() -> None:
    assert replayed() == {"role": "assistant", "content": "(no text)"}


def test_a_message_made_by_hand_is_a_reply_too() -> None:
    assert wire_messages(AssistantMessage(content="x")) == [{"role": "assistant", "content": "x"}]


@given(st.lists(st.text(max_size=20).filter(str.strip), min_size=1, max_size=4))
def test_constructors_and_dicts_give_the_same_messages(texts: list[str]) -> None:
    parts = [{"type": "text", "text": text} for text in texts]
    content: Any = texts[0] if len(texts) == 1 else parts
    assert wire_messages([user(*texts), system(*texts), tool_result("1", *texts)]) == [
        {"role": "user", "content": content},
        {"role": "system", "content": content},
        {"role": "tool", "tool_call_id": "1", "content": content},
    ]


def test_every_wire_message_is_json() -> None:
    json.dumps(
        wire_messages([completion(content=[{"type": "text", "text": "a"}], reasoning_details=DETAILS)])
    )


@each_recording("chat")
def test_every_recorded_reply_can_be_sent_back(recording: Recording) -> None:
    reply = ChatCompletion[str].model_validate_json(recording.body)
    wire: Any = wire_messages([reply])[0]
    assert wire["role"] == "assistant"
    assert wire.get("reasoning_details") == reply.reasoning_details
    assert [call["id"] for call in wire.get("tool_calls", [])] == [call.id for call in reply.tool_calls]
    assert len(wire.get("images", [])) == len(reply.images)
