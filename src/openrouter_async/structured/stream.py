"""Streamed replies with their value, and snapshots of the value while it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from .._http.observers import ABOUT
from ..errors import StructuredOutputError
from ..streaming.events import Finished, TextDelta
from ..streaming.stream import EventStream, OnBadEvent, ReplyStream
from ..types.chat.completion import OutputT
from .completion import Attempt, StructuredCompletion, StructuredReply, all_billed, structured_reply
from .modes import ModeDecision, schema_rejection
from .reading.partial import Partial, PartialReader
from .reading.reply import read_output

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..errors import OpenRouterError
    from ..streaming.events import StreamEvent
    from ..streaming.source import StreamItem, StreamSource
    from ..types.chat.chunk import ChatChunk
    from ..types.chat.completion import ChatCompletion
    from ..types.chat.model_reply import ModelReply
    from ..types.meta import ResponseMeta
    from .output import Mode, Output

__all__ = ["FallbackSource", "StructuredStream", "ValueStream", "asked_for"]


class ValueStream(ReplyStream[Any, Any], Generic[OutputT]):
    """The reply to one request for a value, while it is being written; a base class before the stream of a dialect.

    The events are those of every stream. A reply that does not fit is not requested again, since you have already
    read it.
    """

    replies: ClassVar[type[StructuredReply[Any]]]
    """The type of a reply of the dialect with a value."""

    def __init__(
        self, source: FallbackSource, output: Output[OutputT], *, on_bad_event: OnBadEvent = "raise"
    ) -> None:
        super().__init__(source, on_bad_event=on_bad_event)  # type: ignore[call-arg]  # the dialect's own stream
        self._modes = source
        self._output = output
        self._result: StructuredReply[OutputT] | None = None

    async def partials(self) -> AsyncIterator[JsonValue]:
        """Give the value as far as it has been written, each time there is more of it; fails as the events do.

        Snapshots are JSON values that have not been validated; texts and numbers may end anywhere, and keys be
        missing. One comes with each read; those of a value above 16 KiB only where it has grown by a 64th.
        """
        async with aclosing(self.with_partials()) as events:
            async for event in events:
                if isinstance(event, Partial):
                    yield event.value

    async def with_partials(self) -> AsyncGenerator[StreamEvent[Any] | Partial]:
        """Give the events, with such snapshots in place of the text of the first answer; fails as the events do."""
        reader: PartialReader | None = None
        latest: list[JsonValue] = []
        queue = self._queue
        while queue or await self._refill():
            events = list(queue)
            queue.clear()
            texts: list[str] = []
            for event in events:
                if isinstance(event, TextDelta) and event.choice == 0:
                    texts.append(event.text)
                elif not isinstance(event, Finished):
                    yield event
            text = "".join(texts)
            if text:
                if reader is None:  # only now is the mode sure
                    reader = PartialReader(self._output.schema, is_native=self._modes.mode == "native")
                snapshot = reader.add(text)
                if snapshot and snapshot != latest:
                    latest = snapshot
                    yield Partial(snapshot[0])
            if isinstance(events[-1], Finished):
                snapshot = reader.add("", is_last=True) if reader is not None else []
                if snapshot and snapshot != latest:
                    yield Partial(snapshot[0])
                yield events[-1]

    async def final(self) -> StructuredReply[OutputT]:
        """Read to the end, and return the reply with its value.

        Raises:
            Refused, ReplyTruncated, SchemaMismatch, ReplyNotParsed: the reply does not give it.
            OpenRouterError: as the events do.
        """
        reply = await super().final()
        if self._result is None:
            self._result = self._structured(reply)
        return self._result

    def _structured(self, reply: ModelReply[object]) -> StructuredReply[OutputT]:
        mode = self._modes.mode
        attempts = [*self._modes.refused, Attempt(mode, reply)]
        try:
            reading = read_output(
                reply, self._output.schema, is_native=mode == "native", repair=self._output.repair
            )
        except StructuredOutputError as error:
            error.attempts = len(attempts)
            error.billed = all_billed(attempts)
            raise
        return structured_reply(self.replies, reply, reading, reason=self._modes.reason, attempts=attempts)


class StructuredStream(ValueStream[OutputT], EventStream[OutputT]):
    """The reply to one request for a value, while it is being written.

    ```python
    async with client.chat.stream("Invent a city.", output=City) as stream:
        async for partial in stream.partials():
            print(partial)
        city = (await stream.final()).output
    ```

    The events are those of every stream. A reply that does not fit is not asked for again: it has been handed out.
    """

    replies = StructuredCompletion

    if TYPE_CHECKING:

        def with_partials(self) -> AsyncGenerator[StreamEvent[ChatCompletion[OutputT]] | Partial]: ...
        async def final(self) -> StructuredCompletion[OutputT]: ...
        def snapshot(self) -> ChatCompletion[OutputT]: ...
        def chunks(self) -> AsyncGenerator[ChatChunk]: ...


def asked_for(mode: Mode, number: int) -> Mapping[str, str | int]:
    """Return the facts about a request: the mode in which it asks for the value, and its number."""
    return {**ABOUT.get(), "output.path": mode, "output.attempts": number}


class FallbackSource:
    """The source of one mode, and of the other if the service refuses the first immediately; a `StreamSource`."""

    def __init__(
        self,
        decide: Callable[[], Awaitable[ModeDecision]],
        open_: Callable[[Mode], StreamSource],
        *,
        can_change: bool,
    ) -> None:
        self._decide = decide
        self._open = open_
        self._can_change = can_change
        self._decision: ModeDecision | None = None
        self._current: StreamSource | None = None
        self.refused: list[Attempt] = []
        """The request that was refused, if there was one."""

    @property
    def mode(self) -> Mode:
        """The mode that was decided on, once something was read."""
        return self._decision.mode if self._decision else "prompted"

    @property
    def reason(self) -> str:
        """Why this mode was chosen."""
        return self._decision.reason if self._decision else ""

    @property
    def meta(self) -> ResponseMeta | None:
        """The facts about the response; None before it arrived."""
        return self._current.meta if self._current else None

    async def read(self) -> list[StreamItem] | None:
        """Return what has come, None at the end; the first read decides the mode."""
        if self._current is None:
            self._take(await self._decide())
        assert self._current is not None  # taken
        before = ABOUT.get()
        ABOUT.set(asked_for(self.mode, len(self.refused) + 1))
        try:
            return await self._current.read()
        finally:
            ABOUT.set(before)

    def _take(self, decision: ModeDecision) -> None:
        self._decision = decision
        self._current = self._open(decision.mode)

    async def retry(self, error: OpenRouterError) -> None:
        """Ask again: in words if the error is about the schema, else as the mode was; raises where that may not be."""
        current = self._current
        if current is None:
            raise error
        reason = schema_rejection(error) if self._can_change and self.mode == "native" else None
        if reason is None:
            await current.retry(error)
            return
        await current.aclose()
        self.refused.append(Attempt("native", None, error))
        self._take(ModeDecision("prompted", reason))

    async def finish(self, answer: object = None) -> None:
        """Tell the source that all of the reply was read."""
        if self._current is not None:
            await self._current.finish(answer)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._current is not None:
            await self._current.aclose()

    def abort(self) -> None:
        """Drop the connection immediately, if nothing can be awaited."""
        if self._current is not None:
            self._current.abort()

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Return an error with what is known of the request."""
        return error if self._current is None else self._current.fail(error)
