"""The reply to a Responses request: `Response`, the same object for a plain call and for a finished stream.

Its items are kept as the JSON that came, and typed when they are asked for. Whether a reply is a good one is judged by
`_sansio.response_reply`; here it is only read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from .._base import WireType
from ..bounds import MOST_CALLS, too_many
from ..chat.model_reply import ModelReply
from ..chat.parts import Annotation, Image, each_once
from ..chat.safeguards import Alignment, SafeguardResult
from ..chat.tool_calls import ToolCall, ToolCallPart, read_tool_calls
from ..common import JsonObject, Lenient, MaybeInt, MaybeStr, OutputT, RawJson, RouterMetadata
from .items import ImageItem, MessageItem, ReasoningItem, ResponseItem, call_fields, items_of, read_item
from .usage import ResponseUsage

__all__ = ["IncompleteDetails", "Response"]


class IncompleteDetails(WireType):
    """Why a reply is not whole."""

    reason: MaybeStr = None
    """`max_output_tokens`, `content_filter`, ..."""


_REASONS = {"max_output_tokens": "length"}
"""Reasons that have another name in chat."""


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else []


class Response(ModelReply[OutputT]):
    """The reply to a Responses request."""

    api: ClassVar[str] = "responses"

    id: MaybeStr = None
    object: MaybeStr = None
    """`response`."""
    created_at: MaybeInt = None
    """Seconds since 1970."""
    completed_at: MaybeInt = None
    status: MaybeStr = None
    """`completed`, `incomplete` (`incomplete_details` says why), `failed`, ..."""
    model: MaybeStr = None
    """The model that answered; often not the name that was asked for."""
    provider: MaybeStr = None
    raw_items: Annotated[
        list[RawJson],
        BeforeValidator(_as_list),
        Field(validation_alias="output", serialization_alias="output"),
    ] = Field(default_factory=list)
    """The items as they came, `output` on the wire; `items` has them typed."""
    error: RawJson = None
    error_type: MaybeStr = None
    incomplete_details: Annotated[IncompleteDetails | None, Lenient()] = None
    usage: Annotated[ResponseUsage, Lenient(ResponseUsage)] = Field(default_factory=ResponseUsage)  # pyright: ignore[reportIncompatibleVariableOverride]
    """Of all requests that were made for this reply, as far as it is known; empty if it is not. See `billed`."""
    service_tier: MaybeStr = None
    openrouter_metadata: Annotated[RouterMetadata | None, Lenient()] = None
    alignment: Annotated[Alignment | None, Lenient()] = None
    """The findings of the plugin `alignment`."""
    safeguard_results: Annotated[list[SafeguardResult] | None, Lenient()] = None
    metadata: Annotated[JsonObject | None, Lenient()] = None
    output_text: MaybeStr = None
    """The text once more, where the service adds it."""

    @property
    def items(self) -> list[ResponseItem]:
        """Messages, reasoning and calls of the model; in the input of a later request they go back as they came."""
        return [read_item(item) for item in items_of(self.raw_items)]

    @property
    def text(self) -> str:
        """The text of the answer; empty without text."""
        said = "".join(item.text for item in self.items if isinstance(item, MessageItem))
        return said or self.output_text or ""

    @property
    def reasoning(self) -> str | None:
        """The reasoning as text, or its summary, if the model showed any."""
        thoughts = [item.text for item in self.items if isinstance(item, ReasoningItem)]
        return "\n\n".join(filter(None, thoughts)) or None

    @property
    def refusal(self) -> str | None:
        """Why the model declined, if it did."""
        refused = [item.refusal for item in self.items if isinstance(item, MessageItem)]
        return "".join(filter(None, refused)) or None

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of functions and of custom tools; the free text of the latter is their argument `input`."""
        raw = list(items_of(self.raw_items))
        fields = [(item, call) for item in raw if (call := call_fields(item)) is not None]
        if len(fields) > MOST_CALLS:
            raise too_many(MOST_CALLS, len(fields), "tool calls")
        parts = [ToolCallPart.model_validate(call) for _, call in fields]
        is_cut = self.status == "incomplete"
        reason = "length" if is_cut else None
        calls = read_tool_calls(parts, whole=self._whole, choice=0, finish_reason=reason)
        return [
            # Of a reply that is whole, items are told as incomplete that are not.
            replace(call, complete=False) if is_cut and item.get("status") == "incomplete" else call
            for call, (item, _) in zip(calls, fields, strict=True)
        ]

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped, in the words of chat: `stop`, `length`, `tool_calls`, `content_filter`, `error`."""
        if self.status == "incomplete" or self.incomplete_details is not None:
            reason = self.incomplete_details.reason if self.incomplete_details else None
            return _REASONS.get(reason or "", reason)
        if not self._whole:
            return None
        if self.status in ("failed", "cancelled") or self.error:
            return "error"
        if self.status not in (None, "completed"):
            return None
        calls = any(call_fields(item) is not None for item in items_of(self.raw_items))
        return "tool_calls" if calls else "stop"

    @property
    def images(self) -> list[Image]:
        """The images that were made."""
        made = [item.image for item in self.items if isinstance(item, ImageItem)]
        return [image for image in made if image is not None]

    @property
    def annotations(self) -> list[Annotation]:
        """Web pages cited, and files; each once."""
        given = [each for item in self.items if isinstance(item, MessageItem) for each in item.annotations]
        return each_once(given) or []
