"""The reply to a Messages request: `MessageReply`, the same object for a plain call and for a finished stream.

Almost nothing is required, enums are open, and unknown fields are kept. Source: `MessagesResult` of the service's
OpenAPI document, and the newer one of its batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Required, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from .._base import WireType
from ..chat.completion import BETWEEN_BLOCKS
from ..chat.model_reply import ModelReply
from ..chat.parts import each_once
from ..chat.tool_calls import FunctionCall, ToolCall, ToolCallPart, read_tool_calls
from ..common import JsonObject, Lenient, MaybeStr, OutputT, RouterMetadata
from ..requests.fields import ByKind, JSONObject, ValidatedAs, closed
from .blocks import Block, Blocks, RedactedThinkingBlock, TextBlock, ThinkingBlock, ToolUseBlock, as_json
from .usage import MessageUsage

if TYPE_CHECKING:
    from ..chat.parts import Annotation, Image

__all__ = [
    "FINISH_REASONS",
    "AnyBlock",
    "AssistantParam",
    "Container",
    "MessageReply",
    "StopDetails",
    "StopReason",
]

StopReason: TypeAlias = Annotated[
    Literal[
        "end_turn",
        "max_tokens",
        "model_context_window_exceeded",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "compaction",
    ]
    | str
    | None,
    Lenient(),
]
"""Why the model stopped; after `pause_turn`, send the message back and the model continues."""

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""The same in the words of chat."""


class StopDetails(WireType):
    """Why the model declined."""

    type: MaybeStr = None
    category: Annotated[
        Literal["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"] | str | None,
        Lenient(),
    ] = None
    explanation: MaybeStr = None


class Container(WireType):
    """The container in which the programs of the model ran; the next request can reuse it."""

    id: MaybeStr = None
    expires_at: MaybeStr = None
    """A moment, as in RFC 3339."""
    skills: Annotated[list[JsonObject] | None, Lenient()] = None


def _has_type(value: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(value.get("type"), str):
        raise PydanticCustomError("type", "a dict with the block's 'type'")
    return value


AnyBlock: TypeAlias = Annotated[JSONObject, AfterValidator(_has_type)]
"""A block that is sent as it is."""


@closed
class AssistantParam(TypedDict, total=False):
    """An earlier message of the model; its blocks go back unchanged.

    A last message of this kind is a beginning that the model continues.
    """

    role: Required[Literal["assistant"]]
    content: Required[
        Annotated[
            str | Sequence[Mapping[str, object]],
            ValidatedAs(Annotated[str | list[AnyBlock], ByKind()]),
        ]
    ]
    clear_at: Literal["next_user_message", "never"] | None
    output_config: JSONObject | None


class MessageReply(ModelReply[OutputT]):
    """The reply of the model to a Messages request.

    Generic for the type checker only: `output` has the type that was asked for, which is text by default.
    """

    api: ClassVar[str] = "messages"

    id: MaybeStr = None
    type: MaybeStr = None
    """`message`."""
    role: MaybeStr = None
    """`assistant`."""
    model: MaybeStr = None
    """The model that answered; often not the name that was asked for."""
    provider: MaybeStr = None
    content: Blocks = Field(default_factory=list)
    """See `blocks`."""
    stop_reason: StopReason = None
    stop_sequence: MaybeStr = None
    """Which of `stop_sequences` it stopped at."""
    stop_details: Annotated[StopDetails | None, Lenient()] = None
    container: Annotated[Container | None, Lenient()] = None
    context_management: Annotated[JsonObject | None, Lenient()] = None
    """The parts that the service removed from the context before the model read it."""
    input_transformations: Annotated[list[JsonObject] | None, Lenient()] = None
    usage: Annotated[MessageUsage, Lenient(MessageUsage)] = Field(default_factory=MessageUsage)  # pyright: ignore[reportIncompatibleVariableOverride]
    openrouter_metadata: Annotated[RouterMetadata | None, Lenient()] = None

    @property
    def text(self) -> str:
        """The text of the answer; may be empty."""
        return "".join(block.text or "" for block in self.content if isinstance(block, TextBlock))

    @property
    def thinking(self) -> str | None:
        """The reasoning as text, if the model showed any."""
        texts = [block.thinking for block in self.content if isinstance(block, ThinkingBlock)]
        return BETWEEN_BLOCKS.join(filter(None, texts)) or None

    @property
    def reasoning(self) -> str | None:
        """The same as `thinking`, by the name that other replies have for it."""
        return self.thinking

    @property
    def blocks(self) -> list[Block]:
        """The content, in order: `TextBlock`, `ThinkingBlock`, `ToolUseBlock`, ..., and `Block` for what is unknown."""
        return self.content

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of tools that the model asks the caller for, with parsed arguments."""
        blocks = [block for block in self.content if isinstance(block, ToolUseBlock)]
        calls = [
            ToolCallPart(id=block.id, function=FunctionCall(name=block.name, arguments=block.arguments))
            for block in blocks
        ]
        reason = self.finish_reason
        if reason == "length" and blocks and not blocks[-1].input and blocks[-1].arguments.strip() == "{}":
            # An empty input is also what stands there before the first piece of it.
            calls[-1] = ToolCallPart(id=blocks[-1].id, function=FunctionCall(name=blocks[-1].name))
        return read_tool_calls(calls, whole=self._whole, choice=0, finish_reason=reason)

    @property
    def images(self) -> list[Image]:
        """None: this dialect has no images of models."""
        return []

    @property
    def annotations(self) -> list[Annotation]:
        """The web pages that the text cites; what cites documents is in the `citations` of its block."""
        texts = [block for block in self.content if isinstance(block, TextBlock)]
        cited = [citation.page for block in texts for citation in block.citations or ()]
        return each_once([page for page in cited if page is not None]) or []

    @property
    def encrypted_by(self) -> str | None:
        """The only provider that can read the redacted thinking in this reply; None without such thinking."""
        is_encrypted = any(isinstance(block, RedactedThinkingBlock) for block in self.content)
        return self.provider if is_encrypted else None

    @property
    def refusal(self) -> str | None:
        """Why the model declined, if it did."""
        if self.stop_reason != "refusal":
            return None
        details = self.stop_details or StopDetails()
        return details.explanation or details.category or "refusal"

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped, in the words of chat: `stop`, `length`, `tool_calls`, ...; see `stop_reason`."""
        reason = self.stop_reason
        return None if reason is None else FINISH_REASONS.get(reason, reason)

    def as_param(self) -> AssistantParam:
        """Return the message to send back in the next request: each block as it came, signatures included."""
        return {"role": "assistant", "content": as_json(self.content)}
