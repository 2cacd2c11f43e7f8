"""`StructuredStream`: a streamed reply with its value, and snapshots of the value while it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from ..errors import StructuredOutputError
from ..streaming.events import Finished, TextDelta
from ..streaming.stream import EventStream, OnBadEvent
from ..types.chat.completion import OutputT
from .choose import Choice, why_it_cannot
from .completion import Attempt, StructuredCompletion, all_billed, structured_completion
from .reading.partial import Partial, PartialReader
from .reading.reply import read_output

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..errors import OpenRouterError
    from ..streaming.events import StreamEvent
    from ..streaming.source import StreamItem, StreamSource
    from ..types._base import ResponseMeta
    from ..types.chat.completion import ChatCompletion
    from .output import Output, Path

__all__ = ["PathSource", "StructuredStream"]


class StructuredStream(EventStream[OutputT]):
    """The reply to one request for a value, while it is being written.

    ```python
    async with client.chat.stream("Invent a city.", output=City) as stream:
        async for partial in stream.partials():
            print(partial)
        city = (await stream.final()).output
    ```

    The events are those of every stream. A reply that does not fit is not asked for again: it has been handed out.
    """

    def __init__(
        self, source: PathSource, output: Output[OutputT], *, on_bad_event: OnBadEvent = "raise"
    ) -> None:
        super().__init__(source, on_bad_event=on_bad_event)
        self._paths = source
        self._output = output
        self._result: StructuredCompletion[OutputT] | None = None

    async def partials(self) -> AsyncIterator[JsonValue]:
        """Give the value as far as it has been written, each time there is more of it; fails as the events do.

        Snapshots are JSON values that have not been validated; texts and numbers may end anywhere, and keys be
        missing. One comes with each read; those of a value above 16 KiB only where it has grown by a 64th.
        """
        async with aclosing(self.with_partials()) as events:
            async for event in events:
                if isinstance(event, Partial):
                    yield event.value

    async def with_partials(self) -> AsyncGenerator[StreamEvent | Partial]:
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
                if reader is None:  # only now is the path sure
                    reader = PartialReader(self._output.schema, is_native=self._paths.path == "native")
                snapshot = reader.add(text)
                if snapshot and snapshot != latest:
                    latest = snapshot
                    yield Partial(snapshot[0])
            if isinstance(events[-1], Finished):
                snapshot = reader.add("", is_last=True) if reader is not None else []
                if snapshot and snapshot != latest:
                    yield Partial(snapshot[0])
                yield events[-1]

    async def final(self) -> StructuredCompletion[OutputT]:
        """Read to the end, and return the reply with its value.

        Raises:
            Refused, ReplyTruncated, SchemaMismatch, ReplyNotParsed: the reply does not give it.
            OpenRouterError: as the events do.
        """
        reply = await super().final()
        if self._result is None:
            self._result = self._structured(reply)
        return self._result

    def _structured(self, reply: ChatCompletion[Any]) -> StructuredCompletion[OutputT]:
        path = self._paths.path
        schema = self._output.schema
        try:
            reading = read_output(reply, schema, is_native=path == "native", repair=self._output.repair)
        except StructuredOutputError as error:
            error.attempts = len(self._paths.refused) + 1
            error.billed = all_billed([*self._paths.refused, Attempt(path, reply)])
            raise
        attempts = [*self._paths.refused, Attempt(path, reply)]
        return structured_completion(reply, reading, reason=self._paths.reason, attempts=attempts)


class PathSource:
    """The source of one path, and of the other one where the service says at once that it cannot; a `StreamSource`."""

    def __init__(
        self,
        choose: Callable[[], Awaitable[Choice]],
        open_: Callable[[Path], EventStream],
        *,
        can_change: bool,
    ) -> None:
        self._choose = choose
        self._open = open_
        self._can_change = can_change
        self._choice: Choice | None = None
        self._current: StreamSource | None = None
        self.refused: list[Attempt] = []
        """The request that was refused, if there was one."""

    @property
    def path(self) -> Path:
        """The path that is taken, once something was read."""
        return self._choice.path if self._choice else "prompted"

    @property
    def reason(self) -> str:
        """Why it is taken."""
        return self._choice.reason if self._choice else ""

    @property
    def meta(self) -> ResponseMeta | None:
        """As the source of the path that is taken."""
        return self._current.meta if self._current else None

    async def read(self) -> list[StreamItem] | None:
        """Choose the path with the first read; then as its source."""
        if self._current is None:
            self._take(await self._choose())
        assert self._current is not None  # taken
        return await self._current.read()

    def _take(self, choice: Choice) -> None:
        self._choice = choice
        # The stream only built the request; its source, which has sent nothing yet, is read by ours.
        self._current = self._open(choice.path)._source

    async def retry(self, error: OpenRouterError) -> None:
        """Change the path if that is what the error is about, else as its source."""
        current = self._current
        if current is None:
            raise error
        reason = why_it_cannot(error) if self._can_change and self.path == "native" else None
        if reason is None:
            await current.retry(error)
            return
        await current.aclose()
        self.refused.append(Attempt("native", None, error))
        self._take(Choice("prompted", reason))

    async def finish(self, answer: object = None) -> None:
        """As the source."""
        if self._current is not None:
            await self._current.finish(answer)

    async def aclose(self) -> None:
        """As the source."""
        if self._current is not None:
            await self._current.aclose()

    def abort(self) -> None:
        """As the source."""
        if self._current is not None:
            self._current.abort()

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """As the source."""
        return error if self._current is None else self._current.fail(error)
