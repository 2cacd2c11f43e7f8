"""Reads a Responses request as the chat call that says the same."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ...exchange.field_checks import invalid, list_of, record, text
from ...exchange.service_errors import bad_request
from ...json_values import JSON, as_list, as_object, objects_in
from ...prompts import text_of
from ..request_checks import ChatCall
from .dialect import checked

__all__ = ["read_responses"]

_PARTS = {"input_text": "text", "output_text": "text", "input_image": "image_url", "input_file": "file"}


def read_responses(body: JsonValue) -> ChatCall:
    """Return what a Responses request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = checked("createResponses", body, free="input", stand_in="Hi")
    if fields.get("previous_response_id") is not None:
        raise bad_request("previous_response_id is not supported: the API is stateless")
    given = fields.get("input")
    if isinstance(given, list):
        list_of(_check_item, least=1)("input", given)
    elif not isinstance(given, str) or not given:
        raise invalid("input", "a non-empty string or array", given)
    tools = tuple(
        _function(tool) for tool in objects_in(fields.get("tools")) if tool.get("type") == "function"
    )
    model = fields.get("model")
    models = [name for name in (model, *as_list(fields.get("models"))) if isinstance(name, str)]
    reasoning, most = fields.get("reasoning"), fields.get("max_output_tokens")
    form = as_object(as_object(fields.get("text")).get("format"))
    if form.get("type") == "json_schema":
        form = {"type": "json_schema", "json_schema": {"schema": form.get("schema")}}
    instructions = fields.get("instructions")
    told: list[JSON] = [{"role": "system", "content": instructions}] if instructions else []
    return ChatCall(
        models=tuple(models),
        messages=[*told, *_turns(given)],
        stream=fields.get("stream") is True,
        tools=tools,
        tool_choice=_tool_choice(fields.get("tool_choice"), tools),
        parallel=fields.get("parallel_tool_calls") is not False,
        response_format=form or None,
        max_tokens=most if isinstance(most, int) else None,
        stop=tuple(str(each) for each in _texts(fields.get("stop"))),
        wants_reasoning=reasoning is not None and as_object(reasoning).get("effort") != "none",
    )


def _check_item(path: str, value: JsonValue) -> None:
    item = as_object(value)
    if not isinstance(item.get("type", item.get("role")), str):
        raise invalid(path, "an object with a 'type' or a 'role'", value)
    match item.get("type"):
        case "function_call":
            record({"call_id": text(least=1), "name": text(least=1), "arguments": text()})(path, value)
        case "function_call_output":
            record({"call_id": text(least=1)})(path, value)


def _turns(given: JsonValue) -> Iterator[JSON]:
    """Return the items in the form of chat; calls and reasoning of one reply stay items of their own."""
    if isinstance(given, str):
        yield {"role": "user", "content": given}
    for item in objects_in(given):
        match item.get("type", "message"):
            case "message":
                content = item.get("content")
                parts = [
                    {**part, "type": _PARTS.get(str(part.get("type")), "text")}
                    for part in objects_in(content)
                ]
                said: JsonValue = content if isinstance(content, str) else list[JsonValue](parts)
                yield {"role": item.get("role", "user"), "content": said}
            case "function_call":
                function: JSON = {"name": item["name"], "arguments": item["arguments"]}
                yield {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
            case "function_call_output":
                output = item.get("output")
                said = output if isinstance(output, str) else text_of(output)
                yield {"role": "tool", "tool_call_id": item["call_id"], "content": said}


def _function(tool: JSON) -> JSON:
    return {
        "name": tool["name"],
        "description": tool.get("description") or "",
        "parameters": tool.get("parameters") or {},
    }


def _tool_choice(choice: JsonValue, tools: tuple[JSON, ...]) -> str:
    if isinstance(choice, str):
        return choice
    named = as_object(choice)
    if named.get("type") != "function":
        return "auto"
    if not any(tool["name"] == named.get("name") for tool in tools):
        raise invalid("tool_choice.name", "the name of one of the tools", named.get("name"))
    return f"={named['name']}"


def _texts(value: JsonValue) -> list[JsonValue]:
    return [value] if isinstance(value, str) else as_list(value)
