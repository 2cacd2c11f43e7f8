"""Prompts and replies as the conventions write them; only where `Telemetry(content=True)` asks for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from ..types.chat.completion import ChatCompletion
from ..types.chat.model_reply import ModelReply

if TYPE_CHECKING:
    from ..types.chat.completion import AssistantMessage
    from .request_attributes import Attributes

__all__ = ["input_attributes", "output_attributes"]

Part = dict[str, object]


def input_attributes(body: Mapping[str, JsonValue]) -> Attributes:
    """Return the messages of a request as attributes."""
    messages = body.get("messages")
    prompt = body.get("prompt", body.get("input"))
    if isinstance(messages, list):
        told = [_message(message) for message in messages if isinstance(message, dict)]
    elif prompt is not None:
        told = [{"role": "user", "parts": _parts(prompt)}]
    else:
        return {}
    attributes: Attributes = {"gen_ai.input.messages": _json(told)}
    if body.get("tools"):
        attributes["gen_ai.tool.definitions"] = _json(body["tools"])
    return attributes


def output_attributes(reply: object) -> Attributes:
    """Return the answers of a reply as attributes; empty for anything else."""
    if not isinstance(reply, ChatCompletion):
        return _of_one_answer(reply) if isinstance(reply, ModelReply) else {}
    told = [
        {
            "role": "assistant",
            "parts": _parts(choice.text) if choice.message is None else _reply_parts(choice.message),
            "finish_reason": choice.finish_reason or "",
        }
        for choice in reply.choices
    ]
    return {"gen_ai.output.messages": _json(told)}


def _of_one_answer(reply: ModelReply[object]) -> Attributes:
    """Return the answer of a reply in another dialect."""
    parts = _parts(reply.text) + _call_parts(list(reply.tool_calls))
    if reply.reasoning:
        parts.insert(0, {"type": "reasoning", "content": reply.reasoning})
    told = {"role": "assistant", "parts": parts, "finish_reason": reply.finish_reason or ""}
    return {"gen_ai.output.messages": _json([told])}


def _reply_parts(message: AssistantMessage) -> list[Part]:
    parts: list[Part] = []
    if message.reasoning:
        parts.append({"type": "reasoning", "content": message.reasoning})
    parts += _parts(message.text)
    return parts + _call_parts(list(message.tool_calls or ()))


def _message(message: Mapping[str, JsonValue]) -> dict[str, object]:
    role = message.get("role")
    if role == "tool":
        result = {
            "type": "tool_call_response",
            "id": message.get("tool_call_id"),
            "result": message.get("content"),
        }
        return {"role": role, "parts": [result]}
    calls = message.get("tool_calls")
    parts = _parts(message.get("content"))
    return {"role": role, "parts": parts + _call_parts(calls if isinstance(calls, list) else [])}


def _parts(content: JsonValue) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    parts: list[Part] = []
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and part.get("type") == "text":
            parts.append({"type": "text", "content": part.get("text")})
        elif isinstance(part, dict):  # images and files would be megabytes
            parts.append({"type": part.get("type"), "content": "omitted"})
        else:
            parts.append({"type": "text", "content": part})
    return parts


def _call_parts(calls: Sequence[object]) -> list[Part]:
    parts: list[Part] = []
    for call in calls:
        plain = from_json(to_json(call))
        function = plain.get("function") if isinstance(plain, dict) else None
        if isinstance(function, dict):
            named = {"id": plain.get("id"), "name": function.get("name")}
            parts.append({"type": "tool_call", **named, "arguments": function.get("arguments")})
    return parts


def _json(value: object) -> str:
    return to_json(value, inf_nan_mode="strings").decode()
