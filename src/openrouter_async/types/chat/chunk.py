"""The pieces in which a streamed reply comes. These types are read once a token, so nothing in them calls Python."""

from __future__ import annotations

from typing import Annotated

from pydantic import OnErrorOmit

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeInt, MaybePlace, MaybeStr, RawJson, RouterMetadata, Usage
from .completion import FinishReason
from .parts import Annotation, AudioOutput, ContentPart, Image, Logprobs
from .safeguards import Alignment, SafeguardResult

__all__ = ["ChatChunk", "ChunkChoice", "Delta", "FunctionFragment", "ToolCallFragment"]


class FunctionFragment(WireType):
    """A piece of name and arguments."""

    name: MaybeStr = None
    arguments: str | RawJson = None
    """The next characters of the JSON text; some providers send a whole object."""


class ToolCallFragment(WireType):
    """A piece of a call; `index` or `id` say of which, and both can be missing."""

    index: MaybeInt = None
    id: MaybeStr = None
    type: MaybeStr = None
    function: FunctionFragment | None = None


class Delta(WireType):
    """The part of the message in one chunk."""

    role: MaybeStr = None
    content: str | list[OnErrorOmit[ContentPart]] | None = None
    reasoning: MaybeStr = None
    reasoning_content: MaybeStr = None
    """Another name for `reasoning`, which some servers use."""
    reasoning_details: Annotated[list[JsonObject] | None, Lenient()] = None
    refusal: MaybeStr = None
    tool_calls: list[ToolCallFragment] | None = None
    images: Annotated[list[OnErrorOmit[Image]] | None, Lenient()] = None
    audio: Annotated[AudioOutput | None, Lenient()] = None
    annotations: Annotated[list[OnErrorOmit[Annotation]] | None, Lenient()] = None


class ChunkChoice(WireType):
    """The part of one answer in a chunk."""

    index: MaybePlace = None
    delta: Delta | None = None
    text: MaybeStr = None
    """The next characters in a stream of the older prompt form, in place of `delta`."""
    message: Annotated[Delta | None, Lenient()] = None
    """What some send in place of `delta`, or beside it: a piece, or all so far."""
    finish_reason: FinishReason = None
    native_finish_reason: MaybeStr = None
    logprobs: Annotated[Logprobs | None, Lenient()] = None
    error: RawJson = None


class ChatChunk(WireType):
    """One event of a streamed reply, as it came."""

    id: MaybeStr = None
    object: MaybeStr = None
    created: MaybeInt = None
    model: MaybeStr = None
    provider: MaybeStr = None
    choices: list[ChunkChoice] | None = None
    """Empty in chunks that only carry usage."""
    usage: Annotated[Usage | None, Lenient()] = None
    service_tier: MaybeStr = None
    system_fingerprint: MaybeStr = None
    openrouter_metadata: Annotated[RouterMetadata | None, Lenient()] = None
    alignment: Annotated[Alignment | None, Lenient()] = None
    """The verdicts of the plugin `alignment`."""
    safeguard_results: Annotated[list[SafeguardResult] | None, Lenient()] = None
    """The verdicts of the plugin `armor`."""
    error: RawJson = None
    """What went wrong; the last chunk then."""
