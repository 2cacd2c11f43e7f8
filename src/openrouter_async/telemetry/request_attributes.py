"""Attributes of spans that describe a request; the names are those of the GenAI conventions v0.1.0. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from pydantic import JsonValue
from pydantic_core import from_json

if TYPE_CHECKING:
    from .._sansio.request import RequestData

__all__ = ["OPERATIONS", "Attributes", "parameter_attributes", "request_body", "server_attributes"]

AttributeValue: TypeAlias = str | bool | int | float | list[str]
Attributes: TypeAlias = dict[str, AttributeValue]

OPERATIONS = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/messages": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
}
"""The names of operations in the conventions, by path."""

MOST_READ = 256 * 1024
"""Bytes of a body above which its parameters are not looked for. Chosen: reading so much takes a millisecond."""

PORTS = {"https": 443, "http": 80}


def request_body(request: RequestData) -> Mapping[str, JsonValue]:
    """Return the body of a request; empty where it is none of JSON, or too large to look into."""
    content = request.content
    if content is None or len(content) > MOST_READ:
        return {}
    try:
        body = from_json(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@lru_cache(maxsize=64)
def server_attributes(base_url: str) -> Mapping[str, AttributeValue]:
    """Return whom requests are sent to."""
    parts = urlsplit(base_url)
    return {"server.address": parts.hostname or "", "server.port": parts.port or PORTS.get(parts.scheme, 0)}


def parameter_attributes(body: Mapping[str, JsonValue]) -> Attributes:
    """Return what the body asks for, without any of its content."""
    attributes: Attributes = {}
    for field, (name, read) in _FIELDS.items():
        value = body.get(field)
        if value is not None and (told := read(value)) is not None:
            attributes[name] = told
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and isinstance(effort := reasoning.get("effort"), str):
        attributes["gen_ai.request.reasoning.level"] = effort
    return attributes


def _number(value: JsonValue) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: JsonValue) -> list[str] | None:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)] or None


def _several(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and value > 1 else None


def _output_type(value: JsonValue) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return {"json_schema": "json", "json_object": "json", "text": "text"}.get(str(kind))


_FIELDS: dict[str, tuple[str, Callable[[JsonValue], AttributeValue | None]]] = {
    "max_tokens": ("gen_ai.request.max_tokens", _whole),
    "max_completion_tokens": ("gen_ai.request.max_tokens", _whole),
    "max_output_tokens": ("gen_ai.request.max_tokens", _whole),
    "temperature": ("gen_ai.request.temperature", _number),
    "top_p": ("gen_ai.request.top_p", _number),
    "top_k": ("gen_ai.request.top_k", _number),
    "seed": ("gen_ai.request.seed", _whole),
    "frequency_penalty": ("gen_ai.request.frequency_penalty", _number),
    "presence_penalty": ("gen_ai.request.presence_penalty", _number),
    "stop": ("gen_ai.request.stop_sequences", _texts),
    "stop_sequences": ("gen_ai.request.stop_sequences", _texts),
    "n": ("gen_ai.request.choice.count", _several),
    "response_format": ("gen_ai.output.type", _output_type),
    "session_id": ("gen_ai.conversation.id", _text),
    "dimensions": ("gen_ai.embeddings.dimension.count", _whole),
    "encoding_format": ("gen_ai.request.encoding_formats", _texts),
}
