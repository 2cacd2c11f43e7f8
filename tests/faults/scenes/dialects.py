"""The good answers of the scenes in the dialect of the request: they are written as chat, and told anew for others.

What is no chunk or completion of chat, such as comments and broken JSON, stays as it is.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.loopback import Request

__all__ = ["spoken"]

_LINE = re.compile(rb"data: (\{[^\r\n]*\})(\r\n|\n|\r)\2")


def spoken(data: bytes, request: Request) -> bytes:
    """Return a body, or events, of chat in the dialect that a request is of."""
    dialect = request.path.partition("?")[0].rpartition("/")[2]
    if dialect not in ("responses", "messages"):
        return data
    if data[:1] == b"{":
        reply = _read(data)
        return data if reply is None else json.dumps(_whole(reply, dialect)).encode()

    has_begun = False

    def told(match: re.Match[bytes]) -> bytes:
        nonlocal has_begun
        chunk = _read(match[1])
        if chunk is None:
            return match[0]
        events = ([] if has_begun else _beginning(dialect)) + _events(chunk, dialect)
        has_begun = True
        return b"".join(b"data: " + json.dumps(event).encode() + match[2] * 2 for event in events)

    return _LINE.sub(told, data)


HEAD = {"id": "gen-1", "model": "a/b", "provider": "P"}


def _beginning(dialect: str) -> list[dict[str, Any]]:
    if dialect == "responses":
        return [{"type": "response.created", "response": {**HEAD, "output": []}}]
    return [
        {"type": "message_start", "message": {**HEAD, "type": "message", "role": "assistant", "content": []}}
    ]


def _read(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "choices" in value else None


def _usage(usage: Any) -> Any:
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    return {names.get(name, name): value for name, value in usage.items()} if usage else usage


def _whole(reply: dict[str, Any], dialect: str) -> dict[str, Any]:
    text = reply["choices"][0]["message"]["content"]
    told = {"id": reply.get("id"), "model": "a/b", "provider": "P", "usage": _usage(reply.get("usage"))}
    if dialect == "responses":
        part = {"type": "output_text", "text": text}
        item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
        return {**told, "object": "response", "status": "completed", "output": [item]}
    content = [{"type": "text", "text": text}]
    return {**told, "type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn"}


def _events(chunk: dict[str, Any], dialect: str) -> list[dict[str, Any]]:
    """Return the events that stand for a chunk; its error, if it has one, last."""
    events: list[dict[str, Any]] = []
    for choice in chunk["choices"]:
        text, reason = (choice.get("delta") or {}).get("content"), choice.get("finish_reason")
        if text and dialect == "responses":
            place = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
            events.append({"type": "response.output_text.delta", **place, "delta": text})
        elif text:
            delta = {"type": "text_delta", "text": text}
            events.append({"type": "content_block_delta", "index": 0, "delta": delta})
        if not reason or reason == "error":
            continue
        if dialect == "responses":
            response = {**HEAD, "status": "completed", "output": [], "usage": _usage(chunk.get("usage"))}
            events.append({"type": "response.completed", "response": response})
        else:
            usage = {"usage": _usage(chunk["usage"])} if chunk.get("usage") else {}
            events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, **usage})
            events.append({"type": "message_stop"})
    failed = [each for each in chunk["choices"] if each.get("finish_reason") == "error"]
    error = chunk.get("error") or next((each["error"] for each in failed if each.get("error")), None)
    if error:
        events.append({"type": "error", "error": error})
    elif failed and dialect == "responses":
        events.append({"type": "response.failed", "response": {**HEAD, "status": "failed"}})
    elif failed:
        events.append({"type": "error", "error": {"type": "api_error", "message": "it failed"}})
    return events
