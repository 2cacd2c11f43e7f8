"""Reads a Messages request as the chat call that says the same."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ...exchange.field_checks import invalid, list_of, one_of, record, text
from ...json_values import JSON, as_list, as_object, objects_in
from ...prompts import text_of
from ..request_checks import ChatCall
from .dialect import checked

__all__ = ["read_messages"]

_CHOICES = {"auto": "auto", "any": "required", "none": "none"}

_MESSAGE = record({"role": one_of("user", "assistant", "system")})
_RESULT = record({"tool_use_id": text(least=1)})


def read_messages(body: JsonValue) -> ChatCall:
    """Return what a Messages request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = checked("createMessages", body, free="messages", stand_in=[{"role": "user", "content": "Hi"}])
    messages = fields["messages"]
    list_of(_check_message, least=1)("messages", messages)
    tools = tuple(_function(tool) for tool in objects_in(fields.get("tools")) if "input_schema" in tool)
    choice = as_object(fields.get("tool_choice"))
    others = [name for name in as_list(fields.get("models")) if isinstance(name, str)]
    form = as_object(as_object(fields.get("output_config")).get("format"))
    most = fields.get("max_tokens")
    return ChatCall(
        models=(str(fields["model"]), *others),
        messages=[*_system(fields.get("system")), *_turns(objects_in(messages))],
        stream=fields.get("stream") is True,
        tools=tools,
        tool_choice=_tool_choice(choice, tools),
        parallel=choice.get("disable_parallel_tool_use") is not True,
        response_format={"type": "json_schema", "json_schema": {"schema": form["schema"]}} if form else None,
        max_tokens=most if isinstance(most, int) else None,
        stop=tuple(str(each) for each in as_list(fields.get("stop_sequences"))),
        wants_reasoning=as_object(fields.get("thinking")).get("type") in ("enabled", "adaptive"),
    )


def _check_message(path: str, value: JsonValue) -> None:
    _MESSAGE(path, value)
    content = as_object(value).get("content")
    if isinstance(content, list):
        list_of(_check_block)(f"{path}.content", content)
    elif not isinstance(content, str):
        raise invalid(f"{path}.content", "a string or an array", content)


def _check_block(path: str, value: JsonValue) -> None:
    record({"type": text(least=1)})(path, value)
    block = as_object(value)
    match block["type"]:
        case "text":
            record({"text": text(least=1)})(path, value)
        case "tool_result":
            _RESULT(path, value)
        case "thinking":
            record({"thinking": text(), "signature": text()})(path, value)
        case "tool_use":
            record({"id": text(least=1), "name": text(least=1)})(path, value)


def _system(value: JsonValue) -> list[JSON]:
    if not value:
        return []
    return [{"role": "system", "content": value}]


def _turns(messages: list[JSON]) -> Iterator[JSON]:
    """Return messages in the form of chat; each result of a tool is a message there."""
    for message in messages:
        content = message.get("content")
        blocks = objects_in(content)
        if message["role"] == "assistant":
            calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
            yield {
                "role": "assistant",
                "content": text_of(content),
                **({"tool_calls": list[JsonValue](calls)} if calls else {}),
            }
            continue
        results = [block for block in blocks if block["type"] == "tool_result"]
        for block in results:
            yield {
                "role": "tool",
                "tool_call_id": block["tool_use_id"],
                "content": block.get("content") or "",
            }
        parts = [_part(block) for block in blocks if block["type"] != "tool_result"]
        if parts or not results:
            said: JsonValue = content if isinstance(content, str) else list[JsonValue](parts)
            yield {"role": message["role"], "content": said}


def _part(block: JSON) -> JSON:
    kinds = {"image": "image_url", "document": "file"}
    return {**block, "type": kinds.get(str(block["type"]), block["type"])}


def _call(block: JSON) -> JSON:
    return {"id": block["id"], "function": {"name": block["name"], "arguments": str(block.get("input"))}}


def _function(tool: JSON) -> JSON:
    return {
        "name": tool["name"],
        "description": tool.get("description") or "",
        "parameters": tool["input_schema"],
    }


def _tool_choice(choice: JSON, tools: tuple[JSON, ...]) -> str:
    kind = str(choice.get("type", "auto"))
    if kind != "tool":
        return _CHOICES.get(kind, "auto")
    name = choice.get("name")
    if not any(tool["name"] == name for tool in tools):
        raise invalid("tool_choice.name", "the name of one of the tools", name)
    return f"={name}"
