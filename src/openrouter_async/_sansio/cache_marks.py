"""`with_cache_marks`: the places of a request up to which its provider should cache the prompt. Pure.

Anthropic, Gemini and Qwen cache what a mark ends, and read at most four marks; other providers cache without. The marks
are on the last tool, the end of the system prompt, and the last two turns of the user or of tools: the newer writes
what the next request reads, and the older reads what the request before wrote. Only marks are added: the text and its
order stay as they are, and a request with marks of its own stays as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue
from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from ..types.common import JsonObject

__all__ = ["prompt_of_body", "with_cache_marks"]

MARKED = ("anthropic/", "~anthropic/", "google/gemini", "~google/gemini", "qwen/")
"""How the models begin whose providers want marks."""
_TURNS = 2
_MARK: JsonValue = {"type": "ephemeral"}
_MARKABLE = ("text", "image", "document", "tool_result")
"""Parts that take a mark; in chat only text does, and the others are of Messages."""


def with_cache_marks(content: bytes, model: str | None) -> bytes:
    """Return the body of a request of chat or Messages with marks, if its model's provider wants them."""
    if model is None or not model.startswith(MARKED) or b'"cache_control"' in content:
        return content
    body = from_json(content)
    messages = body.get("messages")
    if not isinstance(messages, list):
        return content
    tools = body.get("tools")
    if isinstance(tools, list) and tools and isinstance(tools[-1], dict):
        own = [tool for tool in tools if tool.get("type", "function") in ("function", "custom")]
        if own:
            own[-1]["cache_control"] = _MARK
    if "system" in body:
        body["system"] = _marked(body["system"])
    turns = _TURNS
    has_system = "system" in body
    for message in reversed(messages):
        role, before = message.get("role"), message.get("content")
        if role in ("user", "tool") and turns:
            message["content"] = _marked(before)
            turns -= message["content"] is not before
        elif role in ("system", "developer") and not has_system:
            message["content"] = _marked(before)
            has_system = message["content"] is not before
    return to_json(body)


def _marked(content: JsonValue) -> JsonValue:
    """Return content with a mark on its last part; the same where no part takes one."""
    if isinstance(content, str):
        return [{"type": "text", "text": content, "cache_control": _MARK}] if content.strip() else content
    if not isinstance(content, list):
        return content
    for place in range(len(content) - 1, -1, -1):
        part = content[place]
        if isinstance(part, dict) and part.get("type") in _MARKABLE and part.get("text", "x"):
            return [*content[:place], {**part, "cache_control": _MARK}, *content[place + 1 :]]
    return content


def prompt_of_body(content: bytes) -> bytes:
    """Return the prompt of a request as a model reads it: tools, instructions, messages; the same for the same text,
    however it is marked."""
    body = from_json(content)
    if not isinstance(body, dict):
        return b""
    # In an object of its own, so that a single part of text is a text there too.
    parts = [_plain({"content": body.get(name)}) for name in ("tools", "system", "instructions")]
    messages = _plain(body.get("messages", body.get("input")))
    listed = messages if isinstance(messages, list) else [messages]
    return b"\n".join(map(to_json, [*parts, *listed]))


def _plain(value: JsonValue) -> JsonValue:
    """Return a value without marks, and with a text in place of a single part of text."""
    if isinstance(value, dict):
        plain: JsonObject = {name: _plain(each) for name, each in value.items() if name != "cache_control"}
        content = plain.get("content")
        if isinstance(content, list) and len(content) == 1:
            part = content[0]
            if isinstance(part, dict) and part.keys() == {"type", "text"}:
                plain["content"] = part["text"]
        return plain
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
