"""`chat_messages_of`: what `useChat` sends becomes what models take; tests/server/ai_sdk/ has the real thing."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import ConfigurationError
from openrouter_async.server import chat_messages_of


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
