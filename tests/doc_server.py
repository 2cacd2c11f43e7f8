"""The service that the examples of README.md and docs/ talk to: a loopback server with a few fixed answers.

A chat request gets a short text; one that offers tools, and holds no result of a tool yet, gets a call of the
first of them. With `stream` the same comes in pieces.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.loopback import Connection, LoopbackServer

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["doc_server"]

TEXT = ("Pack my box ", "with five dozen ", "liquor jugs.")

SAMPLES: dict[str, JsonValue] = {
    "string": "Paris", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}
}  # fmt: skip
"""The argument given to a parameter of each JSON type."""

HEAD: dict[str, JsonValue] = {"id": "gen-1700000000-example", "provider": "Example", "created": 1_700_000_000}

USAGE: dict[str, JsonValue] = {
    "prompt_tokens": 12,
    "completion_tokens": 9,
    "total_tokens": 21,
    "cost": 0.0000123,
}


@contextmanager
def doc_server() -> Iterator[str]:
    """Serve the examples, and yield the base URL."""
    with LoopbackServer(_serve) as server:
        yield server.url


def _serve(connection: Connection) -> None:
    while (request := connection.read_request()) is not None:
        route = (request.method, request.path.partition("?")[0].removeprefix("/api/v1"))
        if route != ("POST", "/chat/completions"):
            message = f"the examples' service has no {route[0]} {route[1]}"
            connection.respond(404, json={"error": {"code": 404, "message": message}})
            continue
        body = request.json()
        assert isinstance(body, dict)
        if body.get("stream"):
            _stream(connection, body)
        else:
            connection.respond(json=_completion(body))


def _completion(body: dict[str, JsonValue]) -> JsonValue:
    call = _tool_call(body)
    message: dict[str, JsonValue] = {"role": "assistant", "content": None if call else "".join(TEXT)}
    if call:
        message["tool_calls"] = [call]
    choice: JsonValue = {"index": 0, "message": message, "finish_reason": "tool_calls" if call else "stop"}
    return {
        **HEAD, "object": "chat.completion", "model": body.get("model"), "choices": [choice], "usage": USAGE
    }  # fmt: skip


def _stream(connection: Connection, body: dict[str, JsonValue]) -> None:
    call = _tool_call(body)
    deltas: list[JsonValue] = (
        [{"role": "assistant", "tool_calls": [{"index": 0, **call}]}]
        if call
        else [{"role": "assistant", "content": piece} for piece in TEXT]
    )
    head: dict[str, JsonValue] = {**HEAD, "object": "chat.completion.chunk", "model": body.get("model")}
    connection.start_chunked()
    connection.chunk(b": OPENROUTER PROCESSING\n\n")
    for delta in deltas:
        connection.event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    last: JsonValue = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}
    connection.event({**head, "choices": [last], "usage": USAGE})
    connection.event("[DONE]")
    connection.end_chunked()


def _tool_call(body: dict[str, JsonValue]) -> dict[str, JsonValue] | None:
    """Return a call of the first function offered, unless the conversation already holds a result."""
    tools, messages = body.get("tools"), body.get("messages")
    assert isinstance(messages, list)
    if not tools or any(isinstance(message, dict) and message.get("role") == "tool" for message in messages):
        return None
    assert isinstance(tools, list)
    assert isinstance(tools[0], dict)
    function = tools[0]["function"]
    assert isinstance(function, dict)
    parameters = function.get("parameters") or {}
    assert isinstance(parameters, dict)
    properties = parameters.get("properties") or {}
    assert isinstance(properties, dict)
    arguments = {
        name: SAMPLES[str(schema["type"])]
        for name, schema in properties.items()
        if isinstance(schema, dict) and schema.get("type") in SAMPLES
    }
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": function["name"], "arguments": json.dumps(arguments)},
    }
