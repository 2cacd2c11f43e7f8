"""The events that a streamed run adds to those of its replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..streaming.events import ReplyT, StreamEvent
from ..types.chat.tool_calls import ToolCall

if TYPE_CHECKING:
    from ..types.chat.model_reply import ModelReply
    from .steps import Step, ToolResult

__all__ = ["RunEvent", "StepFinished", "ToolEvent", "ToolFinished", "ToolProgress", "ToolStarted"]


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool begins to run."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """Progress of a tool: a value that an async generator yields, or a report of an MCP server."""

    call: ToolCall
    value: object


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool has ended, well or not; also what came of a call that could not be run."""

    result: ToolResult


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A reply of the model is there, and the tools it called have ended."""

    step: Step[ModelReply[object]]
    index: int
    """From 0."""


ToolEvent: TypeAlias = ToolStarted | ToolProgress | ToolFinished

RunEvent: TypeAlias = StreamEvent[ReplyT] | ToolEvent | StepFinished
"""Any event of a streamed run."""
