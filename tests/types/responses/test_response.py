"""Recorded Responses replies, and odd ones, as they are read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async.types.responses.items import (
    ImageItem,
    ReasoningItem,
    ServerToolItem,
    WebSearchItem,
    read_item,
)
from openrouter_async.types.responses.response import Response


def test_items_are_typed_and_keep_their_json() -> None:
    raw: dict[str, Any] = {
        "type": "openrouter:web_fetch",
        "status": "completed",
        "url": "https://a.b",
        "error": 5,
        "new": [None],
    }
    item = read_item(raw)
    assert isinstance(item, ServerToolItem)
    assert (item.tool, item.raw) == ("web_fetch", raw)
    search = read_item(
        {
            "type": "openrouter:web_search",
            "action": {"type": "search", "query": "q", "sources": [{"url": "https://a.b"}, None]},
        }
    )
    assert isinstance(search, WebSearchItem)
    assert (search.queries, search.sources) == (["q"], ["https://a.b"])
    thought = read_item(
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "So."}], "content": "?"}
    )
    assert isinstance(thought, ReasoningItem)
    assert thought.text == "So."


@pytest.mark.parametrize("empty", [None, "", 5, {}])
def test_an_image_is_taken_from_the_first_field_that_has_one(empty: object) -> None:
    item = read_item({"type": "image_generation_call", "result": empty, "imageUrl": "https://a.b/c.png"})
    assert isinstance(item, ImageItem)
    assert item.image is not None
    assert item.image.image_url.url == "https://a.b/c.png"


@pytest.mark.parametrize(
    "content",
    ["Hello", ["Hel", "lo"], {"type": "output_text", "text": "Hello"}, ["Hello", None, {"type": "refusal"}]],
)
def test_the_text_of_a_message_is_read_whatever_its_content_is(content: object) -> None:
    raw = {"type": "message", "content": content}
    reply = Response.model_validate({"output": [raw], "status": "completed"})
    assert (reply.text, [item.raw for item in reply.items]) == ("Hello", [raw])


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [None, 5, "x", []], [{"type": 5}], [{}]])
def test_an_output_of_any_kind_is_read(odd: object) -> None:
    reply = Response.model_validate({"output": odd, "usage": odd, "status": "completed", "error": None})
    assert (reply.text, reply.reasoning, reply.refusal) == ("", None, None)
    assert (reply.tool_calls, reply.images, reply.annotations) == ([], [], [])
    assert all(item.raw in (odd or ()) for item in reply.items)  # type: ignore[operator]


def test_calls_of_functions_and_of_custom_tools_are_tool_calls() -> None:
    reply = Response.model_validate(
        {
            "output": [
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1}'},
                {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "free"},
                {"type": "function_call", "id": "fc_3", "name": "h", "arguments": {"b": 2}},
                {"type": "function_call", "call_id": "c4", "name": "f", "arguments": '{"a":'},
            ]
        }
    )
    assert [(call.id, call.name, call.args, call.complete) for call in reply.tool_calls] == [
        ("c1", "f", {"a": 1}, True),
        ("c2", "g", {"input": "free"}, True),
        ("fc_3", "h", {"b": 2}, True),
        ("c4", "f", None, False),
    ]
    assert reply.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "completed"}, "stop"),
        ({}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "failed"}, "error"),
        ({"status": "in_progress"}, None),
    ],
)
def test_why_it_stopped_is_said_in_the_words_of_chat(fields: dict[str, object], reason: str | None) -> None:
    assert Response.model_validate({"output": [], **fields}).finish_reason == reason


def test_the_names_of_its_usage_are_those_of_chat() -> None:
    reply = Response.model_validate_json(
        json.dumps(
            {
                "usage": {
                    "input_tokens": 5,
                    "output_tokens": 3,
                    "input_tokens_details": {"cached_tokens": 2},
                    "output_tokens_details": {"reasoning_tokens": 1},
                    "cost": 0.5,
                    "cost_details": {"upstream_inference_input_cost": 0.1},
                }
            }
        )
    )
    usage = reply.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, reply.cost) == (5, 3, Decimal("0.5"))
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 2
    assert usage.cost_details is not None
    assert usage.cost_details.upstream_inference_prompt_cost == Decimal("0.1")
