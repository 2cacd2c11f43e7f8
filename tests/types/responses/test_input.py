"""The input of Responses requests: what it may be given as, and what is refused before it is sent."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from openrouter_async import assistant, file, image, system, text, tool_result, user
from openrouter_async._sansio.response_body import ResponseCall
from openrouter_async.errors import ConfigurationError
from openrouter_async.types.responses.items import read_item
from openrouter_async.types.responses.response import Response

CALL: dict[str, Any] = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
THOUGHT: dict[str, Any] = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [],
    "encrypted_content": "g\u00e9=",
    "new": None,
}


def sent(given: Any, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ResponseCall(given, "a/b", params).body())
    return body


def test_text_is_what_the_user_says() -> None:
    assert sent("Hi") == {"model": "a/b", "input": "Hi"}


def test_messages_of_chat_are_items() -> None:
    given = [
        system("Be brief."),
        user("Look", image("https://a.b/c.png", detail="low"), file("https://a.b/c.pdf", filename="c.pdf")),
        user("and"),
        assistant("Well"),
        {"role": "assistant", "content": None, "tool_calls": [_chat_call()]},
        tool_result("c1", "3", image("https://a.b/d.png")),
    ]
    assert sent(given)["input"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look"},
                {"type": "input_image", "image_url": "https://a.b/c.png", "detail": "low"},
                {"type": "input_file", "filename": "c.pdf", "file_url": "https://a.b/c.pdf"},
            ],
        },
        {"role": "user", "content": "and"},
        {"role": "assistant", "content": "Well"},
        CALL,
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [
                {"type": "input_text", "text": "3"},
                {"type": "input_image", "image_url": "https://a.b/d.png", "detail": "auto"},
            ],
        },
    ]


def _chat_call() -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_what_a_model_said_goes_back_as_it_came() -> None:
    items = [THOUGHT, {**CALL, "status": None}]
    reply = Response.model_validate({"output": items})
    for given in (
        [reply, RESULT],
        [*reply.items, RESULT],
        [*items, RESULT],
        [*map(read_item, items), RESULT],
    ):
        assert sent(given)["input"] == [*items, RESULT]


def test_each_call_has_a_result_and_each_result_a_call() -> None:
    other = {**RESULT, "call_id": "c9"}  # of no call
    fitted = sent([CALL, other, {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"}])[
        "input"
    ]
    assert [(each["type"], each["call_id"]) for each in fitted] == [
        ("function_call", "c1"),
        ("function_call_output", "c1"),
        ("custom_tool_call", "c2"),
        ("custom_tool_call_output", "c2"),
    ]
    assert "no result" in fitted[1]["output"]


def test_tools_of_chat_and_of_this_library_are_flat() -> None:
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    flat = {"type": "function", **function, "strict": False}

    class Made:
        definition: ClassVar[dict[str, Any]] = {
            "type": "function",
            "function": function,
            "cache_control": {"type": "ephemeral"},
        }

    body = sent(
        "Hi", tools=[{"type": "function", "function": function}, Made(), {"type": "openrouter:datetime"}]
    )
    assert body["tools"] == [flat, flat, {"type": "openrouter:datetime"}]
    chosen = sent("Hi", tool_choice={"type": "function", "function": {"name": "f"}})
    assert chosen["tool_choice"] == {"type": "function", "name": "f"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "input is empty"),
        (5, "input is 5; expected text, an item"),
        (["a"], "input[0] is text"),
        ([{"content": "a"}], "input[0] has neither 'type' nor 'role'"),
        ([{"role": "owner", "content": "a"}], "input[0].role"),
        ([user("a"), {"role": "user", "content": []}], "input[1].content"),
        (
            [{"role": "user", "content": [{"type": "input_text", "txt": "a"}]}],
            "input[0].content[0].text is missing",
        ),
        ([user(text("a", cache_control={"type": "ephemeral"}))], "cache_control"),
        ([{**RESULT, "call_id": ""}], "input[0].call_id"),
        ([{"type": "x", "y": float("nan")}], "finite"),
        ([user(image(b"\x89PNG\r\n\x1a\n0000"))], "not encoded yet"),
    ],
)
def test_what_is_wrong_is_named_before_it_is_sent(given: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sent(given)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("store", "conversation(api='responses')"),
        ("previous_response_id", "conversation(api='responses')"),
        ("background", "client.batch"),
        ("prompt", "@preset/"),
        ("route", "provider="),
        ("max_tokens", "max_output_tokens"),
        ("response_format", "output="),
        ("temprature", "did you mean 'temperature'"),
    ],
)
def test_what_the_service_does_not_keep_is_refused_with_what_to_do(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sent("Hi", **{name: "x"})
    assert said in caught.value.message


def test_parameters_of_a_client_are_those_of_chat() -> None:
    call = ResponseCall("Hi", None, {"temperature": 0.5}).with_defaults(
        "a/b",
        {"temperature": 1, "max_tokens": 9, "seed": 1, "reasoning": {"effort": "low", "exclude": True}},
    )
    assert json.loads(call.body()) == {
        "model": "a/b",
        "input": "Hi",
        "temperature": 0.5,
        "max_output_tokens": 9,
        "reasoning": {"effort": "low"},
    }


def test_no_prompt_is_in_an_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        sent([{"role": "user", "content": [{"type": "input_text", "text": 5, "secret": "my prompt"}]}])
    assert "my prompt" not in str(caught.value)
