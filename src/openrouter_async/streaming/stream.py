"""`EventStream`: a streamed reply, as typed events, as text, or as a whole.

Its life is that of every stream, see `lifecycle`; a `ChunkReader` turns each read into its events.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .. import _checks
from ..types.chat.completion import OutputT
from .chat.accumulator import ChatAccumulator
from .chunk_reader import Accumulator, ChunkReader, OnBadEvent
from .events import ReasoningDelta, StreamEvent, TextDelta, ToolCallDelta
from .lifecycle import OwnedStream
from .source import SearchingSource

if TYPE_CHECKING:
    from ..errors import PartialReply
    from ..types.chat.chunk import ChatChunk
    from ..types.chat.completion import ChatCompletion
    from ..types.common import JsonObject
    from ..types.messages.reply import MessageReply
    from ..types.responses.response import Response
    from .source import StreamSource

__all__ = ["EventStream", "MessageStream", "OnBadEvent", "ReplyStream", "ResponseStream"]

ChunkT = TypeVar("ChunkT")
ReplyT = TypeVar("ReplyT", bound="PartialReply", covariant=True)


class ReplyStream(OwnedStream[StreamEvent[ReplyT]], Generic[ChunkT, ReplyT]):
    """A streamed reply of any dialect: its accumulator defines a chunk and the whole reply."""

    def __init__(
        self,
        source: StreamSource,
        accumulator: Callable[[], Accumulator[ChunkT, ReplyT]],
        *,
        on_bad_event: OnBadEvent = "raise",
    ) -> None:
        _checks.one_of("on_bad_event", on_bad_event, ("raise", "skip"))
        tell = source.let_reader_tell() if isinstance(source, SearchingSource) else None
        self._reader = ChunkReader(accumulator, lambda: source.meta, on_bad_event, tell)
        super().__init__(source, self._reader)

    async def text(self, *, choice: int = 0) -> AsyncIterator[str]:
        """Give the pieces of the answer's text; fails as the events do."""
        self._check_unread()
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, TextDelta) and event.choice == choice:
                yield event.text

    async def reasoning(self, *, choice: int = 0) -> AsyncIterator[str]:
        """Give the pieces of the reasoning, as far as the model shows it; fails as the events do."""
        self._check_unread()
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, ReasoningDelta) and event.choice == choice:
                yield event.text

    async def tool_call_fragments(self) -> AsyncIterator[ToolCallDelta]:
        """Give the pieces of tool calls, which name call and choice; fails as the events do."""
        self._check_unread()
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, ToolCallDelta):
                yield event

    async def chunks(self) -> AsyncGenerator[ChunkT]:
        """Yield the chunks as the service sent them, from the next read on; raises like the events.

        A reply that came whole in place of a stream has no chunks.
        """
        async with aclosing(self.chunk_lots()) as lots:
            async for lot in lots:
                for chunk in lot:
                    yield chunk

    async def chunk_lots(self) -> AsyncGenerator[list[ChunkT]]:
        """Yield the chunks as `chunks` does, in a list all that have come."""
        self._check_unread()
        chunks: list[ChunkT] = []
        self._reader.chunks = chunks
        try:
            while await self._refill(chunks):
                self._queue.clear()
                lot = [*chunks]
                chunks.clear()
                yield lot
        finally:
            self._reader.chunks = None

    # The whole

    async def final(self) -> ReplyT:
        """Read to the end, and return the reply that a plain call would have given.

        Can be called instead of iterating, in the midst of it, or after it, and more than once.

        Raises:
            ConfigurationError: the stream was closed before it was complete.
            OpenRouterError: as the events do.
        """
        self._queue.clear()
        while await self._refill():
            self._queue.clear()
        reply = self._reader.reply
        assert reply is not None  # `_refill` ends only then
        return reply

    def snapshot(self) -> ReplyT:
        """Return what has arrived so far; costs as much as there is, and sends nothing."""
        return self._reader.snapshot()

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record; None before the service has named it."""
        meta = self._source.meta
        return (meta.generation_id if meta else None) or self._reader.generation_id

    @property
    def skipped_events(self) -> int:
        """The number of invalid events that `on_bad_event="skip"` left out."""
        return self._reader.skipped_events


class EventStream(ReplyStream["ChatChunk", "ChatCompletion[OutputT]"], Generic[OutputT]):
    """The reply to one chat request, while the model writes it.

    ```python
    async with client.chat.stream("Tell a story.") as stream:
        async for text in stream.text():
            print(text, end="")
        reply = await stream.final()
    ```

    Nothing is sent before you ask for the first event. Leaving the block closes the connection, which stops the
    billed work. Without `async with` the stream closes at its end and on errors, but after a `break` only when it is
    garbage-collected, with a `ResourceWarning`. One task at a time may read it. All views read one sequence of
    events: each event appears in one of them only.
    """

    def __init__(
        self,
        source: StreamSource,
        *,
        on_bad_event: OnBadEvent = "raise",
        tools: Collection[str] = (),
        accumulator: Callable[[], Accumulator[ChatChunk, ChatCompletion]] | None = None,
    ) -> None:
        """Read `source`; `tools` are the names of the tools in the request."""
        # What `OutputT` is, the call that made the stream has decided.
        made = cast(
            "Callable[[], Accumulator[ChatChunk, ChatCompletion[OutputT]]]",
            accumulator or (lambda: ChatAccumulator(tools)),
        )
        super().__init__(source, made, on_bad_event=on_bad_event)


class ResponseStream(ReplyStream["JsonObject", "Response[OutputT]"], Generic[OutputT]):
    """The reply to one Responses request, while it is being written; used as an `EventStream` is.

    Its chunks are the events as they came.
    """

    _MADE_BY = "client.responses.stream(...) as stream"

    def __init__(self, source: StreamSource, *, on_bad_event: OnBadEvent = "raise") -> None:
        from .responses.accumulator import ResponsesAccumulator  # streams of chat need none of it

        # What `OutputT` is, the call that made the stream has decided.
        made = cast("Callable[[], Accumulator[JsonObject, Response[OutputT]]]", ResponsesAccumulator)
        super().__init__(source, made, on_bad_event=on_bad_event)


class MessageStream(ReplyStream["JsonObject", "MessageReply[OutputT]"], Generic[OutputT]):
    """The reply to one Messages request, while it is being written; used as an `EventStream` is.

    Its chunks are the events as they came.
    """

    _MADE_BY = "client.messages.stream(...) as stream"

    def __init__(self, source: StreamSource, *, on_bad_event: OnBadEvent = "raise") -> None:
        from .messages.accumulator import MessageAccumulator  # streams of chat need none of it

        # What `OutputT` is, the call that made the stream has decided.
        made = cast("Callable[[], Accumulator[JsonObject, MessageReply[OutputT]]]", MessageAccumulator)
        super().__init__(source, made, on_bad_event=on_bad_event)
