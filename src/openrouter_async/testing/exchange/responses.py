"""An answer as a list of parts, with the place of its fault among them. Pure: nothing is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pydantic import JsonValue

from ..faults import Fault
from ..replies import Answer, Failure
from .message_errors import MESSAGES_PATH, error_json

__all__ = [
    "COMMENT",
    "PADDING",
    "EmulatedResponse",
    "HeadEnd",
    "OnSent",
    "Part",
    "encode",
    "event",
    "failed",
    "literal",
    "plain",
    "steps",
]

COMMENT = b": OPENROUTER PROCESSING\n\n"
"""Sent in a stream while there is nothing to say."""
PADDING = b"\n         \n"
"""Sent in a plain answer while there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes sent in one write."""

    data: bytes
    tokens: int = 0
    """Tokens in it that are billed."""
    is_event: bool = False
    wait_s: float = 0.0
    """What passes before it is sent."""


OnSent: TypeAlias = Callable[[int], None]
"""Called once the answer is over, with the tokens of it that were sent."""


@dataclass(frozen=True, slots=True)
class HeadEnd:
    """Where status and headers are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedResponse:
    """A whole answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    is_stream: bool = False
    fault: Fault | None = None
    generation_id: str | None = None
    model: str = ""
    """The model of an error event."""
    report: Callable[[Fault, str, str], bytes] | None = None
    """Returns an error event in another form than that of chat; it takes the generation id and the model, too."""
    on_sent: OnSent = lambda _tokens: None
    """What bills it; by default nothing does."""


def event(data: JsonValue, *, tokens: int = 0, wait_s: float = 0.0) -> Part:
    """Return one event of a stream; text is sent as it is."""
    text = data if isinstance(data, str) else encode(data)
    return Part(f"data: {text}\n\n".encode(errors="replace"), tokens=tokens, is_event=True, wait_s=wait_s)


def encode(value: JsonValue) -> str:
    """Return JSON as the service writes it: compact, and in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(
    body: JsonValue,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    fault: Fault | None = None,
) -> EmulatedResponse:
    """Return an answer that is one JSON document."""
    head = {"content-type": "application/json", **(headers or {})}
    data = encode(body).encode(errors="replace")
    return EmulatedResponse(status=status, headers=head, parts=(Part(data),), fault=fault)


def failed(failure: Failure, *, user: str | None = None, path: str = "") -> EmulatedResponse:
    """Return the answer that an error status is, in the form that the path asks for."""
    headers = dict(failure.headers)
    if failure.retry_after is not None:
        headers.setdefault("retry-after", f"{failure.retry_after:g}")
    if path == MESSAGES_PATH:
        body = error_json(
            failure.status, failure.message, error_type=failure.error_type, metadata=failure.metadata
        )
        return plain(body, status=failure.status, headers=headers, fault=failure.fault)
    body = failure.body()
    if user is not None:
        body["user_id"] = user
    return plain(body, status=failure.status, headers=headers, fault=failure.fault)


def literal(answer: Answer) -> EmulatedResponse:
    """Return an answer as it was given; a body of server-sent events is sent event by event."""
    head = {"content-type": answer.content_type, **answer.headers}
    data = answer.encoded()
    is_stream = answer.content_type.startswith("text/event-stream")
    parts = tuple(_split_events(data)) if is_stream else (Part(data),)
    return EmulatedResponse(
        status=answer.status, headers=head, parts=parts, is_stream=is_stream, fault=answer.fault
    )


def _split_events(data: bytes) -> Iterator[Part]:
    """Return the parts of a stream's body, one for each event or comment; joined, they are the body."""
    start = 0
    for end in (*(blank.end() for blank in _BLANK_LINE.finditer(data)), len(data)):
        block = data[start:end]
        if block:
            yield Part(block, is_event=_DATA_LINE.search(block) is not None)
        start = end


_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2,}")
_DATA_LINE = re.compile(rb"^data:", re.MULTILINE)


def steps(response: EmulatedResponse) -> Iterator[Part | Fault | HeadEnd]:
    """Yield the events of an answer, in order; a drip is applied here, as many small parts."""
    fault = response.fault
    if fault is not None and fault.after is None:
        yield fault
        fault = None
    yield HeadEnd()
    parts = iter(response.parts)
    if fault is None:
        yield from parts
        return
    if fault.name == "drip":
        for part in parts:
            yield from _dripped(part, fault)
        return
    left = fault.after or 0
    placed = False
    for part in parts:
        if not placed and left == 0:
            placed = True
            yield fault
        if placed:
            yield part
        elif response.is_stream:
            left -= part.is_event
            yield part
        else:
            first, second = part.data[:left], part.data[left:]
            left -= len(first)
            yield replace(part, data=first)
            if second:
                placed = True
                yield fault
                yield replace(part, data=second, wait_s=0.0)
    if not placed:
        yield fault


def _dripped(part: Part, fault: Fault) -> Iterator[Part]:
    for start in range(0, len(part.data), fault.size):
        last = start + fault.size >= len(part.data)
        yield Part(
            part.data[start : start + fault.size],
            tokens=part.tokens if last else 0,
            is_event=part.is_event and last,
            wait_s=fault.seconds + (part.wait_s if start == 0 else 0.0),
        )
