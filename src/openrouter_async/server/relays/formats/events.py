"""The form `events`: our typed events as named server-sent events, each with a JSON object.

Amounts of money are decimal strings. `choice` appears only in events of answers after the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from ....errors import ReplyNotParsed
from ....streaming.events import (
    AnnotationAdded,
    AudioDelta,
    ImageDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from ....structured.completion import StructuredReply
from ....structured.reading.partial import Partial
from ....tools.events import StepFinished, ToolFinished, ToolProgress, ToolStarted
from ....tools.result import Run
from ..failures import error_object, partial_of
from ._format import Format, sse, sse_text

if TYPE_CHECKING:
    from ....tools.steps import ToolResult
    from ....types.chat.model_reply import ModelReply
    from ....types.common import Usage
    from ._format import Event, Result

__all__ = ["EventsFormat", "call_object", "result_object", "usage_object"]


class EventsFormat(Format):
    """`event: NAME` and `data: {...}`; the last is `finished` or `error`."""

    def event(self, event: Event) -> bytes:
        if type(event) is TextDelta and not event.choice:  # nearly every event
            return sse_text('event: text\ndata: {"text":', event.text)
        told = _event(event)
        if told is None:
            return b""
        name, data = told
        choice = getattr(event, "choice", 0)
        return sse({**data, "choice": choice} if choice else data, name)

    def extra(self, name: str, data: JsonValue) -> bytes:
        return sse(data, name)

    def finish(self, result: Result) -> bytes:
        return sse(_run(result) if isinstance(result, Run) else _reply(result), "finished")

    def fail(self, error: Exception) -> bytes:
        partial = partial_of(error)
        told: dict[str, object] = {**error_object(error)}
        if partial is not None:
            told["partial"] = _reply(partial)
        return sse(told, "error")


_FIELDS: dict[type, tuple[str, ...]] = {
    TextDelta: ("text", "text"),
    ReasoningDelta: ("reasoning", "text"),
    RefusalDelta: ("refusal", "text"),
    Partial: ("partial", "value"),
    ToolCallDelta: ("tool_call_delta", "id", "index", "name", "fragment"),
    AudioDelta: ("audio", "data", "transcript"),
}
"""Events that are written as they are: the name of each, and its fields."""


def _event(event: Event) -> tuple[str, dict[str, object]] | None:
    if fields := _FIELDS.get(type(event)):
        return fields[0], {name: getattr(event, name) for name in fields[1:]}
    match event:
        case ToolCall():
            return "tool_call", call_object(event)
        case ImageDelta(image=image):
            return "image", {"url": image.url}
        case AnnotationAdded(annotation=annotation):
            return "annotation", annotation.model_dump(mode="json", exclude_none=True)
        case UsageReported(usage=usage):
            return "usage", usage_object(usage)
        case ToolStarted(call=call):
            return "tool_started", {"id": call.id, "name": call.name}
        case ToolProgress(call=call, value=value):
            return "tool_progress", {"id": call.id, "name": call.name, "value": value}
        case ToolFinished(result=result):
            return "tool_result", result_object(result)
        case StepFinished(index=index, step=step):
            return "step_finished", {"index": index, "finish_reason": step.completion.finish_reason}
    return None


def call_object(call: ToolCall) -> dict[str, object]:
    """Return a call of a tool; `arguments` is JSON text, and may be cut where it is not complete."""
    return {"id": call.id, "name": call.name, "arguments": call.arguments, "complete": call.complete}


def result_object(result: ToolResult) -> dict[str, object]:
    """Return what came of a call."""
    return {
        "id": result.call.id,
        "name": result.call.name,
        "content": result.content,
        "is_error": result.error is not None,
        "seconds": round(result.seconds, 3),
    }


def usage_object(usage: Usage) -> dict[str, object]:
    """Return tokens and cost, as far as they are known."""
    told: dict[str, object] = usage.model_dump(mode="json", exclude_none=True)
    return told


def _reply(reply: ModelReply[object]) -> dict[str, object]:
    """Return a whole reply, but for images and speech, which went before."""
    told: dict[str, object] = {
        "text": reply.text,
        "reasoning": reply.reasoning,
        "refusal": reply.refusal,
        "tool_calls": [call_object(call) for call in reply.tool_calls],
        "model": reply.model,
        "provider": reply.provider,
        "finish_reason": reply.finish_reason,
        "generation_id": reply.generation_id,
        "usage": usage_object(reply.usage) if reply.usage.is_reported else None,
    }
    if isinstance(reply, StructuredReply):
        told |= {"path": reply.path, **_output(reply)}
    return told


def _run(run: Run[object, ModelReply[object]]) -> dict[str, object]:
    """Return the last reply of a run, with the usage of all of it, and how it ended."""
    told = {
        **_reply(run.completion),
        "usage": usage_object(run.usage),
        "status": run.status,
        "steps": len(run.steps),
    }
    if run.stopped_by is not None:
        told["stopped_by"] = run.stopped_by
    if run.paused is not None:
        told["waiting"] = [
            {**call_object(waiting.call), "wants": waiting.wants} for waiting in run.paused.undecided
        ]
    return told


def _output(reply: StructuredReply[object]) -> dict[str, object]:
    try:
        return {"output": reply.output}
    except ReplyNotParsed:
        return {}  # it calls tools; there is no value before their results were sent
