"""The steps of a run, each a reply of the model and the results of the tools it called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Generic

from pydantic import PlainSerializer, PlainValidator

from ..types.chat.tool_calls import ToolCall
from ..types.common import JsonObject, Usage, total_usage
from ..types.kept_replies import kept, read_kept_reply

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from ..types.chat.completion import ChatCompletion, OutputT
    from ..types.chat.messages import ToolMessage
    from ..types.chat.model_reply import ModelReply

    ReplyT = TypeVar("ReplyT", bound=ModelReply[object], default=ChatCompletion[object], covariant=True)
    LastReplyT = TypeVar(
        "LastReplyT", bound=ModelReply[object], default=ChatCompletion[OutputT], covariant=True
    )
else:
    import typing_extensions

    # With a default here too, so that `Run[str]` can be written where it is evaluated.
    ReplyT, LastReplyT = (
        typing_extensions.TypeVar(name, default=object) for name in ("ReplyT", "LastReplyT")
    )

__all__ = ["Step", "ToolResult", "usage_of_steps"]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of one call."""

    call: ToolCall
    content: str | list[JsonObject]
    """The result for the model: text, or content parts."""
    error: str | None = None
    """The reason of the failure, as the model sees it; None after a success."""
    seconds: float = 0.0
    """How long the function took."""
    is_rejected: bool = False
    """Whether it was not run because somebody decided so."""

    @property
    def message(self) -> ToolMessage:
        """The message that brings the result to the model."""
        return {"role": "tool", "tool_call_id": self.call.id, "content": self.content}  # type: ignore[typeddict-item]  # parts as they are sent


@dataclass(frozen=True, slots=True)
class Step(Generic[ReplyT]):
    """One reply of the model, and the results of the tools it called."""

    completion: Annotated[ReplyT, PlainValidator(read_kept_reply), PlainSerializer(kept)]
    """The reply, of the dialect's type."""
    results: tuple[ToolResult, ...] = ()
    """In the order of the calls."""


def usage_of_steps(steps: Sequence[Step[ModelReply[object]]]) -> Usage:
    """Return the tokens and the cost of all requests that were made for some steps."""
    billed = [usage for step in steps for usage in step.completion.billed]
    if steps and not billed:  # every reply came from a local cache
        return Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0, cost=Decimal(0))
    return total_usage(billed)
