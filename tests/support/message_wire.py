"""The wire of the Messages dialect: every content block of the service's document, and streams that bring them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["BLOCKS", "MESSAGE", "block_events", "stream_of"]

_DIRECT = {"type": "direct"}

BLOCKS: list[dict[str, Any]] = [
    {"type": "text", "text": "Ä lamp, “two”.", "citations": None},
    {
        "type": "text",
        "citations": [
            {
                "type": "web_search_result_location",
                "cited_text": "Lamps are lit.",
                "url": "https://example.com/lamps",
                "title": "Lamps",
                "encrypted_index": "Eo8B/+==",
            },
            {
                "type": "char_location",
                "cited_text": "lit",
                "document_index": 0,
                "document_title": None,
                "start_char_index": 3,
                "end_char_index": 6,
                "file_id": None,
            },
        ],
        "text": "They are lit.",
    },
    {"type": "thinking", "thinking": "Two\n\nlamps…", "signature": "EqQBCkYIARgCKkB+/x=="},
    {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3p=="},
    {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "stock",
        "input": {"b": 1.0, "a": [None, "é"]},
        "caller": _DIRECT,
    },
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "lamps"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "caller": _DIRECT,
        "content": [
            {
                "type": "web_search_result",
                "url": "https://example.com",
                "title": "Lamps",
                "encrypted_content": "Ev0D==",
                "page_age": None,
            }
        ],
    },
    {
        "type": "web_fetch_tool_result",
        "tool_use_id": "srvtoolu_2",
        "content": {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"},
        "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"},
    },
    {
        "type": "code_execution_tool_result",
        "tool_use_id": "srvtoolu_3",
        "content": {
            "type": "code_execution_result",
            "stdout": "2\n",
            "stderr": "",
            "return_code": 0,
            "content": [],
        },
    },
    {
        "type": "bash_code_execution_tool_result",
        "tool_use_id": "srvtoolu_4",
        "content": {"type": "bash_code_execution_tool_result_error", "error_code": "unavailable"},
    },
    {
        "type": "text_editor_code_execution_tool_result",
        "tool_use_id": "srvtoolu_5",
        "content": {"type": "text_editor_code_execution_create_result", "is_file_update": False},
    },
    {
        "type": "tool_search_tool_result",
        "tool_use_id": "srvtoolu_6",
        "content": {"type": "tool_search_tool_search_result", "tool_references": []},
    },
    {"type": "container_upload", "file_id": "file_1"},
    {"type": "compaction", "content": "They spoke of lamps.", "encrypted_content": "Er8C=="},
    {
        "type": "advisor_tool_result",
        "tool_use_id": "srvtoolu_7",
        "content": {"type": "advisor_result", "text": "Yes"},
    },
    {"type": "openrouter_shell_tool_result", "tool_use_id": "srvtoolu_8", "content": {"output": []}},
    {
        "type": "openrouter_bash_tool_result",
        "tool_use_id": "srvtoolu_9",
        "content": {"stdout": "", "exitCode": 0},
    },
    {"type": "openrouter_tool_search_result", "tool_use_id": "srvtoolu_10", "content": {}},
    {"type": "from_the_future", "z": {"y": 1}, "a": None},
]
"""Each kind of block, the second text with citations, and one that no document has."""

_USAGE = {
    "input_tokens": 12,
    "output_tokens": 34,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 7,
    "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 0},
    "output_tokens_details": {"thinking_tokens": 9},
    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    "inference_geo": None,
    "service_tier": "standard",
    "cost": 0.0125,
    "cost_details": {"upstream_inference_cost": None},
    "is_byok": False,
}

MESSAGE: dict[str, Any] = {
    "id": "gen-1",
    "type": "message",
    "role": "assistant",
    "model": "anthropic/claude-sonnet-4.5",
    "provider": "Anthropic",
    "content": BLOCKS,
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "stop_details": None,
    "container": {"id": "container_1", "expires_at": "2026-11-29T00:00:00Z"},
    "usage": _USAGE,
}
"""A whole reply with all of them."""


def block_events(block: Mapping[str, Any], index: int) -> list[dict[str, Any]]:
    """Return the events that bring one block, its texts in two pieces."""
    begin = {**block}
    deltas: list[dict[str, Any]] = []
    match block["type"]:
        case "text":
            begin["text"] = ""
            if block["citations"] is not None:
                begin["citations"] = []
                deltas = [{"type": "citations_delta", "citation": each} for each in block["citations"]]
            deltas += [{"type": "text_delta", "text": piece} for piece in _halves(block["text"])]
        case "thinking":
            begin |= {"thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _halves(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use" | "server_tool_use":
            begin["input"] = {}
            text = json.dumps(block["input"])
            pieces = ["", *_halves(text)] if block["input"] else [""]
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        case "compaction":
            begin |= {"content": None, "encrypted_content": None}
            names = ("content", "encrypted_content")
            deltas = [{"type": "compaction_delta", **{name: block[name] for name in names}}]
    return [
        {"type": "content_block_start", "index": index, "content_block": begin},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def stream_of(
    message: Mapping[str, Any], *, blocks: Iterable[Mapping[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return the events of a stream of this message: first without tokens and reason, at the end with both."""
    end = ("stop_reason", "stop_sequence", "stop_details", "container")
    head = {**message, **dict.fromkeys(end), "content": [], "usage": {"input_tokens": 0, "output_tokens": 0}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": head}, {"type": "ping"}]
    for index, block in enumerate(message["content"] if blocks is None else blocks):
        events += block_events(block, index)
    return [
        *events,
        {"type": "message_delta", "delta": {name: message[name] for name in end}, "usage": message["usage"]},
        {"type": "message_stop"},
    ]


def _halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    return text[:middle], text[middle:]
