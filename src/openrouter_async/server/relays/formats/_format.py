"""`Format`: the format of a relay; one instance writes one response."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from pydantic import JsonValue
from pydantic_core import to_json

from ....streaming.lifecycle import lots_of
from ....streaming.stream import EventStream, MessageStream, ResponseStream
from ....structured.stream import StructuredStream
from ....tools.result import StreamedRun
from ....tools.stream import RunStream
from ....types.chat.model_reply import ModelReply

if TYPE_CHECKING:
    from ....structured.reading.partial import Partial
    from ....tools.events import RunEvent
    from ....tools.result import Run

    Event: TypeAlias = RunEvent[ModelReply[object]] | Partial
    Result: TypeAlias = ModelReply[object] | Run[object, ModelReply[object]]

__all__ = ["DONE", "Entered", "Format", "Relayed", "sse", "sse_text"]

DONE = b"data: [DONE]\n\n"

_Stream: TypeAlias = (
    EventStream[object]
    | RunStream[object, ModelReply[object]]
    | MessageStream[object]
    | ResponseStream[object]
)

Entered: TypeAlias = _Stream | StreamedRun[object, ModelReply[object]]
"""The streams that can be relayed, once their block is entered."""

Relayed: TypeAlias = _Stream | AbstractAsyncContextManager[StreamedRun[object, ModelReply[object]]]
"""What `relay` takes; the last is what `stream` of a conversation and `resume_stream` of a run return."""


class Format:
    """Turns the events of one stream into the bytes of one response."""

    media_type: ClassVar[str] = "text/event-stream"
    headers: ClassVar[Mapping[str, str]] = {}
    """Of the response, besides those of every relay."""
    keepalive: ClassVar[bytes] = b": keep-alive\n\n"
    """A keep-alive that may be sent at any time; empty in a format without one."""
    has_partials: ClassVar[bool] = True
    """Whether snapshots of a value take the place of its text."""

    async def pieces(self, stream: Entered) -> AsyncGenerator[bytes]:
        """Yield the output while the stream runs, at once for all events that came together; a piece may be empty."""
        if self.has_partials and isinstance(stream, StructuredStream):
            async with aclosing(stream.with_partials()) as events:
                async for event in events:
                    yield self.event(event)
        else:
            next_lot = lots_of(stream)
            while lot := await next_lot():
                yield self.event(lot[0]) if len(lot) == 1 else b"".join(map(self.event, lot))

    def begin(self) -> bytes:
        """Return the output before the first piece."""
        return b""

    def event(self, event: Event) -> bytes:
        """Return what is written for an event; nothing for one that the form does not show."""
        return b""

    def extra(self, name: str, data: JsonValue) -> bytes:
        """Return what is written for an event of the application; nothing where the format has no place for it."""
        return b""

    def finish(self, result: Result) -> bytes:
        """Return the output after the last piece."""
        return b""

    def fail(self, error: Exception) -> bytes:
        """Return the output after the last piece of a stream that failed after it started."""
        return b""

    def stop(self, error: Exception) -> bytes:
        """Return the output after the last piece of a stream that was stopped on purpose."""
        return self.fail(error)


def sse_text(before: str, text: str) -> bytes:
    """Return what `sse` returns for an object that ends with a text; `before` is all up to that."""
    return f"{before}{encode_basestring(text)}}}\n\n".encode()


def sse(data: object, event: str | None = None) -> bytes:
    """Return a server-sent event whose data is JSON."""
    name = b"" if event is None else b"event: " + event.encode() + b"\n"
    return name + b"data: " + to_json(data, serialize_unknown=True) + b"\n\n"
