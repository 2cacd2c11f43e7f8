"""`Dialect`: the parts of an operation that differ between chat, Responses and Messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from ...exchange.responses import Part, encode
from ...exchange.service_errors import bad_request
from ...facts.judging import judge_request
from ...facts.table import load_facts
from ...faults import Fault
from ...json_values import JSON
from ..request_checks import ChatCall
from ..wire import WireReply

__all__ = ["Dialect", "Form", "checked", "named_event", "usage_over"]

Report: TypeAlias = Callable[[Fault, str, str], bytes]
"""Returns the event of an error in a stream; the other arguments are the generation id and the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a reply is written."""

    body: Callable[[WireReply], JSON]
    """Returns the body of a plain answer."""
    parts: Callable[[WireReply, float], Iterator[Part]]
    """Returns the events of a stream; each waits so many seconds for each of its tokens."""
    report: Report | None = None
    """None: as chat does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(Form):
    """One operation that a model answers: how its request is read, and its reply written."""

    read: Callable[[JsonValue], ChatCall]
    """Returns the request as a chat call; raises `ServiceError`."""


def checked(operation: str, body: JsonValue, *, free: str, stand_in: JsonValue) -> JSON:
    """Return the fields of a request that the facts of an operation allow; unknown fields pass.

    The value of `free` is not judged; `stand_in` replaces it.

    Raises:
        ServiceError: 400; the message names the field.
    """
    facts = load_facts()
    judged = {**body, free: stand_in} if isinstance(body, dict) and free in body else body
    for complaint in judge_request(facts, facts.operations[operation], path={}, body=judged):
        if complaint.kind != "unknown":
            raise bad_request(str(complaint).removeprefix("body."))
    assert isinstance(body, dict)  # as the facts say
    return body


def named_event(name: str, data: JSON, *, tokens: int = 0, wait_s: float = 0.0) -> Part:
    """Return one event of a stream that has a name."""
    text = f"event: {name}\ndata: {encode(data)}\n\n"
    return Part(text.encode(errors="replace"), tokens=tokens, is_event=True, wait_s=wait_s)


def usage_over(usage: JSON, over: Mapping[str, JsonValue]) -> JSON:
    """Return a usage with the fields of `over` that are not in the words of chat."""
    return {**usage, **{name: value for name, value in over.items() if name not in _CHAT_NAMES}}


_CHAT_NAMES = frozenset({
    "prompt_tokens", "completion_tokens", "total_tokens", "cost", "is_byok", "cost_details",
    "prompt_tokens_details", "completion_tokens_details", "server_tool_use_details",
})  # fmt: skip
