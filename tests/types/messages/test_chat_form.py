"""Messages of chat in the form of Messages, and histories that the service takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async import assistant, developer, system, tool_result, user
from openrouter_async._sansio.message_body import MessageCall
from openrouter_async.errors import ConfigurationError
from openrouter_async.types.messages.chat_form import fit_messages


def sent(messages: Any, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(MessageCall(messages, "a/b", params).body())
    return body


def use(*ids: str) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": id, "name": "f", "input": {}} for id in ids],
    }


def result(*ids: str) -> dict[str, Any]:
    return {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": id, "content": f"of {id}"} for id in ids],
    }


def test_helpers_of_chat_are_taken() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    body = sent(
        [
            system("Be brief."),
            developer("And kind."),
            user("Hi"),
            assistant("Well"),
            user("?"),
            {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
            tool_result("a", "3"),
        ]
    )
    assert body["system"] == "Be brief.\n\nAnd kind."
    assert body["messages"][3:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "3"}]},
    ]


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
        ({"type": "tool", "name": "f"}, {"type": "tool", "name": "f"}),
    ],
)
def test_the_choice_of_a_tool_is_taken_in_the_words_of_chat(given: Any, chosen: dict[str, str]) -> None:
    assert sent("Hi", tool_choice=given)["tool_choice"] == chosen


def test_the_parameter_stands_before_instructions_among_the_messages() -> None:
    assert sent([system("Two."), user("Hi")], system="One.")["system"] == "One.\n\nTwo."
    marked = [{"type": "text", "text": "One.", "cache_control": {"type": "ephemeral"}}]
    assert sent([system("Two."), user("Hi")], system=marked)["system"] == [
        *marked,
        {"type": "text", "text": "Two."},
    ]
    with pytest.raises(ConfigurationError, match="only instructions"):
        sent([system("Two.")])


def test_results_of_one_reply_are_one_message() -> None:
    fit = fit_messages([use("a", "b"), result("a"), result("b"), user("Go on.")])
    assert fit[0] == use("a", "b")
    assert [block["type"] for block in fit[1]["content"]] == ["tool_result", "tool_result", "text"]  # type: ignore[index, call-overload, union-attr]  # JSON
    assert len(fit) == 2


def test_each_call_has_a_result_and_each_result_a_call() -> None:
    fit: Any = fit_messages([use("a", "b"), result("b", "c"), assistant("Well"), result("d")])
    assert [block["tool_use_id"] for block in fit[1]["content"]] == ["b", "a"]
    assert fit[1]["content"][1]["is_error"] is True
    assert fit[2:] == [assistant("Well")]


def test_a_history_without_calls_stays_as_it_is() -> None:
    history: list[Any] = [user("Hi"), assistant("Ho"), user("?")]
    assert fit_messages(history) == history
