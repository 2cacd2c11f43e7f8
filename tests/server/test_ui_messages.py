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
