"""`EventStream`: a streamed reply, as typed events, as text, or as a whole.

Theory of operation. One method, `_refill`, waits: it reads once, gives what came to the `Intake`, and puts the events
of it into a queue, from which every view takes. So a view that finds something in the queue does not wait, and nothing
is read ahead of a slow consumer. A failure before the first piece goes to the source, which may send the request
again; after it, never. Whatever else comes out of a read, a cancellation above all, closes the connection at once.

```
new ── first read ──> reading ──> complete ──> released     the connection may serve the next call
                         ├──> failed                        connection closed; the error is raised
                         └──> left, cancelled, dropped      connection closed
```
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from types import TracebackType
from typing import TYPE_CHECKING, Generic

from ..errors import ConfigurationError, ConnectionLost, DeadlineExceeded, OpenRouterError, RequestTimeout
from ..types.chat.completion import OutputT, with_billed
from .chat.accumulator import ChatAccumulator
from .events import Finished, ReasoningDelta, StreamEvent, TextDelta, ToolCallDelta
from .intake import Intake, OnBadEvent

if TYPE_CHECKING:
    from typing import Self

    from ..protocols import StreamSource
    from ..types._base import ResponseMeta
    from ..types.chat.chunk import ChatChunk
    from ..types.chat.completion import ChatCompletion

__all__ = ["EventStream", "OnBadEvent"]


_NO_MORE_CAME = (ConnectionLost, RequestTimeout, DeadlineExceeded)


class EventStream(Generic[OutputT]):
    """The reply to one request, while it is being written.

    ```python
    async with client.chat.stream("Tell a story.") as stream:
        async for text in stream.text():
            print(text, end="")
        reply = await stream.final()
    ```

    Nothing is sent before the first event is asked for. Leaving the block closes the connection, which ends the work
    that is billed. Without `async with` the stream closes itself at its end and on errors, but after a `break` only
    when it is collected, with a `ResourceWarning`. One task at a time may read it. The views take from one sequence
    of events: what one has given, another does not give again.
    """

    def __init__(
        self, source: StreamSource, *, on_bad_event: OnBadEvent = "raise", tools: Collection[str] = ()
    ) -> None:
        if on_bad_event not in ("raise", "skip"):
            raise ConfigurationError(f"on_bad_event is {on_bad_event!r}; expected 'raise' or 'skip'")
        self._source = source
        self._tools = tools  # names of those that the request holds
        self._intake: Intake[ChatChunk] = Intake(
            lambda: ChatAccumulator(tools), lambda: source.meta, on_bad_event
        )
        self._queue: deque[StreamEvent] = deque()
        self._late_error: OpenRouterError | None = None  # came with pieces that are handed out first
        self._failure: OpenRouterError | None = None
        self._is_reading = False
        self._has_started = False
        self._is_closed = False

    # The events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        """Return the next event.

        Raises:
            StreamError: the stream broke off, ended too early, or held something that is no chunk.
            APIStatusError: the service refused the request, or reported an error within the stream.
            OpenRouterError: any other failure of a call. What had arrived is in `error.partial`.
        """
        if self._queue or await self._refill():
            return self._queue.popleft()
        raise StopAsyncIteration

    async def text(self, *, choice: int = 0) -> AsyncIterator[str]:
        """Give the pieces of the answer's text; fails as the events do."""
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, TextDelta) and event.choice == choice:
                yield event.text

    async def reasoning(self, *, choice: int = 0) -> AsyncIterator[str]:
        """Give the pieces of the reasoning, as far as the model shows it; fails as the events do."""
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, ReasoningDelta) and event.choice == choice:
                yield event.text

    async def tool_call_fragments(self) -> AsyncIterator[ToolCallDelta]:
        """Give the pieces of tool calls, which name call and choice; fails as the events do."""
        queue = self._queue
        while queue or await self._refill():
            event = queue.popleft()
            if isinstance(event, ToolCallDelta):
                yield event

    async def chunks(self) -> AsyncGenerator[ChatChunk]:
        """Give the chunks as the service sent them, from the next read on; fails as the events do.

        A reply that came whole in place of a stream has none.
        """
        chunks: list[ChatChunk] = []
        while await self._refill(chunks):
            self._queue.clear()
            for chunk in chunks:
                yield chunk
            chunks.clear()

    # The whole

    async def final(self) -> ChatCompletion[OutputT]:
        """Read to the end, and return the reply that a plain call would have given.

        Can be called instead of iterating, in the midst of it, or after it, and more than once.

        Raises:
            ConfigurationError: the stream was closed before it was complete.
            OpenRouterError: as the events do.
        """
        self._queue.clear()
        while await self._refill():
            self._queue.clear()
        reply = self._intake.reply
        assert reply is not None  # `_refill` ends only then
        return reply  # type: ignore[return-value]  # what `OutputT` is, the call that made the stream has decided

    def snapshot(self) -> ChatCompletion[OutputT]:
        """Return what has arrived so far; costs as much as there is, and sends nothing."""
        return self._intake.snapshot()  # type: ignore[return-value]  # as above

    @property
    def meta(self) -> ResponseMeta | None:
        """Status, headers, ids and attempts of the answer; None before its headers."""
        return self._source.meta

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record; None before the service has named it."""
        meta = self._source.meta
        return (meta.generation_id if meta else None) or self._intake.generation_id

    @property
    def skipped_events(self) -> int:
        """How many events were no chunks, and were left out by `on_bad_event="skip"`."""
        return self._intake.skipped_events

    # Its life

    async def __aenter__(self) -> Self:
        if self._is_closed:
            raise ConfigurationError("the stream is closed; make a new one for another request")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; harmless when done before. A reply that is complete stays in `final()`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._queue.clear()
        try:
            if self._intake.reply is not None:
                await self._source.finish(self._intake.reply)
            else:
                await self._source.aclose()
        except BaseException:
            self._source.abort()
            raise

    def __del__(self) -> None:
        if not getattr(self, "_has_started", False) or self._is_closed:
            return
        self._source.abort()
        if self._intake.reply is None:
            warnings.warn(
                "a stream was dropped before its end; write 'async with client.chat.stream(...) as stream:'"
                " so that leaving the block closes it",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    # Reading

    async def _refill(self, chunks: list[ChatChunk] | None = None) -> bool:
        """Wait until there are events in the queue, or chunks in `chunks`; False at the end of the stream."""
        if self._is_reading:
            raise ConfigurationError(
                "the stream is being read by another task; read it in one, and hand its events on"
            )
        self._is_reading = True
        try:
            return await self._read(chunks)
        except BaseException as error:
            if isinstance(error, OpenRouterError) and self._failure is None:
                self._failure = error
            await self.aclose()
            raise
        finally:
            self._is_reading = False

    async def _read(self, chunks: list[ChatChunk] | None) -> bool:
        while self._intake.reply is None:
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                raise ConfigurationError("the stream was closed before its end; read it inside its block")
            error, self._late_error = self._late_error, None
            if error is None:
                events, error = await self._read_once(chunks)
                if events if chunks is None else chunks:
                    self._queue.extend(events)
                    self._late_error = error
                    return True
            if error is not None:
                await self._recover(error)
                if self._queue:
                    return True
        await self.aclose()
        return False

    async def _read_once(
        self, chunks: list[ChatChunk] | None
    ) -> tuple[list[StreamEvent], OpenRouterError | None]:
        """Return the events of one read, and the failure it ends in, if any."""
        self._has_started = True
        try:
            items = await self._source.read()
        except OpenRouterError as error:
            if not (isinstance(error, _NO_MORE_CAME) and self._intake.is_whole):
                return [], error
            items = None  # nothing but the mark of the end was to come
        intake = self._intake
        result = intake.end() if items is None else intake.take(items, chunks)
        if intake.reply is not None:
            meta = self._source.meta
            if meta is not None and meta.billed_before:
                intake.reply = with_billed(intake.reply, (*meta.billed_before, *intake.reply.billed))
                result = ([*result[0][:-1], Finished(intake.reply)], result[1])
            intake.reply._meta = meta
        return result

    async def _recover(self, error: OpenRouterError) -> None:
        """Begin the next attempt; raises the error where there is none."""
        error = self._intake.explain(error)
        if self._intake.has_piece or self._is_closed:
            raise self._source.fail(error)
        await self._source.retry(error)
        self._intake.restart()
