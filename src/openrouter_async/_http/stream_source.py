"""`HTTPStreamSource`: the bytes of one streamed call as items, within its deadlines.

It keeps its slot in the limiter from the request until the source is finished or closed. The items of one read are
delivered in portions, so a flood of small events is processed in slices, as in `Exchange`.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from .._sansio.error_body import load_json
from .._sansio.json_work import LEAST_BYTES, JsonWork
from .._sansio.parse import ParseFailure
from .._sansio.sse import Comment, SSEDecoder
from ..errors import OpenRouterError, ResponseTooLarge
from ..streaming.source import PlainBody
from .deadlines import CallTimeouts, Deadline
from .observers import log_body

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._sansio.request import DeferredRequest, RequestData
    from ..options import Limits
    from ..streaming.source import StreamItem
    from ..types.meta import ResponseMeta
    from .attempts import CallAttempts
    from .call import Call
    from .exchange import Exchange

__all__ = ["HTTPStreamSource"]

LOGGER = logging.getLogger("openrouter_async")

LOT = 512
"""The most items that are delivered together; a read of ordinary chunks has fewer."""

END_GRACE = 0.05
"""Seconds for the end of the body after the last event; an ended body frees the connection for the next call."""


class HTTPStreamSource:
    """The bytes of one streamed call as items; it owns connection, deadlines, place in the limiter and attempts."""

    def __init__(
        self,
        data: RequestData | DeferredRequest,
        begin: Callable[[RequestData], Call],
        limits: Limits,
        *,
        logs_bodies: bool,
    ) -> None:
        """Send nothing yet.

        Args:
            data: The request, or a function that creates it.
            begin: Creates the call, whose time starts then.
            limits: The limits of events, of the stream, and of a body in place of one.
            logs_bodies: Whether the received data is written to the log.
        """
        self._data = data
        self._begin = begin
        self._limits = limits
        self._logs_bodies = logs_bodies
        self._searches = True
        self._call: Call | None = None
        self._exchange: Exchange | None = None
        self._begin_attempt()

    def _begin_attempt(self) -> None:
        self._decoder = SSEDecoder(limit=self._limits.event_bytes)
        self._work: JsonWork | None = None  # of a long event that has begun
        self._is_event_stream = False
        self._has_ended = False
        self._event_at: float | None = None  # when the next event is due, on the monotonic clock
        self._left: list[StreamItem] = []
        self._shows_all = False

    @property
    def meta(self) -> ResponseMeta | None:
        """The HTTP side of the attempt that is being read; None before its headers."""
        return None if self._exchange is None or self._call is None else self._call.attempts.meta()

    async def read(self) -> list[StreamItem] | None:
        """Return the items of the next read, which may be empty; None when the body ends."""
        call, exchange = self._call, self._exchange
        if call is None or exchange is None:
            call, exchange = await self._opened()
        attempts = call.attempts
        if self._left:
            await exchange.pause_if_due(self._near(attempts.timeouts))
            return self._lot(attempts, self._left)
        data = await exchange.read(self._near(attempts.timeouts))
        if data is None:
            return self._last_items()
        if self._logs_bodies:
            log_body("received", attempts.current, data)
        if not self._is_event_stream:
            first = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            if first in (b"{", b"[", b"<"):
                body = await self._plain_body(exchange, data, attempts.timeouts)
                attempts.read(body)
                return [body]
            self._is_event_stream = first != b""
        limits = self._limits
        if exchange.bytes_read > limits.stream_bytes:
            raise ResponseTooLarge(
                f"the stream is longer than {limits.stream_bytes} bytes; see Limits(stream_bytes=...)",
                limit=limits.stream_bytes,
            )
        decoder = self._decoder
        items: list[StreamItem] = [*decoder.feed(data)]
        is_much = len(data) > LEAST_BYTES // 2 or self._work is not None
        if is_much or not decoder.holds_nothing:
            if is_much or decoder.is_long:
                self._check_work(data, items)
            if decoder.ignored:
                end = items.index(b"[DONE]") if b"[DONE]" in items else len(items)
                items[end:end] = self._bare_error()
        if items and (type(items[0]) is bytes or {*map(type, items)} - {Comment}):
            self._event_at = None
            if attempts.current.to_first_piece is None:
                attempts.began_stream()
        if attempts.is_watched:
            self._shows_all = attempts.has_readers or (self._searches and b'"usage"' in data)
        if len(items) > LOT:
            return self._lot(attempts, items)
        if attempts.is_watched:
            self._watch(attempts, items)
        return items

    def _check_work(self, data: bytes, items: list[StreamItem]) -> None:
        """Refuse a long event that would take long to parse, as soon as that can be seen."""
        limit, what = self._limits.values, "an event of the stream"
        events = [item for item in items if isinstance(item, bytes)]
        work, self._work = self._work, None
        if work is not None:
            work.add(data)
            if not events:
                self._work = work
                return
            del events[0]  # counted as it came
        for event in events:
            if len(event) > LEAST_BYTES:
                JsonWork(limit, what).add(event)
        if self._decoder.is_long:
            self._work = JsonWork(limit, what)
            self._work.add(self._decoder.begun)

    async def _opened(self) -> tuple[Call, Exchange]:
        """Return the call and its answer; sends the request where that was not done."""
        if self._call is None:
            self._call = self._begin(await self._data() if callable(self._data) else self._data)
        if self._exchange is None:
            self._exchange = await self._call.open()
        return self._call, self._exchange

    def _lot(self, attempts: CallAttempts, items: list[StreamItem]) -> list[StreamItem]:
        """Return the first of the items, and keep the others for the next read."""
        lot, self._left = items[:LOT], items[LOT:]
        if attempts.is_watched:
            self._watch(attempts, lot)
        return lot

    def let_reader_tell(self) -> Callable[[Sequence[StreamItem]], None]:
        """Search no events for the charge; see `SearchingSource`."""
        self._searches = False
        return self._told

    def _told(self, items: Sequence[StreamItem]) -> None:
        if self._call is not None and self._call.attempts.is_watched and not self._call.attempts.has_readers:
            _show(self._call.attempts, items)

    def _watch(self, attempts: CallAttempts, items: list[StreamItem]) -> None:
        """Show the events to the observers; only the first one if they need no more than the charge.

        It may have started in an earlier read.
        """
        if self._searches or attempts.has_readers:
            _show(attempts, items, only_first=not self._shows_all)

    def _near(self, timeouts: CallTimeouts) -> tuple[Deadline, ...]:
        """Return the deadlines that may pass before the idle timeout of the connection does."""
        now = time.monotonic()
        if self._event_at is None:
            self._event_at = math.inf if timeouts.event is None else now + timeouts.event
        nearest = min(self._event_at, timeouts.total.at)
        if timeouts.idle is not None and nearest - now > timeouts.idle:
            return ()
        event = Deadline("event", timeouts.event)
        event.at = self._event_at
        return (event, timeouts.total)

    def _last_items(self) -> list[StreamItem] | None:
        """Return the items that only the end of the body completes, or the error there as bare JSON."""
        if self._has_ended:
            return None
        self._has_ended = True
        items: list[StreamItem] = [*self._decoder.last()] or self._bare_error()
        if not items:
            return None
        if self._call is not None and self._call.attempts.is_watched:
            self._watch(self._call.attempts, items)
        return items

    def _bare_error(self) -> list[StreamItem]:
        """Return the error in place of an event, as JSON."""
        data = self._decoder.ignored
        if b'"error"' not in data or not data.rstrip().endswith(b"}"):
            return []
        try:
            payload = load_json(data)
        except ParseFailure:
            return []
        return [data] if isinstance(payload, dict) and payload.get("error") else []

    async def _plain_body(self, exchange: Exchange, begun: bytes, timeouts: CallTimeouts) -> PlainBody:
        """Read a body that is not an event stream to its end."""
        deadlines = (Deadline("body", timeouts.body), timeouts.total)
        body = PlainBody(await exchange.read_all(self._limits, deadlines, begun=begun))
        if len(body) > LEAST_BYTES:
            await anyio.lowlevel.checkpoint()  # to join it and to parse it are two slices
        return body

    async def retry(self, error: OpenRouterError) -> None:
        """Close this attempt and wait for the next; raises `error` if no attempt is left."""
        await self._close_exchange()
        if self._call is None:
            raise error
        await self._call.attempts.wait_for_retry(error)
        self._exchange = None
        self._begin_attempt()

    async def continue_with(self, data: DeferredRequest, error: OpenRouterError) -> None:
        """Close this attempt and send `data` next, which continues what the caller was given."""
        await self._close_exchange()
        if self._call is None:
            raise error
        await self._call.attempts.wait_for_retry(error, continued=True)
        self._call.attempts.request = await data()
        self._exchange = None
        self._begin_attempt()

    async def finish(self, answer: object = None) -> None:
        """Release the connection after the last wanted item, for reuse if its body ends within 50 ms.

        `answer` is the whole reply, for the observers of the call.
        """
        exchange = self._exchange
        if exchange is not None:
            try:
                with anyio.move_on_after(END_GRACE):
                    while await exchange.read() is not None:
                        pass
            except OpenRouterError as error:
                LOGGER.debug("after the last event of the stream: %s", error)
            finally:
                await self._close_exchange()
        if self._call is not None:
            self._call.attempts.succeeded(answer)

    async def aclose(self) -> None:
        """Close the connection immediately and release the slot; harmless if already done."""
        await self._close_exchange()
        if self._call is not None:
            self._call.attempts.cancelled()

    async def _close_exchange(self) -> None:
        if self._exchange is not None and self._call is not None:
            await self._call.transport.close(self._exchange)

    def abort(self) -> None:
        """Close the connection without waiting, for a stream that was dropped; callable from any thread."""
        if self._call is not None:
            if self._exchange is not None:
                self._call.transport.abort(self._exchange)
            self._call.attempts.cancelled(is_in_loop=False)

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Put ids and attempts on an error found above the source, tell the observers, and return it."""
        return error if self._call is None else self._call.attempts.failed(error)


def _show(attempts: CallAttempts, items: Sequence[StreamItem], *, only_first: bool = False) -> None:
    for item in items:
        if not isinstance(item, Comment):
            attempts.saw(item if isinstance(item, bytes) else item.data)
            if only_first:
                return
