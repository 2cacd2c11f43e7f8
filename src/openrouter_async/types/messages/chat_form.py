"""Messages of chat in the form of Messages, and the corrections of a history that the service requires.

So one set of helpers (`user()`, `tool_result()`, ...), and one loop over tools, serve every dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from ..chat.sent_back import NO_RESULT
from ..chat.settled_arguments import argument_text, settled_arguments
from ..common import JsonObject

__all__ = ["fit_messages", "of_chat", "without_system"]

_Fields = Mapping[str, Any]
_Values = list[Any]


def of_chat(message: _Fields) -> _Fields:
    """Return a message of chat as it is sent here; one that is in this form already stays."""
    role = message.get("role")
    if role == "tool":
        content = message.get("content")
        result = {"type": "tool_result", "tool_use_id": message.get("tool_call_id"), "content": content}
        return {"role": "user", "content": [result]}
    if role == "developer":
        return {**message, "role": "system"}
    calls = message.get("tool_calls")
    if role != "assistant" or not isinstance(calls, list | tuple):
        return message
    content = message.get("content")
    blocks: _Values = (
        [{"type": "text", "text": content}] if isinstance(content, str) and content else [*(content or ())]
    )
    for call in calls:
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            blocks.append(
                {
                    "type": "tool_use",
                    "id": call.get("id"),
                    "name": function.get("name"),
                    "input": _as_object(function.get("arguments")),
                }
            )
    return {"role": "assistant", "content": blocks}


def _as_object(arguments: object) -> object:
    try:
        value = from_json(settled_arguments([argument_text(arguments)]) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def fit_messages(messages: Sequence[_Fields]) -> list[JsonObject]:
    """Return messages in which the results of all calls of a reply follow it in one message, and no others do.

    A call without a result gets one that says so; a result without a call is left out.
    """
    fit: list[JsonObject] = []
    open_: list[str] = []  # calls of the last reply, in order
    results: _Values = []
    waiting: _Values = []  # what else the user says in between

    def close() -> None:
        nonlocal open_, results, waiting
        told = {each.get("tool_use_id") for each in results}
        missing: _Values = [
            {"type": "tool_result", "tool_use_id": id, "content": NO_RESULT, "is_error": True}
            for id in open_
            if id not in told
        ]
        if results or missing or waiting:
            fit.append({"role": "user", "content": [*results, *missing, *waiting]})
        open_, results, waiting = [], [], []

    for message in messages:
        content = message.get("content")
        blocks = content if isinstance(content, list | tuple) else ()
        kinds = {block.get("type") for block in blocks if isinstance(block, Mapping)}
        if message.get("role") == "user" and (open_ or "tool_result" in kinds):
            for block in blocks or [{"type": "text", "text": content}]:
                if not (isinstance(block, Mapping) and block.get("type") == "tool_result"):
                    waiting.append(block)
                elif block.get("tool_use_id") in open_:
                    results.append(block)
            if waiting:
                close()
            continue
        close()
        fit.append(dict(message))
        if message.get("role") == "assistant":
            open_ = [str(block.get("id")) for block in blocks if _calls(block)]
    close()
    return fit


def _calls(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "tool_use"


def without_system(messages: Sequence[_Fields], system: object) -> tuple[list[_Fields], object]:
    """Return messages without the instructions at their beginning, and these behind the parameter `system`."""
    at = next((index for index, each in enumerate(messages) if each.get("role") != "system"), len(messages))
    if at == 0:
        return [*messages], system
    parts: list[object] = []
    for content in (system, *(message.get("content") for message in messages[:at])):
        if isinstance(content, str):
            parts.append({"type": "text", "text": content})
        elif isinstance(content, list | tuple):
            parts += content
    texts = [
        part.get("text") for part in parts if isinstance(part, Mapping) and part.keys() == {"type", "text"}
    ]
    whole = "\n\n".join(map(str, texts)) if len(texts) == len(parts) else parts
    return [*messages[at:]], whole
