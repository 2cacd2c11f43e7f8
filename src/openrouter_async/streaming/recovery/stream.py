"""`RecoveringStream`: an `EventStream` that continues in another request where one breaks off.

It differs from other streams in one decision: the reaction to a failure after the first piece. The delivered text is
sent as the start of the answer, and a `JoinedAccumulator` appends the continuation. If that is impossible, or fails,
the stream fails as it would have without, with everything that arrived.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from typing import TYPE_CHECKING

from ...errors import (
    APIStatusError,
    DeadlineExceeded,
    OpenRouterError,
    RequestTimeout,
    StreamError,
)
from ...types.chat.completion import OutputT
from ..stream import EventStream, OnBadEvent
from .joined import DeliveredSoFar, JoinedAccumulator

if TYPE_CHECKING:
    from ..._sansio.request import DeferredRequest
    from ...types.chat.chunk import ChatChunk
    from ..source import ContinuableSource

__all__ = ["RecoveringStream"]

MAX_REASON = 500
"""Characters of one error's message within that of another."""


class RecoveringStream(EventStream[OutputT]):
    """The reply of as many requests as it takes; see `Recover`."""

    def __init__(
        self,
        source: ContinuableSource,
        *,
        attempts: int,
        continue_from: Callable[[str], DeferredRequest],
        on_bad_event: OnBadEvent = "raise",
        tools: Collection[str] = (),
    ) -> None:
        self._tools = tools
        self._before: DeliveredSoFar | None = None
        super().__init__(source, on_bad_event=on_bad_event, accumulator=self._new_part)
        self._continuable = source
        self._left = attempts
        self._continue_from = continue_from
        self._given_up: OpenRouterError | None = None  # raised once the last words are handed out

    def _new_part(self) -> JoinedAccumulator:
        self._part = JoinedAccumulator(self._before, self._tools)
        return self._part

    def chunks(self) -> AsyncGenerator[ChatChunk]:
        """Yield the chunks as the service sent them; a stream read this way is not resumed."""
        self._left = 0
        return super().chunks()

    async def _recover(self, error: OpenRouterError) -> None:
        part = self._part
        if self._given_up is not None:
            raise self._given_up
        if self._is_closed or not (part.has_piece or part.is_continuation):
            await super()._recover(error)
            return
        error = self._reader.enrich(error)
        try:
            await self._continue(error)
        except OpenRouterError as failure:
            final = self._why(error, failure)
            # The last words go out first, and belong to what had arrived.
            self._queue.extend(part.release())
            final.may_have_been_billed = True
            if isinstance(final, StreamError | APIStatusError | RequestTimeout | DeadlineExceeded):
                final.partial = part.snapshot()
            self._given_up = self._late_error = self._source.fail(final)
            if not self._queue:
                raise self._given_up from self._given_up.__cause__

    async def _continue(self, error: OpenRouterError) -> None:
        """Start the next request; raises the reason if no request is left."""
        part = self._part
        if not part.has_piece:
            await self._source.retry(error)
        else:
            reason = part.why_not_resumable() if self._left else "no further request is allowed"
            if reason is not None:
                error.message += f"; another request cannot resume there: {reason}"
                raise error
            before = part.checkpoint(error)
            await self._continuable.continue_with(self._continue_from(before.text), error)
            self._left -= 1
            self._before = before
        self._reader.restart()

    def _why(self, error: OpenRouterError, failure: OpenRouterError) -> OpenRouterError:
        """Return the error to raise: why the answer was cut off, rather than why nothing resumed it."""
        part, before = self._part, self._before
        if isinstance(failure, DeadlineExceeded):
            return failure
        if before is not None and not part.has_given:
            error = before.recoveries[-1].error
            error.message += f"; resuming there failed: {failure.message[:MAX_REASON]}"
            error.attempts = failure.attempts
        error.args = (error.message,)
        return error
