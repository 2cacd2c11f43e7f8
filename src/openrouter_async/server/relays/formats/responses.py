"""The form `responses`: the events of OpenAI's Responses, which its clients read.

A stream of `client.responses` is written as the service sent it, event by event. Of a chat, text, reasoning and calls
of tools become items. Of a run the text and the reasoning of all its replies are one response, without its calls,
which the server runs itself.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....streaming.events import ReasoningDelta, RefusalDelta, TextDelta, ToolCall
from ....streaming.stream import ResponseStream
from ....tools.result import Run
from ....types.responses.response import Response
from ..failures import error_object
from ._format import DONE, Format
from ._passing import as_json, passed_on

if TYPE_CHECKING:
    from ....types.common import JsonObject, Usage
    from ._format import Entered, Event, Result

__all__ = ["ResponsesFormat", "WholeResponse"]

_HEADS = frozenset({"response.created", "response.in_progress", "response.queued", "response.keep_alive"})
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_PARTS = {"message": "output_text", "reasoning": "reasoning_text"}


class ResponsesFormat(Format):
    """`data: {...}` with a type and a number, and `data: [DONE]` at the end."""

    has_partials = False

    def __init__(self) -> None:
        self._is_passed_on = False
        self._is_run = False
        self._number = 0
        self._output: list[dict[str, object]] = []
        self._open: _OpenItem | None = None
        self._head: dict[str, object] = {
            "id": f"resp_{uuid.uuid4().hex}",
            "object": "response",
            "created_at": int(time.time()),
            "status": "in_progress",
            "model": "",
            "output": [],
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": None,
        }

    async def pieces(self, stream: Entered) -> AsyncGenerator[bytes]:
        self._is_run = not hasattr(stream, "chunks")
        if not isinstance(stream, ResponseStream):
            async with aclosing(super().pieces(stream)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        async with aclosing(passed_on(stream, _HEADS.__contains__)) as lots:
            async for lot in lots:
                self._is_passed_on = True
                yield b"".join(b"data: " + as_json(each) + b"\n\n" for each in lot)

    def event(self, event: Event) -> bytes:
        if getattr(event, "choice", 0) != 0:
            return b""
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                return self._grow("message", text)
            case ReasoningDelta(text=text):
                return self._grow("reasoning", text)
            case ToolCall() if not self._is_run:
                return self._close() + self._call(event)
        return b""

    def finish(self, result: Result) -> bytes:
        if self._is_passed_on:
            return DONE
        end = self._close()
        reply = result.completion if isinstance(result, Run) else result
        if isinstance(reply, Response) and not self._number:
            return self._whole(reply) + DONE
        reason = _INCOMPLETE.get(reply.finish_reason or "")
        status = "completed" if reason is None else "incomplete"
        told = {
            **self._head,
            "model": reply.model or "",
            "status": status,
            "output": self._output,
            "incomplete_details": None if reason is None else {"reason": reason},
            "usage": _usage(result.usage) if result.usage.is_reported else None,
        }
        return self._begin() + end + self._said(status, response=told) + DONE

    def fail(self, error: Exception) -> bytes:
        object_ = error_object(error)
        if self._is_passed_on or not self._number:
            told = {
                "type": "error",
                "code": str(object_["code"]),
                "message": object_["message"],
                "param": None,
            }
            return b"data: " + as_json({**told, "sequence_number": self._number}) + b"\n\n" + DONE
        failed = {"code": "server_error", "message": object_["message"]}
        response = {**self._head, "status": "failed", "output": self._output, "error": failed}
        return self._said("failed", response=response) + DONE

    def _whole(self, reply: Response[object]) -> bytes:
        """Return the events of a response that came in one piece, although a stream was asked for."""
        body = _object_of(reply)
        told = self._said("created", response={**body, "status": "in_progress", "output": []})
        for index, item in enumerate(reply.raw_items):
            told += self._said("output_item.added", output_index=index, item=item)
            told += self._said("output_item.done", output_index=index, item=item)
        return told + self._said(reply.status or "completed", response=body)

    def _begin(self) -> bytes:
        return b"" if self._number else self._said("created", response=self._head)

    def _grow(self, kind: str, text: str) -> bytes:
        """Return a piece for the item of a kind, which is begun where another is open."""
        told = self._begin()
        if self._open is None or self._open.kind != kind:
            told += self._close()
            self._open = item = _OpenItem(kind, len(self._output))
            told += self._said("output_item.added", output_index=item.index, item=item.as_json("in_progress"))
            told += self._said("content_part.added", **item.place, part=item.part())
        self._open.pieces.append(text)
        return told + self._said(f"{_PARTS[kind]}.delta", **self._open.place, delta=text, logprobs=[])

    def _close(self) -> bytes:
        item, self._open = self._open, None
        if item is None:
            return b""
        whole = item.as_json("completed")
        self._output.append(whole)
        text = "".join(item.pieces)
        return (
            self._said(f"{_PARTS[item.kind]}.done", **item.place, text=text, logprobs=[])
            + self._said("content_part.done", **item.place, part=item.part())
            + self._said("output_item.done", output_index=item.index, item=whole)
        )

    def _call(self, call: ToolCall) -> bytes:
        index = len(self._output)
        item: dict[str, object] = {
            "id": f"fc_{uuid.uuid4().hex}",
            "type": "function_call",
            "status": "completed" if call.complete else "incomplete",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        self._output.append(item)
        begun = {**item, "status": "in_progress", "arguments": ""}
        place = {"output_index": index, "item_id": item["id"]}
        return (
            self._begin()
            + self._said("output_item.added", output_index=index, item=begun)
            + self._said("function_call_arguments.delta", **place, delta=call.arguments)
            + self._said("function_call_arguments.done", **place, name=call.name, arguments=call.arguments)
            + self._said("output_item.done", output_index=index, item=item)
        )

    def _said(self, kind: str, **fields: object) -> bytes:
        number = self._number
        self._number += 1
        return (
            b"data: " + as_json({"type": f"response.{kind}", **fields, "sequence_number": number}) + b"\n\n"
        )


class _OpenItem:
    """An item of text that is being written."""

    def __init__(self, kind: str, index: int) -> None:
        self.kind = kind
        self.index = index
        self.pieces: list[str] = []
        self._id = f"{'msg' if kind == 'message' else 'rs'}_{uuid.uuid4().hex}"

    @property
    def place(self) -> dict[str, object]:
        return {"output_index": self.index, "item_id": self._id, "content_index": 0}

    def part(self) -> dict[str, object]:
        more: dict[str, object] = {"annotations": [], "logprobs": []} if self.kind == "message" else {}
        return {"type": _PARTS[self.kind], "text": "".join(self.pieces), **more}

    def as_json(self, status: str) -> dict[str, object]:
        """Return the item; it has no content as long as it is in progress."""
        more: dict[str, object] = {"role": "assistant"} if self.kind == "message" else {"summary": []}
        content = [] if status == "in_progress" else [self.part()]
        return {"id": self._id, "type": self.kind, "status": status, **more, "content": content}


class WholeResponse(Format):
    """One JSON body, a response as the service sends it."""

    media_type = "application/json"
    keepalive = b""
    has_partials = False

    def __init__(self) -> None:
        self._last: JsonObject | None = None

    async def pieces(self, stream: Entered) -> AsyncGenerator[bytes]:
        assert isinstance(stream, ResponseStream)  # only streams of that dialect are written so
        async with aclosing(stream.chunks()) as chunks:
            async for chunk in chunks:
                if isinstance(response := chunk.get("response"), dict) and response.get("output"):
                    self._last = response
                yield b""

    def finish(self, result: Result) -> bytes:
        assert isinstance(result, Response)
        return as_json(self._last or _object_of(result))


def _object_of(reply: Response[object]) -> dict[str, object]:
    """Return a response in its wire form."""
    told: dict[str, object] = reply.model_dump(exclude_unset=True, by_alias=True)
    return {**told, "usage": _usage(reply.usage) if reply.usage.is_reported else None}


def _usage(usage: Usage) -> dict[str, object]:
    """Return tokens and cost in the words of this dialect."""
    into, out = usage.prompt_tokens_details, usage.completion_tokens_details
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    told: dict[str, object] = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": (into and into.cached_tokens) or 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": (out and out.reasoning_tokens) or 0},
        "total_tokens": usage.total_tokens or prompt + completion,
    }
    return told if usage.cost is None else {**told, "cost": usage.cost}
