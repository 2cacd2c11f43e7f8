"""`ChunkReader`: turns the items of a source into events, and a premature end into the right error.

Contains every part of a stream that does not wait. It knows an accumulator only by its protocol, which leaves open
the types of a chunk and of a reply, so it reads every dialect of the service.

Theory of operation. `feed` takes the items of each read and returns their events, up to the first failure, which it
returns too: pieces that came with a failure are delivered before it is raised. `feed_eof` is called when the body
ends. A stream is complete once `reply` is set: at `[DONE]`, at the last event of a dialect that has one, or when the
body ends after the model has reported that it stopped. Nothing is read after that. An incomplete end, and a lost
connection, become `StreamError`s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from .._sansio.error_body import excerpt, load_json
from .._sansio.error_mapping import payload_error
from .._sansio.json_work import json_work
from .._sansio.parse import ParseFailure
from .._sansio.sse import Comment, ServerSentEvent
from ..errors import (
    APIStatusError,
    ConnectionLost,
    DeadlineExceeded,
    InvalidResponseError,
    OpenRouterError,
    RequestTimeout,
    ResponseTooLarge,
    StreamDecodeError,
    StreamError,
    StreamInterrupted,
    StreamTruncated,
)
from ..types.bounds import MOST_KEPT, too_many
from .events import Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import PartialReply
    from ..types.chat.model_reply import StreamEnd
    from ..types.meta import ResponseMeta
    from .events import StreamEvent
    from .source import StreamItem

__all__ = ["Accumulator", "ChunkReader", "Growth", "OnBadEvent", "interrupted"]

OnBadEvent = Literal["raise", "skip"]

ChunkT = TypeVar("ChunkT")
ReplyT = TypeVar("ReplyT", bound="PartialReply")

_DONE = b"[DONE]"
_NOTHING = (b"", b"null", b'""', b"[]")
_SIGNS_OF_LIFE = ("ping", "heartbeat", "keepalive", "keep-alive")
"""Names of events that are nothing else, whatever their data."""


class Accumulator(Protocol[ChunkT, ReplyT]):
    """The particulars of one dialect of streams; a new one is a class of this shape."""

    @property
    def has_piece(self) -> bool:
        """Whether a piece of the answer has arrived; the request must then not be repeated."""
        ...

    @property
    def has_finish(self) -> bool:
        """Whether the model has said that it stopped."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether all has arrived but the mark of the end: the model stopped, and the usage is known."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the last event has come, behind which nothing is read; always False where `[DONE]` says it."""
        ...

    @property
    def end_mark(self) -> str:
        """The end of a whole stream of the dialect, for the message about an incomplete one."""
        ...

    @property
    def has_begun(self) -> bool:
        """Whether a chunk has come, though perhaps one without a piece."""
        ...

    @property
    def growth(self) -> Growth:
        """Whether something came that is kept as it is, rather than joined to a text."""
        ...

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, as far as the body has named it."""
        ...

    def parse(self, data: bytes) -> ChunkT:
        """Return the chunk in the data of an event; raises `ParseFailure`."""
        ...

    def feed_alike(self, data: bytes, events: list[StreamEvent[ReplyT]]) -> bool:
        """Add the events of data that differs from earlier data only in its text; False where it must be parsed."""
        ...

    def feed(self, chunk: ChunkT) -> list[StreamEvent[ReplyT]]:
        """Return the events of a chunk; raises `APIStatusError` if it reports an error."""
        ...

    def read_whole(self, body: bytes, meta: ResponseMeta | None) -> ReplyT:
        """Return the reply in a body that came whole, in place of a stream."""
        ...

    def feed_reply(self, reply: ReplyT) -> list[StreamEvent[ReplyT]]:
        """Return the events of such a reply; `finish` then returns it."""
        ...

    def finish(self, end: StreamEnd, meta: ResponseMeta | None) -> tuple[list[StreamEvent[ReplyT]], ReplyT]:
        """Return the last events, and the reply, whose HTTP side is `meta`."""
        ...

    def snapshot(self) -> ReplyT:
        """Return what has arrived so far."""
        ...


class Growth:
    """Whether something came that is kept as it is, rather than joined to a text; whoever looks takes it back."""

    def __init__(self) -> None:
        self.has_grown: bool = False


class ChunkReader(Generic[ChunkT, ReplyT]):
    """The state of one stream so far; `restart` begins anew with the next attempt."""

    def __init__(
        self,
        accumulator: Callable[[], Accumulator[ChunkT, ReplyT]],
        meta: Callable[[], ResponseMeta | None],
        on_bad_event: OnBadEvent,
        tell: Callable[[Sequence[StreamItem]], None] | None = None,
    ) -> None:
        """Begin; `tell` is called with the items that are parsed, before they are."""
        self.reply: ReplyT | None = None
        """The whole reply, once the stream is complete."""
        self.is_complete: bool = False
        self.skipped_events = 0
        self.chunks: list[ChunkT] | None = None
        """A list to which the chunks are added as they came, where somebody wants them."""
        self._kept_work = 0
        self._new_accumulator = accumulator
        self._accumulator = accumulator()
        self._meta = meta
        self._on_bad_event = on_bad_event
        self._tell = tell

    @property
    def has_piece(self) -> bool:
        """Whether a piece of the answer was delivered."""
        return self._accumulator.has_piece

    @property
    def is_whole(self) -> bool:
        """Whether all has arrived but the mark of the end: the model stopped, and the usage is known."""
        return self._accumulator.is_whole

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, as far as the body has named it."""
        return self._accumulator.generation_id

    def restart(self) -> None:
        """Forget what has arrived; the request is sent again."""
        self._accumulator = self._new_accumulator()
        self._kept_work = 0

    def snapshot(self) -> ReplyT:
        """Return what has arrived so far."""
        return self._accumulator.snapshot() if self.reply is None else self.reply

    def feed(self, items: Sequence[StreamItem]) -> tuple[list[StreamEvent[ReplyT]], OpenRouterError | None]:
        """Return the events of a read, and the failure at its end, if there is one."""
        events: list[StreamEvent[ReplyT]] = []
        accumulator, chunks, tell = self._accumulator, self.chunks, self._tell
        try:
            for item in items:
                name = ""
                if type(item) is bytes:
                    data = item
                elif isinstance(item, Comment):
                    events.append(Keepalive(item.text.decode("utf-8", "replace")))
                    continue
                elif isinstance(item, ServerSentEvent):
                    data, name = item.data, item.event
                    if name == "error":
                        raise self._reported(data)
                else:
                    self._take_whole(item, events)
                    break
                if data == _DONE:
                    self._finish("done", events)
                    break
                if not data:
                    continue
                if chunks is None and accumulator.feed_alike(data, events):
                    continue
                if tell is not None:
                    tell((item,))
                try:
                    chunk = accumulator.parse(data)
                except ParseFailure as failure:
                    reason = failure.reason
                else:
                    events += accumulator.feed(chunk)
                    if chunks is not None:
                        chunks.append(chunk)
                    if accumulator.is_over:
                        self._finish("done", events)
                        break
                    continue
                said = data.strip()
                if said.strip(b'"') == _DONE:
                    self._finish("done", events)
                    break
                if said in _NOTHING:
                    continue
                if name and (name in _SIGNS_OF_LIFE or said[:1] != b"{"):
                    events.append(Keepalive(excerpt(said)))
                    continue
                self._refuse(data, reason)
            if accumulator.growth.has_grown:
                accumulator.growth.has_grown = False
                self._kept_work += sum(json_work(item) for item in items if type(item) is bytes)
                if self._kept_work > MOST_KEPT:
                    raise too_many(MOST_KEPT, self._kept_work, "values")
        except OpenRouterError as error:
            if tell is not None:
                tell(items)  # those behind the failure are not parsed
            return events, error
        return events, None

    def feed_eof(self) -> tuple[list[StreamEvent[ReplyT]], OpenRouterError | None]:
        """Return the last events when the body ends, or the error of a premature end."""
        events: list[StreamEvent[ReplyT]] = []
        if not self._accumulator.has_finish:
            return events, StreamTruncated(
                f"the stream ended without {self._accumulator.end_mark}; the reply is not whole"
            )
        try:
            self._finish("finish_reason", events)
        except OpenRouterError as error:
            return events, error
        return events, None

    def enrich(self, error: OpenRouterError) -> OpenRouterError:
        """Return the error to raise for one that ended the stream, with what had arrived."""
        if self._accumulator.has_begun:
            error = interrupted(error)
        if (
            isinstance(
                error, StreamError | APIStatusError | RequestTimeout | DeadlineExceeded | ResponseTooLarge
            )
            and error.partial is None
            and self._accumulator.has_begun
        ):
            error.partial = self._accumulator.snapshot()
        if self.has_piece:
            error.may_have_been_billed = True
        error.generation_id = error.generation_id or self.generation_id
        return error

    def _take_whole(self, body: bytes, events: list[StreamEvent[ReplyT]]) -> None:
        """Read a whole reply that came in place of a stream."""
        reply = self._accumulator.read_whole(body, self._meta())
        events += self._accumulator.feed_reply(reply)
        self._finish("finish_reason", events)

    def _finish(self, end: StreamEnd, events: list[StreamEvent[ReplyT]]) -> None:
        last, self.reply = self._accumulator.finish(end, self._meta())
        self.is_complete = True
        events += last

    def _reported(self, data: bytes) -> APIStatusError:
        """Return the error in an event named `error`, in whichever form."""
        try:
            payload = load_json(data)
        except ValueError:
            payload = excerpt(data)
        if isinstance(payload, dict):
            return payload_error(payload.get("error") or payload, around=payload)
        return payload_error(payload)

    def _refuse(self, data: bytes, reason: str) -> None:
        if self._on_bad_event == "skip":
            self.skipped_events += 1
            return
        raise StreamDecodeError(f"an event of the stream is not a chunk: {reason}", data=excerpt(data))


def interrupted(error: OpenRouterError) -> OpenRouterError:
    """Return what a lost connection, or a body that breaks off inside its gzip, is in the midst of a stream."""
    if not isinstance(error, ConnectionLost) and type(error) is not InvalidResponseError:
        return error
    broken = StreamInterrupted(f"the stream broke off: {error.message}")
    broken.__cause__ = error
    return broken
