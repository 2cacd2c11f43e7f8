"""The form `ai-sdk`: the UI message stream of Vercel's AI SDK, version 5 and newer, which `useChat` reads.

A stream is one message. Each reply of a run is a step of it; text and reasoning are parts that are opened and closed;
a tool call is a part that grows with its arguments and then gets its output. Other content is a data part:
`data-output` (a value in the making), `data-waiting` (a call that waits for a decision), `data-tool-progress` and
`data-audio`, the last two transient. A call that waits for approval also gets a `tool-approval-request`, and a
rejected one a `tool-output-denied`; version 5 fails on both, so `ai-sdk-5` omits them. The finish reason, the model
and the cost are the metadata of the message: 5.0 refuses parts with newer fields, so only fields that it knows are
sent.

Data that a reply needs back, above all its reasoning, is in `providerMetadata.openrouter` of one part of its step:
its first call, or else the part that is open at its end. `useChat` keeps that with the part and sends it back, where
`chat_messages_of` reads it. It is known only when the reply is whole, so calls are sent then.

Specification: <https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol>.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue
from pydantic_core import from_json

from ....streaming.events import (
    AnnotationAdded,
    AudioDelta,
    Finished,
    ImageDelta,
    Keepalive,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from ....structured.completion import StructuredReply
from ....structured.reading.partial import Partial
from ....tools.events import StepFinished, ToolFinished, ToolProgress
from ....tools.result import Run
from ....types.chat.completion import ChatCompletion
from ....types.chat.parts import UrlCitation
from ....types.chat.sent_back import call_fields, sent_back
from ..failures import error_object
from ._format import DONE, Format, sse, sse_text
from .events import call_object, usage_object

if TYPE_CHECKING:
    from ....tools.steps import ToolResult
    from ....types.chat.model_reply import ModelReply
    from ._format import Event, Result

__all__ = ["AISDK5Format", "AISDKFormat"]

_PIECES = (TextDelta, ReasoningDelta, RefusalDelta)


class AISDKFormat(Format):
    """`data: {part}`, and `data: [DONE]` at the end; only the first of several answers is shown."""

    headers = {"x-vercel-ai-ui-message-stream": "v1"}  # noqa: RUF012 - a ClassVar, which the base class says

    has_approvals: ClassVar[bool] = True
    """Whether the protocol has parts for approval."""

    def __init__(self) -> None:
        self._numbers = 0
        self._open: tuple[str, str] | None = None
        """Kind and id of the part that is open: `text` or `reasoning`."""
        self._frames: dict[type, str] = {}
        """What a piece of the open part begins with, by the types of the events that belong to it."""
        self._is_in_step = False
        self._calls: dict[int, _Call] = {}
        """The calls of this step, by their index."""
        self._whole_calls: list[ToolCall] = []
        """Those that are whole, until the reply is."""
        self._shown: dict[str, str] = {}
        """The id by which the browser knows a call, by the call's own."""
        self._call_ids: set[str] = set()
        """Ids of all calls of the message, which must not repeat; providers begin anew with each reply."""

    def begin(self) -> bytes:
        return sse({"type": "start"})

    def event(self, event: Event) -> bytes:
        if isinstance(event, _PIECES) and not event.choice and (frame := self._frames.get(type(event))):
            return sse_text(frame, event.text)  # nearly every event
        if getattr(event, "choice", 0) != 0 or isinstance(event, Keepalive):
            return b""
        if isinstance(event, StepFinished):
            return self._end_step()
        if isinstance(event, ToolFinished) and not self._is_in_step:
            return self._output(event.result)  # of a call of an earlier answer, which waited for a decision
        parts = self._end_reply(event.completion) if isinstance(event, Finished) else self._parts(event)
        if not parts:
            return b""
        step = b"" if self._is_in_step else sse({"type": "start-step"})
        self._is_in_step = True
        return step + parts

    def extra(self, name: str, data: JsonValue) -> bytes:
        return sse({"type": f"data-{name}", "data": data})

    def finish(self, result: Result) -> bytes:
        end = self._end_step()
        if isinstance(result, StructuredReply) and not result.tool_calls:
            end += sse({"type": "data-output", "id": "output", "data": result.output})
        if isinstance(result, Run) and result.paused is not None:
            for waiting in result.paused.undecided:
                data = {**call_object(waiting.call), "wants": waiting.wants}
                end += sse({"type": "data-waiting", "id": waiting.call.id, "data": data})
                if self.has_approvals and waiting.wants == "approval":
                    id = waiting.call.id
                    shown = self._shown.get(id, id)
                    end += sse({"type": "tool-approval-request", "approvalId": id, "toolCallId": shown})
        return end + sse({"type": "finish", "messageMetadata": _metadata(result)}) + DONE

    def fail(self, error: Exception) -> bytes:
        told = error_object(error)
        advice = told.get("advice")
        text = f"{told['message']}. {advice}" if advice else str(told["message"])
        return self._close() + sse({"type": "error", "errorText": text}) + DONE

    def stop(self, error: Exception) -> bytes:
        return self._close() + sse({"type": "abort"}) + DONE

    def _parts(self, event: Event) -> bytes:
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                return self._begin("text", text, TextDelta, RefusalDelta)
            case ReasoningDelta(text=text):
                return self._begin("reasoning", text, ReasoningDelta)
            case Partial(value=value):
                return sse({"type": "data-output", "id": "output", "data": value})
            case ToolCallDelta():
                return self._close() + self._call(event.index).grow(event.name, event.id, event.fragment)
            case ToolCall():
                self._whole_calls.append(event)
                return self._close()
            case ToolProgress(call=call, value=value):
                data = {"toolCallId": self._call(call.index).id or call.id, "value": value}
                return sse({"type": "data-tool-progress", "data": data, "transient": True})
            case ToolFinished(result=result):
                return self._output(result)
            case ImageDelta(image=image) if image.url:
                media_type = image.media_type or "image/png"
                return self._close() + sse({"type": "file", "url": image.url, "mediaType": media_type})
            case AudioDelta(data=data, transcript=transcript):
                piece = {"data": data, "transcript": transcript}
                return sse({"type": "data-audio", "data": piece, "transient": True})
            case AnnotationAdded(annotation=UrlCitation() as citation) if citation.url:
                source = {"type": "source-url", "sourceId": self._id("source"), "url": citation.url}
                return sse({**source, "title": citation.title} if citation.title else source)
        return b""

    def _output(self, result: ToolResult) -> bytes:
        id = self._shown.get(result.call.id, result.call.id)
        if result.is_rejected and self.has_approvals:
            return sse({"type": "tool-output-denied", "toolCallId": id})
        if result.error is not None:
            return sse({"type": "tool-output-error", "toolCallId": id, "errorText": result.error})
        return sse({"type": "tool-output-available", "toolCallId": id, "output": _value(result.content)})

    def _begin(self, kind: str, text: str, *pieces: type) -> bytes:
        """Close the part that is open, and open one with its first text; its other pieces are events of these types."""
        begin = self._close()
        id = self._id(kind)
        self._open = kind, id
        frame = f'data: {{"type":"{kind}-delta","id":"{id}","delta":'
        self._frames = dict.fromkeys(pieces, frame)
        return begin + sse({"type": f"{kind}-start", "id": id}) + sse_text(frame, text)

    def _close(self, metadata: dict[str, object] | None = None) -> bytes:
        part, self._open = self._open, None
        self._frames = {}
        more = {"providerMetadata": {"openrouter": metadata}} if metadata else {}
        return b"" if part is None else sse({"type": f"{part[0]}-end", "id": part[1], **more})

    def _end_reply(self, reply: ModelReply[object]) -> bytes:
        """Return the calls of a complete reply, and the data that it needs back."""
        calls, self._whole_calls = self._whole_calls, []
        if not isinstance(reply, ChatCompletion):
            return self._close() + b"".join(self._arrive(call, {}) for call in calls)
        message = sent_back(reply.message)
        unknown = {each["id"]: call_fields(each) for each in message.get("tool_calls") or ()}
        kept = ("reasoning_details", "reasoning", "reasoning_content")
        metadata: dict[str, object] = {name: message[name] for name in kept if name in message}
        if metadata and not calls:
            begin = b""
            if self._open is None:
                self._open = "reasoning", self._id("reasoning")
                begin = sse({"type": "reasoning-start", "id": self._open[1]})
            return begin + self._close(metadata)
        end = b""
        for call in calls:
            extra = {"call": fields} if (fields := unknown.get(call.id)) else {}
            end += self._close() + self._arrive(call, {**metadata, **extra})
            metadata = {}
        return end

    def _end_step(self) -> bytes:
        if not self._is_in_step:
            return b""
        end = b"".join(self._arrive(call, {}) for call in self._whole_calls)
        self._whole_calls.clear()
        self._is_in_step = False
        self._calls.clear()
        return self._close() + end + sse({"type": "finish-step"})

    def _arrive(self, call: ToolCall, metadata: dict[str, object]) -> bytes:
        part = self._call(call.index)
        told = part.arrive(call, metadata)
        self._shown[call.id] = part.id or call.id
        return told

    def _call(self, index: int) -> _Call:
        return self._calls.setdefault(index, _Call(self._call_ids))

    def _id(self, kind: str) -> str:
        self._numbers += 1
        return f"{kind}-{self._numbers}"


class AISDK5Format(AISDKFormat):
    """The same for pages on version 5, which has no approval."""

    has_approvals = False


class _Call:
    """One call of a tool, on its way."""

    def __init__(self, taken: set[str]) -> None:
        self.id: str | None = None
        """The browser's id of it; None until the browser knows it."""
        self._taken = taken
        self._held = ""
        """Arguments that came before the name."""

    def grow(self, name: str, id: str, fragment: str) -> bytes:
        """Return a piece of the arguments; nothing as long as the call has no name."""
        self._held += fragment
        if not name:
            return b""
        begin = self._begin(name, id)
        fragment, self._held = self._held, ""
        return begin + (
            sse({"type": "tool-input-delta", "toolCallId": self.id, "inputTextDelta": fragment})
            if fragment
            else b""
        )

    def arrive(self, call: ToolCall, metadata: dict[str, object]) -> bytes:
        """Return the whole arguments, and the data that they need back."""
        name = call.name or "unknown"
        begin = self._begin(name, call.id)
        told: dict[str, object] = {"toolCallId": self.id, "toolName": name}
        if metadata:
            # Gemini's signatures name their call, by the id that the browser does not know.
            details = metadata.get("reasoning_details")
            if isinstance(details, list):
                named = [{**each, "id": self.id} if each.get("id") == call.id else each for each in details]
                metadata = {**metadata, "reasoning_details": named}
            told["providerMetadata"] = {"openrouter": metadata}
        if call.args is None:
            told |= {"input": call.arguments, "errorText": "the arguments are not a JSON object"}
            return begin + sse({"type": "tool-input-error", **told})
        return begin + sse({"type": "tool-input-available", **told, "input": call.args})

    def _begin(self, name: str, id: str) -> bytes:
        if self.id is not None:
            return b""
        self.id = id if id not in self._taken else f"{id}-{len(self._taken)}"
        self._taken.add(self.id)
        return sse({"type": "tool-input-start", "toolCallId": self.id, "toolName": name})


def _value(content: object) -> JsonValue:
    """Return the result of a tool: an object or a list if its text is one, for the page to draw."""
    if not isinstance(content, str):
        return content  # type: ignore[return-value]  # content parts, which are JSON
    if content.lstrip()[:1] not in ("{", "["):
        return content
    try:
        value: JsonValue = from_json(content)
    except ValueError:
        return content
    return value


def _metadata(result: Result) -> dict[str, object]:
    reply = result.completion if isinstance(result, Run) else result
    usage = result.usage
    told: dict[str, object] = {
        "model": reply.model,
        "provider": reply.provider,
        "finishReason": reply.finish_reason,
        "generationId": reply.generation_id,
        "usage": usage_object(usage) if usage.is_reported else None,
    }
    if isinstance(result, Run):
        told["status"] = result.status
    return {name: value for name, value in told.items() if value is not None}
