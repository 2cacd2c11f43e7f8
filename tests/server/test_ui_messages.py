"""`chat_messages_of` and `with_approvals`, on messages as `useChat` sends them; the package itself is in ai_sdk/."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import ConfigurationError, PausedRun
from openrouter_async.server import chat_messages_of, with_approvals


def message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": "m", "role": role, "parts": [*parts]}


def test_each_kind_of_file_has_its_part() -> None:
    files = [
        {"type": "file", "mediaType": "image/png", "url": "https://example.com/a.png"},
        {"type": "file", "mediaType": "audio/mpeg", "url": "data:audio/mpeg;base64,AAAA"},
        {"type": "file", "mediaType": "video/mp4", "url": "https://example.com/a.mp4"},
        {
            "type": "file",
            "mediaType": "application/pdf",
            "url": "data:application/pdf;base64,AAAA",
            "filename": "a.pdf",
        },
    ]
    [found] = chat_messages_of([message("user", {"type": "text", "text": "Look."}, *files)])
    assert found["content"] == [
        {"type": "text", "text": "Look."},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
        {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    ]


def test_only_what_models_take_goes_back() -> None:
    answered = {"type": "dynamic-tool", "toolName": "look", "toolCallId": "a", "state": "output-error"}
    given = [
        message("system", {"type": "text", "text": "Be brief."}),
        message(
            "assistant",
            {"type": "step-start"},
            {"type": "reasoning", "text": "Hm."},
            {"type": "tool-weather", "toolCallId": "b", "state": "input-available", "input": {}},
            {**answered, "input": {"x": 1}, "errorText": "broken"},
            {"type": "data-output", "data": 1},
            {"type": "step-start"},
            {"type": "source-url", "url": "https://example.com/"},
            {"type": "text", "text": "Done."},
        ),
    ]
    call = {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"x":1}'}}
    assert chat_messages_of(given) == [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "broken"},
        {"role": "assistant", "content": "Done."},
    ]


def test_what_came_with_a_reply_goes_back_with_it() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x"}]
    call = {"type": "tool-look", "toolCallId": "a", "state": "output-available", "input": {}, "output": 1}
    signed = {"reasoning_details": details, "call": {"extra_content": {"s": 1}, "id": "z"}}
    found = chat_messages_of(
        [
            message(
                "assistant",
                {"type": "step-start"},
                {**call, "callProviderMetadata": {"openrouter": signed}},
                {"type": "step-start"},
                {"type": "text", "text": "Done.", "providerMetadata": {"openrouter": {"reasoning": "Hm."}}},
                {"type": "step-start"},
                {
                    "type": "reasoning",
                    "text": "",
                    "providerMetadata": {"openrouter": {"reasoning_details": []}},
                },
                {"type": "step-start"},
                {
                    "type": "text",
                    "text": "So.",
                    "providerMetadata": {"openrouter": {"reasoning_details": "no list", "reasoning": 7}},
                },
                {"type": "step-start"},
                {"type": "text", "text": "So.", "providerMetadata": [1]},
                {"type": "step-start"},
                {
                    "type": "text",
                    "text": "Ah.",
                    "providerMetadata": {"openrouter": {"reasoning_content": "Hm."}},
                },
            )
        ]
    )
    assert found[0]["reasoning_details"] == details
    assert (found[0]["tool_calls"][0]["extra_content"], found[0]["tool_calls"][0]["id"]) == ({"s": 1}, "a")
    assert found[2:] == [
        {"role": "assistant", "content": "Done.", "reasoning": "Hm."},
        {"role": "assistant", "content": None, "reasoning_details": []},
        {"role": "assistant", "content": "So."},
        {"role": "assistant", "content": "So."},
        {"role": "assistant", "content": "Ah.", "reasoning_content": "Hm."},
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "a list"),
        ([], "a list"),
        ("Hello", "a list"),
        ([{"role": "user", "content": "Hello"}], r"messages\[0\]"),
        ([message("user"), message("tool")], r"messages\[1\]"),
        ([message("user", {"text": "no type"})], r"messages\[0\]"),
        ([message("user"), 7], r"messages\[1\]"),
    ],
)
def test_what_is_no_message_is_refused(given: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        chat_messages_of(given)


def paused(*ids: str, wants: str = "approval") -> PausedRun:
    calls = [{"id": id, "index": 0, "name": "remove", "arguments": "{}", "args": {}} for id in ids]
    waiting = [{"call": call, "wants": wants} for call in calls]
    return PausedRun.model_validate({"messages": [], "steps": [], "waiting": waiting})


def responded(
    id: str, *, approved: object, reason: object = None, state: str = "approval-responded"
) -> dict[str, Any]:
    approval = {"id": id, "approved": approved, "reason": reason}
    return {"type": "tool-remove", "toolCallId": id, "state": state, "input": {}, "approval": approval}


def test_decisions_of_the_page_are_taken_by_the_id_of_their_request() -> None:
    yes, no = responded("a", approved=True), responded("b", approved=False, reason="no")
    decided = with_approvals(paused("a", "b"), [message("user"), message("assistant", yes, no)])
    assert decided.undecided == []
    assert [(id, each.action, each.content) for id, each in decided.decisions.items()] == [
        ("a", "approve", ""),
        ("b", "reject", "no"),
    ]


@pytest.mark.parametrize(
    "part",
    [
        responded("other", approved=True),
        responded("a", approved=True, state="approval-requested"),
        responded("a", approved="yes"),
        responded("a", approved=None),
        {"type": "tool-remove", "state": "approval-responded"},
        {"type": "tool-remove", "state": "approval-responded", "approval": [1]},
        {"type": "text", "text": "yes"},
    ],
)
def test_what_is_no_decision_on_a_call_that_waits_decides_nothing(part: dict[str, Any]) -> None:
    assert with_approvals(paused("a"), [message("assistant", part)]).decisions == {}


def test_a_call_that_wants_an_answer_is_not_approved() -> None:
    asked = [message("assistant", responded("a", approved=True))]
    assert with_approvals(paused("a", wants="answer"), asked).decisions == {}


def test_a_decision_is_not_made_twice() -> None:
    first, second = responded("a", approved=False), responded("a", approved=True)
    decided = with_approvals(paused("a"), [message("assistant", first, second)])
    assert decided.decisions["a"].action == "reject"


def test_messages_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="list of messages"):
        with_approvals(paused("a"), "yes")
