"""The form `openai`: chunks that any OpenAI client reads, and the whole reply for those that ask for no stream.

A plain stream is written as the service sent it, chunk by chunk, so nothing is lost that we have no name for. Of a run
the text and the reasoning of all its replies are written as one answer; calls of tools are not, since a client would
take them for its own to run.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from ....streaming.events import AnnotationAdded, ImageDelta, ReasoningDelta, RefusalDelta, TextDelta
from ....streaming.stream import EventStream
from ....tools.result import Run
from ....types.chat.completion import ChatCompletion
from ..failures import error_object
from ._format import DONE, Format
from ._passing import as_json

if TYPE_CHECKING:
    from ....types.chat.chunk import ChatChunk
    from ....types.chat.model_reply import ModelReply
    from ._format import Entered, Event, Result

__all__ = ["OpenAIFormat", "WholeOpenAI"]


class OpenAIFormat(Format):
    """`data: {chunk}`, and `data: [DONE]` at the end."""

    has_partials = False

    def __init__(self) -> None:
        self._has_chunks = False
        self._made = {
            "id": f"gen-{uuid.uuid4()}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
        }
        """What chunks of our own begin with."""

    async def pieces(self, stream: Entered) -> AsyncGenerator[bytes]:
        if not isinstance(stream, EventStream):
            async with aclosing(super().pieces(stream)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        held: list[ChatChunk] = []
        async with aclosing(stream.chunk_lots()) as lots:
            async for lot in lots:
                for chunk in lot:
                    if not self._has_chunks and not _has_piece(chunk):
                        # As long as there is no piece, the request may fail with a status, or be sent again.
                        held = [each for each in held if each.id == chunk.id]
                    else:
                        self._has_chunks = True
                    held.append(chunk)
                if self._has_chunks:
                    yield b"".join(map(_chunk_data, held))
                    held.clear()

    def event(self, event: Event) -> bytes:
        match event:
            case TextDelta(text=text):
                return self._chunk({"content": text}, choice=event.choice)
            case ReasoningDelta(text=text):
                return self._chunk({"reasoning": text}, choice=event.choice)
            case RefusalDelta(text=text):
                return self._chunk({"refusal": text}, choice=event.choice)
            case ImageDelta(image=image):
                return self._chunk({"images": [image.model_dump(exclude_unset=True)]})
            case AnnotationAdded(annotation=annotation):
                return self._chunk({"annotations": [annotation.model_dump(exclude_unset=True)]})
        return b""

    def finish(self, result: Result) -> bytes:
        if self._has_chunks:
            return DONE
        if isinstance(result, Run):
            return self._end(result.completion, result.usage.model_dump(exclude_none=True)) + DONE
        if isinstance(result, ChatCompletion):
            return self._whole(result) + DONE
        usage = result.usage.model_dump(exclude_none=True) or None
        return self._end(result, usage) + DONE

    def fail(self, error: Exception) -> bytes:
        return _data({"error": error_object(error)}) + DONE

    def _whole(self, reply: ChatCompletion[object]) -> bytes:
        """Return the chunks of a reply that came in one piece, although a stream was asked for."""
        pieces = []
        for choice in reply.choices:
            if choice.message is not None:
                delta = choice.message.model_dump(exclude_unset=True)
                for index, call in enumerate(delta.get("tool_calls") or ()):
                    call["index"] = index
                pieces.append(self._chunk(delta, choice=choice.index or 0, model=reply.model))
        usage = reply.usage.model_dump(exclude_unset=True) or None
        return b"".join(pieces) + self._end(reply, usage)

    def _end(self, reply: ModelReply[object], usage: dict[str, object] | None) -> bytes:
        return self._chunk({}, finish_reason=reply.finish_reason or "stop", model=reply.model, usage=usage)

    def _chunk(
        self,
        delta: dict[str, object],
        *,
        choice: int = 0,
        finish_reason: str | None = None,
        model: str | None = None,
        usage: dict[str, object] | None = None,
    ) -> bytes:
        entry = {"index": choice, "delta": {"role": "assistant", **delta}, "finish_reason": finish_reason}
        chunk = {**self._made, "model": model or "", "choices": [entry]}
        return _data(chunk if usage is None else {**chunk, "usage": usage})


class WholeOpenAI(Format):
    """One JSON body, a chat completion in the service's form, when it is complete."""

    media_type = "application/json"
    keepalive = b""
    has_partials = False

    def finish(self, result: Result) -> bytes:
        reply = result.completion if isinstance(result, Run) else result
        body: dict[str, object] = {"object": "chat.completion", **reply.model_dump(exclude_unset=True)}
        return as_json({**body, "object": "chat.completion"})


def _has_piece(chunk: ChatChunk) -> bool:
    """Whether there is anything in a chunk but who speaks."""
    if chunk.usage is not None:
        return True
    for choice in chunk.choices or ():
        delta = choice.delta.model_dump(exclude_none=True) if choice.delta else {}
        if choice.finish_reason or any(value for name, value in delta.items() if name != "role"):
            return True
    return False


def _chunk_data(chunk: ChatChunk) -> bytes:
    if chunk.usage is None:  # no amounts of money, which pydantic would write as texts
        return b"data: " + chunk.model_dump_json(exclude_unset=True).encode() + b"\n\n"
    return _data(chunk.model_dump(exclude_unset=True))


def _data(value: object) -> bytes:
    return b"data: " + as_json(value) + b"\n\n"
