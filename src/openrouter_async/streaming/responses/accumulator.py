"""`ResponsesAccumulator`: turns events of a Responses stream into ours, and at the end into the reply of a plain
call.

Theory of operation. An item is added, its text arrives in pieces, it is done, and the last event contains the whole
reply. Services leave out any of these, so each event counts alone: pieces without an item start one; a text that came
whole, in the event that ends it, in its item or only in the reply, is delivered as far as its pieces were not; and an
item that the reply lacks, or has without its text, is the one that arrived before. Items are distinguished by their
index, or by their id if the index is missing. Only the last event ends a stream: `[DONE]` without it means that the
stream was cut.

Unknown events are `Progress`, and never an error. No I/O here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue
from pydantic_core import from_json

from ..._sansio.error_mapping import payload_error
from ..._sansio.parse import ParseFailure, parse
from ..._sansio.response import read_reply
from ..._sansio.response_reply import check_response, failed_response
from ...errors import StreamTruncated
from ...types.bounds import MOST_CALLS, too_many
from ...types.chat.model_reply import marked, with_meta
from ...types.common import JsonObject
from ...types.responses.items import ImageItem, items_of, read_annotation, read_item
from ...types.responses.response import Response
from ..chunk_reader import Growth
from ..events import (
    AnnotationAdded,
    Finished,
    ImageDelta,
    ItemFinished,
    ItemStarted,
    Progress,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from ..halves import Halves
from .item import ARGUMENTS, INPUT, ItemBuilder, Place

if TYPE_CHECKING:
    from ...types.chat.model_reply import StreamEnd
    from ...types.meta import ResponseMeta
    from ..events import StreamEvent

    Events = list[StreamEvent[Response]]

__all__ = ["ResponsesAccumulator"]

_TEXT = Place("content", "output_text", "text", "message")
_REFUSAL = Place("content", "refusal", "refusal", "message")
_THOUGHT = Place("content", "reasoning_text", "text", "reasoning")
_SUMMARY = Place("summary", "summary_text", "text", "reasoning")

_PIECES = {
    "response.refusal.delta": _REFUSAL,
    "response.reasoning_text.delta": _THOUGHT,
    "response.reasoning_summary_text.delta": _SUMMARY,
    "response.function_call_arguments.delta": ARGUMENTS,
    "response.custom_tool_call_input.delta": INPUT,
}
_WHOLES = {
    "response.output_text.done": (_TEXT, "text"),
    "response.refusal.done": (_REFUSAL, "refusal"),
    "response.reasoning_text.done": (_THOUGHT, "text"),
    "response.reasoning_summary_text.done": (_SUMMARY, "text"),
    "response.function_call_arguments.done": (ARGUMENTS, "arguments"),
    "response.custom_tool_call_input.done": (INPUT, "input"),
}
"""Events that repeat a whole text, and the field with it."""
_PLACES = {
    "message": (_TEXT, _REFUSAL),
    "reasoning": (_THOUGHT, _SUMMARY),
    "function_call": (ARGUMENTS,),
    "custom_tool_call": (INPUT,),
}
_HEADS = frozenset({"response.created", "response.in_progress", "response.queued"})
_LAST = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
_OF_THE_END = frozenset({"error", "incomplete_details", "output", "status"})
"""The facts about the reply that only the last event has."""
_SILENT = frozenset(
    {
        "response.content_part.added", "response.content_part.done",
        "response.reasoning_summary_part.added", "response.reasoning_summary_part.done",
    }
)  # fmt: skip
"""Events that say nothing which others do not say."""


class ResponsesAccumulator:
    """One Responses stream; feed it the events in order."""

    end_mark = "response.completed"

    def __init__(self) -> None:
        self.growth: Growth = Growth()
        self.has_piece: bool = False
        """Whether a part of the answer was delivered, so the request must not be retried."""
        self.has_begun: bool = False
        self.is_over: bool = False
        """Whether the last event has come."""
        self._halves = Halves()
        self._head: JsonObject = {}
        self._items: dict[int, ItemBuilder] = {}
        self._by_id: dict[object, ItemBuilder] = {}
        self._last: ItemBuilder | None = None
        self._matched: list[
            tuple[JsonObject, ItemBuilder]
        ] = []  # items of the last event, and how they came before
        self._next = 0  # an index that is free, or one below
        self._calls = 0
        self._latest: tuple[JsonValue, JsonValue] = (None, None)
        self._text: list[str] | None = (
            None  # the pieces of the text of `_latest`, an index and that of a part
        )
        self._has_thought = False
        self._reply: Response | None = None

    @property
    def has_finish(self) -> bool:
        """Whether the model has said that it stopped; only the last event says so."""
        return self.is_over

    @property
    def is_whole(self) -> bool:
        """Whether all has come but the mark of the end."""
        return self.is_over

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, as far as the body has named it."""
        id = self._head.get("id")
        return id if isinstance(id, str) else None

    def feed_alike(self, data: bytes, events: list[StreamEvent[Response]]) -> bool:
        """Return False: an event of this dialect is always parsed."""
        return False

    def parse(self, data: bytes) -> JsonObject:
        """Return the event in the data of a server-sent event; raises `ParseFailure`."""
        if not self._halves.is_waiting:
            try:
                event = from_json(data)
            except ValueError:
                event = self._halves.parse(data)
        else:
            event = self._halves.parse(data)
        if type(event) is dict:
            return event
        parse(dict, data)  # which says what is wrong
        raise ParseFailure("no object")

    def feed(self, chunk: JsonObject) -> Events:
        """Return our events for one of the service's.

        Raises:
            APIStatusError: it reports an error; `.partial` is what had arrived.
        """
        self.has_begun = True
        kind = chunk.get("type")
        if kind == "response.output_text.delta":  # nearly every event
            text = chunk.get("delta")
            if type(text) is not str or not text:
                return []
            at = (chunk.get("output_index"), chunk.get("content_index"))
            pieces = self._text
            if pieces is None or at != self._latest or at[0] is None:
                pieces = self._text = self._pieces(chunk, _TEXT)
                self._latest = at
            pieces.append(text)
            self.has_piece = True
            return [TextDelta(text)]
        if not isinstance(kind, str):
            kind = ""
        events: Events = []
        if (place := _PIECES.get(kind)) is not None:
            self._add(self._item(chunk, place), place, _part_index(chunk, place), chunk.get("delta"), events)
        elif kind in _WHOLES:
            place, name = _WHOLES[kind]
            self._add_rest(
                self._item(chunk, place), place, _part_index(chunk, place), chunk.get(name), events
            )
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._tell_item(chunk, events, is_done=kind.endswith("done"))
        elif kind == "response.output_text.annotation.added":
            if isinstance(annotation := chunk.get("annotation"), dict):
                events.append(AnnotationAdded(read_annotation(annotation)))
        elif kind in _HEADS or kind in _LAST:
            self._tell_reply(chunk, events, is_last=kind in _LAST)
        elif kind in ("error", "response.error") or (not kind and chunk.get("error")):
            raise payload_error(
                chunk.get("error") or chunk, around=self._names(chunk), partial=self.snapshot()
            )
        elif kind not in _SILENT:
            events.append(Progress(kind, chunk))
        if events and not (len(events) == 1 and isinstance(events[0], Progress)):
            self.has_piece = True
        return events

    def read_whole(self, body: bytes, meta: ResponseMeta | None) -> Response:
        """Return the reply in a body that came whole, in place of a stream."""
        return read_reply(Response, meta.status if meta else 200, meta.headers if meta else {}, body)

    def feed_reply(self, reply: Response) -> Events:
        """Return the events of a whole reply that came in place of a stream; `finish` then returns it.

        Raises:
            APIStatusError, EmptyReply, InvalidResponseError: as `check_response`.
        """
        check_response(reply)
        events: Events = []
        self.has_begun = self.is_over = True
        self._match([*items_of(reply.raw_items)], events)
        self.has_piece = bool(events)
        self._reply = reply
        return events

    def finish(self, end: StreamEnd, meta: ResponseMeta | None = None) -> tuple[Events, Response]:
        """Return the last events, and the reply, which the last of them contains.

        Raises:
            StreamTruncated: `[DONE]` arrived, without an event that says how the reply ended.
            EmptyReply: it is empty.
        """
        if not self.is_over:
            raise StreamTruncated(f"the stream ended without {self.end_mark}; the reply is not whole")
        response = marked(self._reply or self._response(), Response, _end=end)
        if not self.has_piece:
            check_response(response)
        events: Events = [*response.tool_calls]
        if response.usage.is_reported:
            events.append(UsageReported(response.usage))
        response = with_meta(response, meta)
        events.append(Finished(response))
        return events, response

    def snapshot(self) -> Response:
        """Return what has arrived so far; none of its calls of tools counts as complete."""
        return marked(self._response(), Response, _whole=False)

    # Pieces

    def _pieces(self, event: JsonObject, place: Place) -> list[str]:
        return self._item(event, place).pieces_of(place, _part_index(event, place))

    def _add(self, item: ItemBuilder, place: Place, index: int, text: object, events: Events) -> None:
        if not isinstance(text, str) or not text:
            return
        pieces = item.pieces_of(place, index)
        is_first = not pieces
        pieces.append(text)
        if place is _TEXT:
            events.append(TextDelta(text))
        elif place is _REFUSAL:
            events.append(RefusalDelta(text))
        elif place.item_type == "reasoning":
            item.shown = item.shown or place
            if item.shown is place:
                # Between two parts there is an empty line, as in the reasoning of the reply.
                events.append(ReasoningDelta("\n\n" + text if is_first and self._has_thought else text))
                self._has_thought = True
        else:
            if item.call is None:
                item.call = self._calls
                self._calls += 1
                if self._calls > MOST_CALLS:
                    raise too_many(MOST_CALLS, self._calls, "tool calls")
            raw = item.raw
            id, name = raw.get("call_id") or raw.get("id"), raw.get("name")
            events.append(
                ToolCallDelta(
                    id if isinstance(id, str) else f"call_{item.call}",
                    item.call,
                    name if isinstance(name, str) else "",
                    text,
                    _given=(pieces, 0, len(pieces)),
                )
            )

    def _add_rest(self, item: ItemBuilder, place: Place, index: int, text: object, events: Events) -> None:
        """Add the rest of a whole text after its pieces; one that does not start with them adds nothing."""
        if isinstance(text, str) and text:
            given = "".join(item.pieces.get((place, index), ()))
            if text.startswith(given):
                self._add(item, place, index, text[len(given) :], events)

    # Items

    def _item(self, event: JsonObject, place: Place) -> ItemBuilder:
        """Return the item that an event is about; one that was not told begins now."""
        index, id = event.get("output_index"), event.get("item_id")
        item = self._known(index, id, place.item_type)
        if item is None:
            raw: JsonObject = {"type": place.item_type}
            item = self._begin(raw if id is None else {**raw, "id": id}, index)
            self.growth.has_grown = True
        return item

    def _known(self, index: object, id: object, type_: object) -> ItemBuilder | None:
        """Return the item of an index, else of an id, else the last one, if it is of the type and not done."""
        if type(index) is int and index in self._items:
            return self._items[index]
        if isinstance(id, str) and id in self._by_id:
            return self._by_id[id]
        last = self._last
        if type(index) is int or last is None or last.is_done or last.raw.get("type") != type_:
            return None
        return last

    def _begin(self, raw: JsonObject, index: object) -> ItemBuilder:
        if type(index) is not int or index in self._items:
            index = self._next
            while index in self._items:
                index += 1
        self._next = max(self._next, index + 1)
        item = self._items[index] = self._last = ItemBuilder(raw, index)
        if isinstance(id := raw.get("id"), str):
            self._by_id[id] = item
        return item

    def _tell_item(self, event: JsonObject, events: Events, *, is_done: bool) -> None:
        raw = event.get("item")
        if not isinstance(raw, dict):
            events.append(Progress(str(event.get("type")), event))
            return
        self.growth.has_grown = True
        item = self._known(event.get("output_index"), raw.get("id"), raw.get("type"))
        if item is None or (item.is_done and not is_done):
            item = self._begin(raw, event.get("output_index"))
            events.append(ItemStarted(read_item(raw), item.index))
        if is_done:
            self._finish_item(item, raw, events)

    def _finish_item(self, item: ItemBuilder, raw: JsonObject, events: Events) -> None:
        if item.is_done:
            return
        item.raw, item.is_done = raw, True
        if isinstance(id := raw.get("id"), str):
            self._by_id[id] = item  # it may have had none, or another
        for place in _PLACES.get(str(raw.get("type")), ()):
            told = raw.get(place.field)
            if not place.part_type:
                self._add_rest(item, place, 0, told, events)
                continue
            for index, part in enumerate(told if isinstance(told, list) else ()):
                if isinstance(part, dict) and part.get("type") == place.part_type:
                    self._add_rest(item, place, index, part.get(place.name), events)
        typed = read_item(item.as_fields())
        if isinstance(typed, ImageItem) and (image := typed.image) is not None:
            events.append(ImageDelta(image))
        events.append(ItemFinished(typed, item.index))

    # The reply

    def _tell_reply(self, event: JsonObject, events: Events, *, is_last: bool) -> None:
        response = event.get("response")
        if isinstance(response, dict):
            self.growth.has_grown = True
            told = response if is_last else {name: response[name] for name in response.keys() - _OF_THE_END}
            self._head = {**self._head, **told}
        if not is_last:
            return
        self._match([*items_of(self._head.get("output"))], events)
        if "status" not in self._head:
            self._head["status"] = str(event.get("type")).rpartition(".")[2]
        if self._head.get("error") or self._head["status"] in ("failed", "cancelled"):
            raise failed_response(self.snapshot())
        self.is_over = True

    def _match(self, output: list[JsonObject], events: Events) -> None:
        """Find what has come of each item of the whole reply, by its id, else by its place among those of its type."""
        ids = {id for each in output if isinstance(id := each.get("id"), str)}
        waiting: dict[object, list[ItemBuilder]] = {}
        for index in sorted(self._items, reverse=True):
            item = self._items[index]
            id = item.raw.get("id")
            if not isinstance(id, str) or id not in ids:
                waiting.setdefault(str(item.raw.get("type")), []).append(item)
        for raw in output:
            id = raw.get("id")
            found = self._by_id.get(id) if isinstance(id, str) else None
            if found is None and (others := waiting.get(str(raw.get("type")))):
                found = others.pop()
            if found is None:
                found = self._begin(raw, None)
                events.append(ItemStarted(read_item(raw), found.index))
            self._finish_item(found, raw, events)
            self._matched.append((raw, found))

    def _response(self) -> Response:
        matched = [item.as_fields(raw) for raw, item in self._matched]
        if len(matched) < len(self._items):
            told = {item.index: fields for (_, item), fields in zip(self._matched, matched, strict=True)}
            matched = [told.get(index) or self._items[index].as_fields() for index in sorted(self._items)]
        return Response.model_validate({**self._head, "output": matched})

    def _names(self, event: JsonObject) -> JsonObject:
        return {**{name: self._head.get(name) for name in ("id", "model", "provider")}, **event}


def _part_index(event: JsonObject, place: Place) -> int:
    index = event.get("summary_index" if place is _SUMMARY else "content_index")
    return index if type(index) is int else 0
