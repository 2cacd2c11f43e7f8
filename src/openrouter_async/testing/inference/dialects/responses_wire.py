"""A reply in the form of the Responses dialect: one body, or numbered events that end in `[DONE]`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pydantic import JsonValue

from ...exchange.responses import Part, event
from ...faults import Fault
from ...json_values import JSON, as_object
from ...prompts import count_tokens, cut
from ..wire import WireReply
from .dialect import usage_over

__all__ = ["response_body", "response_parts", "response_report"]

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response_body(wire: WireReply) -> JSON:
    """Return the body of a plain answer."""
    return _response(wire, _status(wire), [item for item, _ in _items(wire)])


def response_parts(wire: WireReply, token_s: float) -> Iterator[Part]:
    """Return the events of a stream; each waits `token_s` seconds for each token in it."""
    numbers = iter(range(1 << 30))

    def said(kind: str, fields: JSON, tokens: int = 0) -> Part:
        data: JSON = {"type": f"response.{kind}", **fields, "sequence_number": next(numbers)}
        return event(data, tokens=tokens, wait_s=tokens * token_s)

    yield said("created", {"response": _response(wire, "in_progress", [])})
    yield said("in_progress", {"response": _response(wire, "in_progress", [])})
    items = list(_items(wire))
    for index, (item, steps) in enumerate(items):
        begin: JSON = {**item, "status": "in_progress", **_EMPTY[str(item["type"])]}
        yield said("output_item.added", {"output_index": index, "item": begin})
        for kind, fields, tokens in steps:
            yield said(kind, {"output_index": index, "item_id": item["id"], **fields}, tokens)
        yield said("output_item.done", {"output_index": index, "item": item})
    status = _status(wire)
    yield said(status, {"response": _response(wire, status, [item for item, _ in items])})
    yield event("[DONE]")


def response_report(fault: Fault, generation_id: str, model: str) -> bytes:
    """Return the event of an error in a stream."""
    code = "rate_limit_exceeded" if fault.code == 429 else "server_error"
    response = _frame(generation_id, int(time.time()), model, "failed", [])
    response["error"] = {"code": code, "message": fault.message}
    response["error_type"] = fault.error_type or "server"
    return event({"type": "response.failed", "response": response, "sequence_number": 0}).data


_EMPTY: dict[str, JSON] = {
    "message": {"content": []},
    "reasoning": {"content": [], "signature": None},
    "function_call": {"arguments": ""},
    "image_generation_call": {"result": None},
}
"""The empty fields of an item at its start, by its type."""


def _status(wire: WireReply) -> str:
    return "incomplete" if wire.finish_reason in _INCOMPLETE else "completed"


def _response(wire: WireReply, status: str, output: list[JSON]) -> JSON:
    response = _frame(wire.id, wire.created, wire.model, status, output)
    if status == "in_progress":
        return response
    if (reason := _INCOMPLETE.get(wire.finish_reason)) is not None:
        response["incomplete_details"] = {"reason": reason}
    response |= {"completed_at": wire.created, "usage": _usage(wire)}
    if wire.metadata is not None:
        response["openrouter_metadata"] = wire.metadata
    return response


def _frame(id: str, created: int, model: str, status: str, output: list[JSON]) -> JSON:
    return {
        "id": id,
        "object": "response",
        "created_at": created,
        "model": model,
        "status": status,
        "completed_at": None,
        "output": list[JsonValue](output),
        "error": None,
        "incomplete_details": None,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "max_output_tokens": None,
        "temperature": 1,
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "top_logprobs": 0,
        "max_tool_calls": None,
        "metadata": {},
        "background": False,
        "previous_response_id": None,
        "service_tier": "default",
        "truncation": "disabled",
        "store": False,
        "instructions": None,
        "text": {"format": {"type": "text"}},
        "reasoning": None,
        "safety_identifier": None,
        "prompt_cache_key": None,
        "usage": None,
    }


_Step = tuple[str, JSON, int]
"""Kind of an event, its fields, and the tokens in it."""


def _items(wire: WireReply) -> Iterator[tuple[JSON, list[_Step]]]:
    """Return each item with the events that bring it."""
    reply, tail = wire.reply, wire.id.removeprefix("gen-")
    if reply.reasoning is not None:
        item: JSON = {
            "id": f"rs_{tail}",
            "type": "reasoning",
            "status": "completed",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": reply.reasoning}],
            "format": wire.reasoning_format,
            "signature": f"emulated-{wire.id}",
        }
        yield (
            item,
            _text_steps("reasoning_text", reply.reasoning, [(piece, 1) for piece in cut(reply.reasoning)]),
        )
    if reply.pieces or reply.refusal is not None:
        yield _message(wire, f"msg_{tail}")
    for number, call in enumerate(reply.tool_calls):
        item = {
            "id": f"fc_{tail}_{number}",
            "type": "function_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        steps: list[_Step] = [
            ("function_call_arguments.delta", {"delta": piece}, 1) for piece in cut(call.arguments)
        ]
        done: JSON = {"name": call.name, "arguments": call.arguments}
        yield item, [*steps, ("function_call_arguments.done", done, count_tokens(call.name))]
    for number, url in enumerate(reply.images):
        item = {
            "id": f"ig_{tail}_{number}",
            "type": "image_generation_call",
            "status": "completed",
            "result": url.partition("base64,")[2] or url,
        }
        yield item, []


def _message(wire: WireReply, id: str) -> tuple[JSON, list[_Step]]:
    reply = wire.reply
    if reply.refusal is not None:
        part: JSON = {"type": "refusal", "refusal": reply.refusal}
        pieces = [(piece, 1) for piece in cut(reply.refusal)]
        steps = _text_steps("refusal", reply.refusal, pieces)
    else:
        annotations = [_annotation(as_object(dict(each))) for each in reply.annotations]
        part = {
            "type": "output_text",
            "text": reply.text,
            "annotations": list[JsonValue](annotations),
            "logprobs": [],
        }
        pieces = [(piece, count_tokens(piece)) for piece in wire.pieces]
        steps = _text_steps("output_text", reply.text, pieces, annotations)
    item: JSON = {
        "id": id,
        "type": "message",
        "status": _status(wire),
        "role": "assistant",
        "content": [part],
    }
    return item, steps


def _text_steps(
    kind: str, text: str, pieces: list[tuple[str, int]], annotations: list[JSON] | None = None
) -> list[_Step]:
    """Return the events that bring a part of text, of reasoning or of a refusal."""
    field = "refusal" if kind == "refusal" else "text"
    extra: JSON = {} if annotations is None else {"logprobs": []}
    around: JSON = {} if annotations is None else {"annotations": [], "logprobs": []}
    steps: list[_Step] = [
        ("content_part.added", {"content_index": 0, "part": {"type": kind, field: "", **around}}, 0)
    ]
    steps += [
        (f"{kind}.delta", {"content_index": 0, "delta": piece, **extra}, tokens) for piece, tokens in pieces
    ]
    for number, annotation in enumerate(annotations or ()):
        fields: JSON = {"content_index": 0, "annotation_index": number, "annotation": annotation}
        steps.append(("output_text.annotation.added", fields, 0))
    whole: JSON = {"type": kind, field: text, **around}
    if annotations:
        whole["annotations"] = list[JsonValue](annotations)
    return [
        *steps,
        (f"{kind}.done", {"content_index": 0, field: text, **extra}, 0),
        ("content_part.done", {"content_index": 0, "part": whole}, 0),
    ]


def _annotation(annotation: JSON) -> JSON:
    """Return a citation in the flat form of this dialect."""
    page = as_object(annotation.get("url_citation"))
    if annotation.get("type") != "url_citation":
        return annotation
    return {
        "type": "url_citation",
        "url": page.get("url"),
        "title": page.get("title") or "",
        "start_index": page.get("start_index") or 0,
        "end_index": page.get("end_index") or 0,
    }


def _usage(wire: WireReply) -> JSON:
    usage = wire.usage
    into, out = as_object(usage["prompt_tokens_details"]), as_object(usage["completion_tokens_details"])
    costs = as_object(usage["cost_details"])
    said: JSON = {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {
            "cached_tokens": into.get("cached_tokens"),
            "cache_write_tokens": into.get("cache_write_tokens"),
        },
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": out.get("reasoning_tokens")},
        "total_tokens": usage["total_tokens"],
        "cost": usage["cost"],
        "is_byok": usage["is_byok"],
        "cost_details": {
            "upstream_inference_cost": costs.get("upstream_inference_cost"),
            "upstream_inference_input_cost": costs.get("upstream_inference_prompt_cost"),
            "upstream_inference_output_cost": costs.get("upstream_inference_completions_cost"),
        },
    }
    if (searches := usage.get("server_tool_use_details")) is not None:
        said["server_tool_use_details"] = searches
    return usage_over(said, wire.reply.usage)
