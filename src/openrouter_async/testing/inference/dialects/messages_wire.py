"""A reply in the form of the Messages dialect: one body, or named events without a `[DONE]`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ...._sansio.error_body import load_json
from ...._sansio.parse import ParseFailure
from ...exchange.message_errors import error_json
from ...exchange.responses import Part
from ...faults import Fault
from ...json_values import JSON, as_object
from ...prompts import count_tokens, cut
from ...replies import ToolCall
from ..wire import WireReply
from .dialect import named_event, usage_over

__all__ = ["message_body", "message_parts", "message_report"]

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def message_body(wire: WireReply) -> JSON:
    """Return the body of a plain answer."""
    content = [block for block, _, _ in _blocks(wire)]
    return _message(wire, list[JsonValue](content), usage=_usage(wire), end=_end(wire))


def message_parts(wire: WireReply, token_s: float) -> Iterator[Part]:
    """Return the events of a stream; each waits `token_s` seconds for each token in it."""
    usage = _usage(wire)
    begun: JSON = {name: value for name, value in usage.items() if name not in _COSTS}
    begun |= {"output_tokens": 0, "output_tokens_details": None}
    start = _message(wire, [], usage=begun, end=_NO_END)
    yield _event("message_start", {"message": start})
    yield _event("ping", {})
    for index, (_, begin, deltas) in enumerate(_blocks(wire)):
        yield _event("content_block_start", {"index": index, "content_block": begin})
        for delta, tokens in deltas:
            said: JSON = {"type": "content_block_delta", "index": index, "delta": delta}
            yield named_event("content_block_delta", said, tokens=tokens, wait_s=tokens * token_s)
        yield _event("content_block_stop", {"index": index})
    total: JSON = {name: value for name, value in usage.items() if name not in _ONCE}
    yield _event("message_delta", {"delta": _end(wire), "usage": total})
    metadata: JSON = {} if wire.metadata is None else {"openrouter_metadata": wire.metadata}
    yield _event("message_stop", metadata)


_COSTS = frozenset({"cost", "is_byok", "cost_details"})
_ONCE = frozenset({"inference_geo", "service_tier"})
"""Usage fields that only the first event has."""


def message_report(fault: Fault, _generation_id: str, _model: str) -> bytes:
    """Return the event of an error in a stream."""
    said = error_json(fault.code, fault.message, error_type=fault.error_type)
    del said["request_id"]  # which only whole answers have
    return named_event("error", said).data


def _event(name: str, fields: JSON) -> Part:
    return named_event(name, {"type": name, **fields})


def _message(wire: WireReply, content: list[JsonValue], *, usage: JSON, end: JSON) -> JSON:
    message: JSON = {
        "id": wire.id,
        "type": "message",
        "role": "assistant",
        "model": wire.model,
        "provider": wire.provider,
        "content": content,
        **end,
        "usage": usage,
    }
    if wire.metadata is not None and content:
        message["openrouter_metadata"] = wire.metadata
    return message


_NO_END: JSON = {"container": None, "stop_reason": None, "stop_sequence": None, "stop_details": None}


def _end(wire: WireReply) -> JSON:
    reply, finish = wire.reply, wire.finish_reason
    reason = reply.native_finish_reason or _STOP_REASONS.get(finish, finish)
    details: JSON | None = None
    if reply.refusal is not None:
        reason = "refusal"
        details = {"type": "refusal", "category": None, "explanation": reply.refusal}
    return {**_NO_END, "stop_reason": reason, "stop_details": details}


def _blocks(wire: WireReply) -> Iterator[tuple[JSON, JSON, list[tuple[JSON, int]]]]:
    """Return each block, how it begins in a stream, and its deltas with the tokens in them."""
    reply = wire.reply
    if reply.reasoning is not None:
        signature = f"emulated-{wire.id}"
        begin: JSON = {"type": "thinking", "thinking": "", "signature": ""}
        deltas: list[tuple[JSON, int]] = [
            ({"type": "thinking_delta", "thinking": piece}, 1) for piece in cut(reply.reasoning)
        ]
        deltas.append(({"type": "signature_delta", "signature": signature}, 0))
        yield {**begin, "thinking": reply.reasoning, "signature": signature}, begin, deltas
    if reply.pieces:
        citations = [_citation(as_object(dict(each))) for each in reply.annotations]
        begin = {"type": "text", "text": "", "citations": [] if citations else None}
        deltas = []
        deltas += [({"type": "citations_delta", "citation": each}, 0) for each in citations]
        for piece in wire.pieces:
            added: JSON = {"type": "text_delta", "text": piece}
            deltas.append((added, count_tokens(piece)))
        text: JSON = {**begin, "text": reply.text, "citations": list[JsonValue](citations) or None}
        yield text, begin, deltas
    for call in reply.tool_calls:
        begin = {
            "type": "tool_use",
            "id": call.id,
            "name": call.name,
            "input": {},
            "caller": {"type": "direct"},
        }
        named: JSON = {"type": "input_json_delta", "partial_json": ""}
        deltas = [(named, count_tokens(call.name))]
        for piece in cut(call.arguments):
            fragment: JSON = {"type": "input_json_delta", "partial_json": piece}
            deltas.append((fragment, 1))
        yield {**begin, "input": _input(call)}, begin, deltas


def _input(call: ToolCall) -> JsonValue:
    """Return the arguments; text that is cut or no JSON stays text, since a plain answer has no pieces."""
    try:
        return load_json(call.arguments.encode())
    except ParseFailure:
        return call.arguments


def _citation(annotation: JSON) -> JSON:
    page = as_object(annotation.get("url_citation"))
    if annotation.get("type") != "url_citation":
        return annotation
    return {
        "type": "web_search_result_location",
        "cited_text": page.get("content") or "",
        "url": page.get("url"),
        "title": page.get("title"),
        "encrypted_index": "emulated",
    }


def _usage(wire: WireReply) -> JSON:
    usage = wire.usage
    details = as_object(usage["prompt_tokens_details"])
    prompt, cached, written = map(
        _count, (usage["prompt_tokens"], details.get("cached_tokens"), details.get("cache_write_tokens"))
    )
    searches = as_object(usage.get("server_tool_use_details")).get("web_search_requests")
    said: JSON = {
        "input_tokens": max(0, prompt - cached - written),
        "output_tokens": usage["completion_tokens"],
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens_details": {
            "thinking_tokens": as_object(usage["completion_tokens_details"]).get("reasoning_tokens")
        },
        "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0} if searches else None,
        "inference_geo": None,
        "service_tier": "standard",
        "cost": usage["cost"],
        "is_byok": usage["is_byok"],
        "cost_details": usage["cost_details"],
    }
    return usage_over(said, wire.reply.usage)


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
