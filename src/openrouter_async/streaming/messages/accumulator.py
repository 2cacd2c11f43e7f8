"""`MessageAccumulator`: events of a Messages stream become typed events, and in the end the reply of a plain call.

Theory of operation. `message_start` brings the head of the reply, each content block has a builder, `message_delta`
reports the stop reason and the total usage so far, and `message_stop` ends the stream, without a `[DONE]`.
An unknown event becomes a `Progress` and changes nothing. Missing parts are inferred: the type of an event from its
fields, the start of a block from its first delta; a block without an end finishes with the stream. No I/O here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from ..._sansio.error_mapping import payload_error
from ..._sansio.message_reply import check_message
from ..._sansio.parse import ParseFailure
from ..._sansio.response import read_reply
from ...errors import StreamTruncated
from ...types.bounds import too_many
from ...types.chat.model_reply import marked, with_meta
from ...types.common import JsonObject, fuller_fields
from ...types.messages.blocks import MOST_BLOCKS
from ...types.messages.reply import MessageReply
from ..chunk_reader import Growth
from ..events import (
    Finished,
    ItemFinished,
    ItemStarted,
    Keepalive,
    Progress,
    TextDelta,
    UsageReported,
)
from ..halves import Halves
from .block import BLOCK_OF_DELTA, BlockBuilder

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ...errors import APIStatusError
    from ...types.chat.model_reply import StreamEnd
    from ...types.meta import ResponseMeta
    from ..events import StreamEvent

    Events = list[StreamEvent[MessageReply]]

__all__ = ["MessageAccumulator"]

_TYPES = (
    ("error", "error"),
    ("message", "message_start"),
    ("content_block", "content_block_start"),
    ("usage", "message_delta"),
    ("delta", "content_block_delta"),
    ("index", "content_block_stop"),
)
"""The type of an event without one, by the first of these fields that it has."""


class MessageAccumulator:
    """One Messages stream; feed it the events in order."""

    end_mark = "'message_stop'"

    def __init__(self) -> None:
        self.growth: Growth = Growth()
        self.has_piece: bool = False
        """Whether a piece of the answer has come; then the request must not be repeated."""
        self.is_over: bool = False
        """Whether the last event has come."""
        self._halves = Halves()
        self._head: JsonObject = {}
        self._blocks: dict[int, BlockBuilder] = {}
        self._open: BlockBuilder | None = None  # the one that a delta without an index belongs to
        self._calls = 0
        self._reply: MessageReply | None = None

    @property
    def has_finish(self) -> bool:
        """Whether the stream may end here."""
        return self.is_over

    @property
    def is_whole(self) -> bool:
        """Whether all has come; only the last event says so."""
        return self.is_over

    @property
    def has_begun(self) -> bool:
        """Whether an event of the reply has come, though perhaps one without a piece."""
        return bool(self._head or self._blocks)

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, if an event has named it."""
        id = self._head.get("id")
        return id if isinstance(id, str) else None

    def feed_alike(self, data: bytes, events: list[StreamEvent[MessageReply]]) -> bool:
        """Return False: an event of this dialect is always parsed."""
        return False

    def parse(self, data: bytes) -> JsonObject:
        """Return the event in some data; raises `ParseFailure`."""
        if not self._halves.is_waiting:
            try:
                event = from_json(data)  # what `parse` does first, without its calls
            except ValueError:
                pass
            else:
                if isinstance(event, dict):
                    return event
                raise ParseFailure("it is not a JSON object")
        return self._halves.parse(data)

    def feed(self, chunk: JsonObject) -> Events:
        """Return the typed events of one event.

        Raises:
            APIStatusError: it reports an error; `.partial` is what had arrived.
        """
        delta, block = chunk.get("delta"), self._open
        if (
            block is not None
            and type(delta) is dict
            and delta.get("type") == "text_delta"
            and chunk.get("index") == block.index
            and type(text := delta.get("text")) is str
            and text
        ):  # nearly every token
            block.add_text(text)
            return [TextDelta(text)]
        events: Events = []
        match chunk.get("type") or _type_of(chunk):
            case "content_block_delta" if isinstance(delta, dict):
                self._add_delta(chunk, delta, events)
            case "content_block_start" if isinstance(start := chunk.get("content_block"), dict):
                self._start(start, self._index_of(chunk, is_new=True), events)
            case "content_block_stop":
                self._stop(chunk, events)
            case "message_start" if isinstance(message := chunk.get("message"), dict):
                self._begin(message, events)
            case "message_delta":
                self._note(chunk)
            case "message_stop":
                self._note(chunk)
                self.is_over = True
            case "ping":
                events.append(Keepalive())
            case "error":
                raise self._error(chunk)
            case _:
                self._progress(chunk, events)
        return events

    def read_whole(self, body: bytes, meta: ResponseMeta | None) -> MessageReply:
        """Return the reply in a body that came whole, in place of a stream."""
        return read_reply(MessageReply, meta.status if meta else 200, meta.headers if meta else {}, body)

    def feed_reply(self, reply: MessageReply) -> Events:
        """Return the events of a whole reply that came in place of a stream; `finish` then returns that reply.

        Raises:
            APIStatusError, InvalidResponseError: as `check_message`.
        """
        check_message(reply)
        events: Events = []
        self._begin({"id": reply.id, "content": [block.raw for block in reply.content]}, events)
        self._reply = reply
        return events

    def finish(self, end: StreamEnd, meta: ResponseMeta | None = None) -> tuple[Events, MessageReply]:
        """Return the last events, ending in `Finished`, and the reply.

        Raises:
            StreamTruncated: `[DONE]` arrived, and nothing had said that the model stopped.
            EmptyReply: there is nothing in it.
        """
        is_cut = self.has_piece and not (self.is_over or self._reply or self._head.get("stop_reason"))
        if is_cut:
            raise StreamTruncated(f"the stream ended without {self.end_mark}; the reply is not whole")
        events: Events = []
        for builder in self._blocks.values():
            self._finish(builder, events)
        reply = marked(self._reply or self._message(), MessageReply, _end=end)
        check_message(reply)
        events += reply.tool_calls
        if reply.usage.is_reported:
            events.append(UsageReported(reply.usage))
        reply = with_meta(reply, meta)
        events.append(Finished(reply))
        return events, reply

    def snapshot(self) -> MessageReply:
        """Return what has arrived so far; none of its tool calls counts as complete."""
        return marked(self._reply or self._message(), MessageReply, _whole=False)

    def _message(self) -> MessageReply:
        reply = MessageReply.model_validate({**self._head, "content": []})
        blocks = [self._blocks[index].as_block() for index in sorted(self._blocks)]
        return reply.model_copy(update={"content": blocks})

    def _begin(self, message: JsonObject, events: Events) -> None:
        self._head = {**self._head, **message}
        content = self._head.pop("content", None)
        for index, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, dict):
                self._start(block, index, events)
                self._finish(self._blocks[index], events)

    def _start(self, block: JsonObject, index: int, events: Events) -> None:
        if len(self._blocks) >= MOST_BLOCKS:
            raise too_many(MOST_BLOCKS, len(self._blocks) + 1, "content blocks")
        builder = self._blocks[index] = BlockBuilder(block, index, self._calls)
        self._open = builder if builder.type else None  # so that its first delta is looked at
        self._calls += builder.is_call
        self.has_piece = self.growth.has_grown = True
        events.append(ItemStarted(builder.as_block(), index))
        builder.begin(events)

    def _add_delta(self, chunk: JsonObject, delta: JsonObject, events: Events) -> None:
        index = self._index_of(chunk, is_new=False)
        block = self._blocks.get(index)
        if block is None or not block.type:
            begin = BLOCK_OF_DELTA.get(str(delta.get("type")))
            if begin is None:
                self._progress(chunk, events)
                return
            self._start({**begin, **(block.start if block else {}), "type": begin["type"]}, index, events)
            block = self._blocks[index]
        self._open = block
        if not block.add(delta, events, self.growth):
            self._progress(chunk, events)

    def _stop(self, chunk: JsonObject, events: Events) -> None:
        builder = self._blocks.get(self._index_of(chunk, is_new=False))
        if builder is not None:
            self._finish(builder, events)

    def _finish(self, builder: BlockBuilder, events: Events) -> None:
        if not builder.is_finished:
            builder.is_finished = True
            events.append(ItemFinished(builder.as_block(), builder.index))

    def _index_of(self, chunk: JsonObject, *, is_new: bool) -> int:
        """Return the position that an event names; without one, a new block follows the others, else it is the last."""
        index = chunk.get("index")
        if isinstance(index, int):
            return index
        if is_new or self._open is None:
            return max(self._blocks, default=-1) + 1
        return self._open.index

    def _note(self, chunk: JsonObject) -> None:
        """Keep the fields of an event that describe the whole message; null and 0 replace nothing."""
        delta = chunk.get("delta")
        said = {**(delta if isinstance(delta, dict) else {}), **chunk}
        for name in ("type", "delta", "usage"):
            said.pop(name, None)
        if isinstance(usage := chunk.get("usage"), dict):
            before = self._head.get("usage")
            said["usage"] = fuller_fields(before if isinstance(before, dict) else {}, usage)
        if said.keys() - self._head.keys():
            self.growth.has_grown = True
        self._head |= {
            name: value for name, value in said.items() if value is not None or name not in self._head
        }

    def _progress(self, chunk: JsonObject, events: Events) -> None:
        events.append(Progress(str(chunk.get("type") or ""), chunk))

    def _error(self, chunk: JsonObject) -> APIStatusError:
        names = {name: self._head.get(name) for name in ("id", "provider", "model")}
        rest: JsonValue = {name: value for name, value in chunk.items() if name != "type"}
        return payload_error(chunk.get("error") or rest, around=names, partial=self.snapshot())


def _type_of(chunk: JsonObject) -> str:
    return next((name for field, name in _TYPES if chunk.get(field) is not None), "")
