"""An event of a Messages stream, as it comes: one class for all of them, since each has a few of these fields."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeInt, MaybeStr, RawJson

__all__ = ["EventDelta", "EventType", "MessageEvent"]

EventType: TypeAlias = (
    Literal[
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
    ]
    | str
    | None
)


class EventDelta(WireType):
    """The next piece of a content block, or of the message itself."""

    type: MaybeStr = None
    """`text_delta`, `thinking_delta`, `signature_delta`, `input_json_delta`, `citations_delta`, `compaction_delta`."""
    text: MaybeStr = None
    thinking: MaybeStr = None
    signature: MaybeStr = None
    partial_json: MaybeStr = None
    """A piece of JSON text."""
    citation: Annotated[JsonObject | None, Lenient()] = None
    content: RawJson = None
    encrypted_content: MaybeStr = None
    stop_reason: MaybeStr = None
    stop_sequence: MaybeStr = None
    stop_details: Annotated[JsonObject | None, Lenient()] = None
    container: Annotated[JsonObject | None, Lenient()] = None


class MessageEvent(WireType):
    """One event."""

    type: EventType = None
    index: MaybeInt = None
    """Position of the content block, from 0."""
    delta: Annotated[EventDelta | None, Lenient()] = None
    content_block: Annotated[JsonObject | None, Lenient()] = None
    """A block as it begins; one that a tool of the service made is whole."""
    message: Annotated[JsonObject | None, Lenient()] = None
    usage: Annotated[JsonObject | None, Lenient()] = None
    """Tokens used so far, in total."""
    error: RawJson = None
    openrouter_metadata: Annotated[JsonObject | None, Lenient()] = None
    context_management: Annotated[JsonObject | None, Lenient()] = None
