"""The form `messages`: the events of Anthropic's Messages, which its clients and coding agents read.

A stream of `client.messages` is written as the service sent it, event by event. Of a chat, text, reasoning, citations
and calls of tools become blocks; thinking has no signature then, since a chat tells it only at its end. Of a run the
text and the reasoning of all its replies are one message, without its calls, which the server runs itself.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....streaming.events import AnnotationAdded, ReasoningDelta, RefusalDelta, TextDelta, ToolCall
from ....streaming.stream import MessageStream
from ....tools.result import Run
from ....types.chat.parts import UrlCitation
from ....types.messages.reply import FINISH_REASONS, MessageReply
from ..failures import message_error
from ._format import Format
from ._passing import as_json, passed_on

if TYPE_CHECKING:
    from ....types.chat.model_reply import ModelReply
    from ....types.common import Usage
    from ._format import Entered, Event, Result

__all__ = ["MessagesFormat", "WholeMessage"]

_STOP_REASONS = {finish: reason for reason, finish in reversed(FINISH_REASONS.items())}


class MessagesFormat(Format):
    """`event: NAME` and `data: {...}`; the last is `message_stop` or `error`."""

    keepalive = b'event: ping\ndata: {"type":"ping"}\n\n'
    has_partials = False

    def __init__(self) -> None:
        self._is_passed_on = False
        self._is_run = False
        self._has_begun = False
        self._open = ""
        self._blocks = 0

    async def pieces(self, stream: Entered) -> AsyncGenerator[bytes]:
        self._is_run = not hasattr(stream, "chunks")
        if not isinstance(stream, MessageStream):
            async with aclosing(super().pieces(stream)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        async with aclosing(passed_on(stream, lambda kind: kind in ("message_start", "ping"))) as lots:
            async for lot in lots:
                self._is_passed_on = True
                yield b"".join(_event(str(each.get("type")), each) for each in lot)

    def event(self, event: Event) -> bytes:
        if getattr(event, "choice", 0) != 0:
            return b""
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                return self._grow("text", {"type": "text_delta", "text": text})
            case ReasoningDelta(text=text):
                return self._grow("thinking", {"type": "thinking_delta", "thinking": text})
            case AnnotationAdded(annotation=UrlCitation() as page) if page.url and self._open == "text":
                cited = page.url_citation.content if page.url_citation else None
                citation = {"type": "web_search_result_location", "url": page.url, "title": page.title}
                citation |= {"cited_text": cited or "", "encrypted_index": ""}
                return self._grow("text", {"type": "citations_delta", "citation": citation})
            case ToolCall() if not self._is_run:
                start = {"type": "tool_use", "id": event.id, "name": event.name, "input": {}}
                delta = {"type": "input_json_delta", "partial_json": event.arguments}
                return self._close() + self._start(start) + self._delta(delta) + self._close()
        return b""

    def finish(self, result: Result) -> bytes:
        if self._is_passed_on:
            return b""
        if isinstance(result, MessageReply) and not self._has_begun:
            return self._whole(result)
        reply = result.completion if isinstance(result, Run) else result
        reason = _STOP_REASONS.get(reply.finish_reason or "stop", reply.finish_reason)
        usage = _usage(result.usage) if result.usage.is_reported else None
        begin = b"" if self._has_begun else self._begin(reply)
        return begin + self._close() + _end({**_NO_END, "stop_reason": reason}, usage)

    def fail(self, error: Exception) -> bytes:
        return _event("error", message_error(error))

    def _whole(self, reply: MessageReply[object]) -> bytes:
        """Return the events of a message that came in one piece, although a stream was asked for."""
        told = self._begin(reply)
        for block in reply.blocks:
            told += self._start(block.raw) + self._close()
        dumped = reply.model_dump(exclude_unset=True)
        end = {name: dumped.get(name) for name in _NO_END}
        return told + _end(end, dumped.get("usage"))

    def _begin(self, reply: ModelReply[object] | None = None) -> bytes:
        self._has_begun = True
        message: dict[str, object] = {
            "id": (reply and reply.id) or f"msg_{uuid.uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": (reply and reply.model) or "",
            "content": [],
            **_NO_END,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        return _event("message_start", {"type": "message_start", "message": message})

    def _grow(self, kind: str, delta: dict[str, object]) -> bytes:
        """Return a piece for the block of a kind, which is begun where another is open."""
        begin = b""
        if self._open != kind:
            text = {"text": ""} if kind == "text" else {"thinking": "", "signature": ""}
            begin = self._close() + self._start({"type": kind, **text})
        return begin + self._delta(delta)

    def _start(self, block: Mapping[str, object]) -> bytes:
        begin = b"" if self._has_begun else self._begin()
        self._open = str(block.get("type"))
        return begin + _block("start", {"index": self._blocks, "content_block": block})

    def _delta(self, delta: Mapping[str, object]) -> bytes:
        return _block("delta", {"index": self._blocks, "delta": delta})

    def _close(self) -> bytes:
        if not self._open:
            return b""
        self._open, index = "", self._blocks
        self._blocks += 1
        return _block("stop", {"index": index})


class WholeMessage(Format):
    """One JSON body, a message as the service sends it."""

    media_type = "application/json"
    keepalive = b""
    has_partials = False

    def finish(self, result: Result) -> bytes:
        assert isinstance(result, MessageReply)  # only streams of that dialect are written so
        content = [block.raw for block in result.blocks]
        return as_json({"type": "message", **result.model_dump(exclude_unset=True), "content": content})


def _usage(usage: Usage) -> dict[str, object]:
    """Return tokens and cost in the words of this dialect."""
    details = usage.prompt_tokens_details
    cached = (details and details.cached_tokens) or 0
    written = (details and details.cache_write_tokens) or 0
    told: dict[str, object] = {
        "input_tokens": max(0, (usage.prompt_tokens or 0) - cached - written),
        "output_tokens": usage.completion_tokens or 0,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
    }
    return told if usage.cost is None else {**told, "cost": usage.cost}


_NO_END: dict[str, object] = {
    "container": None,
    "stop_reason": None,
    "stop_sequence": None,
    "stop_details": None,
}


def _end(delta: Mapping[str, object], usage: Mapping[str, object] | None) -> bytes:
    told = {"type": "message_delta", "delta": delta, "usage": usage or {"output_tokens": 0}}
    return _event("message_delta", told) + _event("message_stop", {"type": "message_stop"})


def _block(what: str, fields: dict[str, object]) -> bytes:
    name = f"content_block_{what}"
    return _event(name, {"type": name, **fields})


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + as_json(data) + b"\n\n"
