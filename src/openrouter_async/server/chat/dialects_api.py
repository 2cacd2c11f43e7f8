"""`POST /v1/messages` and `/v1/responses`, for clients of Anthropic and OpenAI and the agents built on them.

Requests and events are passed on unchanged, so nothing is lost that we have no name for; the policy decides which
models and parameters may be asked, and the gate counts the cost. `/v1/messages/count_tokens` is an estimate, made here
and marked as one, since the service has no such operation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...errors import ConfigurationError
from ...tokens.prompt import estimate_prompt
from ...types.messages.request import MessagesParams
from ...types.responses.request import ResponseParams
from ..relays.failures import WebError
from ..relays.formats.messages import WholeMessage
from ..relays.formats.responses import WholeResponse
from ..relays.relaying import Relay, relay
from ..relays.work import Work
from .policy import DialectRules, json_body
from .stream_slots import StreamGate

if TYPE_CHECKING:
    from .policy import ChatPolicy
    from .stream_slots import StreamSlots

__all__ = ["dialect_routes"]

_MESSAGES = DialectRules(
    history="messages",
    known=frozenset(MessagesParams.__annotations__) | {"container", "inference_geo", "mcp_servers"},
    own_tools=frozenset({None, "custom", "bash_20250124", "text_editor_20250124"}),
    file_parts=frozenset({"document"}),
)
_RESPONSES = DialectRules(
    history="input",
    known=frozenset(ResponseParams.__annotations__)
    | {"background", "previous_response_id", "prompt", "store", "stream_options"},
    own_tools=frozenset({"function", "custom", "local_shell", "apply_patch"}),
    file_parts=frozenset({"input_file"}),
)
"""The service judges the parameters that ours leave out."""

_ELSEWHERE = "(in extra_body)"
"""In place of a history that is passed on unchanged."""


def dialect_routes(policy: ChatPolicy, slots: StreamSlots, write_timeout: float) -> list[Route]:
    """Return the routes of both dialects."""

    async def messages(request: Request) -> Response:
        body = await json_body(request)
        is_stream = isinstance(body, dict) and body.pop("stream", False) is True
        model, fields = policy.in_dialect(body, _MESSAGES)
        try:
            stream = policy.client.messages.stream(_ELSEWHERE, model=model, extra_body=fields)
        except ConfigurationError as error:
            raise WebError(400, error.message) from error
        if is_stream:
            return relay(stream, format="messages", write_timeout=write_timeout)
        # A stream too, since a plain call cannot be stopped when the caller goes away.
        return Relay(Work(stream, WholeMessage()), start_after=math.inf, write_timeout=write_timeout)

    async def responses(request: Request) -> Response:
        body = await json_body(request)
        is_stream = isinstance(body, dict) and body.pop("stream", False) is True
        model, fields = policy.in_dialect(body, _RESPONSES)
        try:
            stream = policy.client.responses.stream(_ELSEWHERE, model=model, extra_body=fields)
        except ConfigurationError as error:
            raise WebError(400, error.message) from error
        if is_stream:
            return relay(stream, format="responses", write_timeout=write_timeout)
        return Relay(Work(stream, WholeResponse()), start_after=math.inf, write_timeout=write_timeout)

    async def count_tokens(request: Request) -> Response:
        model, fields = policy.in_dialect(await json_body(request), _MESSAGES)
        system, tools = fields.get("system"), fields.get("tools")
        told: list[dict[str, Any]] = [{"role": "system", "content": _parts(system)}] if system else []
        told += [
            {"role": str(message.get("role")), "content": _parts(message.get("content"))}
            for message in fields["messages"]
            if isinstance(message, Mapping)
        ]
        functions = [_function(tool) for tool in tools] if isinstance(tools, list) else ()
        estimate = estimate_prompt(told, model=model, tools=functions)
        body = {"input_tokens": estimate.tokens, "estimated": True}
        return JSONResponse(body, headers={"x-estimated": "true"})

    gated = [Middleware(StreamGate, slots=slots)]
    return [
        Route("/v1/messages", messages, methods=["POST"], middleware=gated),
        Route("/v1/messages/count_tokens", count_tokens, methods=["POST"]),
        Route("/v1/responses", responses, methods=["POST"], middleware=gated),
    ]


def _function(tool: object) -> object:
    """Return a tool in the form of chat, if it is a function."""
    if not isinstance(tool, Mapping) or "input_schema" not in tool:
        return tool
    function = {name: tool[name] for name in ("name", "description") if name in tool}
    return {"type": "function", "function": {**function, "parameters": tool["input_schema"]}}


def _parts(content: object) -> list[dict[str, Any]]:
    """Return a content in the form of chat, as far as its tokens count."""
    parts: list[dict[str, Any]] = []
    for block in _blocks(content):
        source = block.get("source")
        if block.get("type") == "image" and isinstance(source, Mapping):
            url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        else:
            parts.append({"type": "text", "text": _text(block)})
    return parts


def _blocks(content: object) -> Iterator[Mapping[str, object]]:
    """Yield the blocks of a content, those within results of tools as well."""
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping):
            yield block
            if block.get("type") == "tool_result":
                yield from _blocks(block.get("content"))


def _text(block: Mapping[str, object]) -> str:
    """Return the text that the model reads of one block."""
    source = block.get("source")
    match block.get("type"):
        case "tool_use" | "server_tool_use":
            return f"{block.get('name')} {to_json(block.get('input'), serialize_unknown=True).decode()}"
        case "document" if isinstance(source, Mapping) and source.get("type") == "text":
            return str(source.get("data"))
        case "text":
            return str(block.get("text"))
        case "thinking":
            return str(block.get("thinking"))
    return ""
