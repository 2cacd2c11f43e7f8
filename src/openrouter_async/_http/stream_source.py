"""`HTTPStreamSource`: the bytes of one streamed call as items, under its clocks.

The place in the limiter is held from the request until the source is finished or closed. Silence is bounded
by the idle clock of the connection; the event and total clocks are looked at only when they may end before it
does, so that an ordinary read costs no timer. What one read brings is given out in lots, so that a flood of small
events is worked on in slices, as `Exchange` does it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from .._sansio.error_body import load_json
from .._sansio.json_work import LEAST_BYTES, check_work, json_work
from .._sansio.parse import ParseFailure
from .._sansio.redaction import redact
from .._sansio.sse import Comment, SSEDecoder
from ..errors import OpenRouterError, ResponseTooLarge
from ..streaming.source import PlainBody
from .attempts import Attempts
from .clocks import Clock, Clocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._sansio.request import DeferredRequest, RequestData
    from .._settings import Settings
    from ..streaming.source import StreamItem
    from ..types._base import ResponseMeta
    from .exchange import Exchange
    from .observers import BeginMetered
    from .sender import HTTPSender

__all__ = ["HTTPStreamSource"]

LOGGER = logging.getLogger("openrouter_async")

LOT = 512
"""The most items that are given out at once; a read of usual chunks has fewer."""

END_GRACE = 0.05
"""Seconds for the end of the body after the last event; an ended body frees the connection for the next call."""


class HTTPStreamSource:
    """One streamed call; see `streaming.source.StreamSource`."""

    def __init__(
        self,
        sender: HTTPSender,
        data: RequestData | DeferredRequest,
        settings: Settings,
        meters: Sequence[BeginMetered],
    ) -> None:
        self._sender = sender
        self._meters = meters
        self._data = data
        self._settings = settings
        self._attempts: Attempts | None = None
        self._exchange: Exchange | None = None
        self._begin_attempt()

    def _begin_attempt(self) -> None:
        self._decoder = SSEDecoder(limit=self._sender.transport.limits.event_bytes)
        self._is_event_stream = False
        self._has_ended = False
        self._event_clock: Clock | None = None
        self._left: list[StreamItem] = []
        self._work = 0  # of a long event that has begun

    @property
    def meta(self) -> ResponseMeta | None:
        """The HTTP side of the attempt that is being read; None before its headers."""
        return None if self._exchange is None or self._attempts is None else self._attempts.meta()

    async def read(self) -> list[StreamItem] | None:
        """Return the items of the next read, which may be none; None at the end of the body."""
        attempts = self._attempts
        if attempts is None:
            attempts = self._attempts = await self._start()
        exchange = self._exchange
        if exchange is None:
            exchange = await self._sender.open(attempts)
            self._exchange = exchange
        if self._left:
            await exchange.pause_if_due(self._near_clocks(attempts.clocks))
            return self._lot(attempts, self._left)
        data = await exchange.read(self._near_clocks(attempts.clocks))
        if data is None:
            return self._last_items()
        if self._settings.log_bodies:
            LOGGER.debug(
                "%s received %s",
                attempts.data.operation.name,
                redact(data.decode("utf-8", "replace"), attempts.secrets),
            )
        if not self._is_event_stream:
            first = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            if first in (b"{", b"[", b"<"):
                body = await self._plain_body(exchange, data, attempts.clocks)
                attempts.read(body)
                return [body]
            self._is_event_stream = first != b""
        limits = self._sender.transport.limits
        if exchange.bytes_read > limits.stream_bytes:
            raise ResponseTooLarge(
                f"the stream is longer than {limits.stream_bytes} bytes; see Limits(stream_bytes=...)",
                limit=limits.stream_bytes,
            )
        items: list[StreamItem] = [*self._decoder.feed(data)]
        if self._work or self._decoder.is_long:  # an event that is longer than what is never too much
            self._work += json_work(data)
            check_work(self._work, limits.values, "an event of the stream")
            if items:
                self._work = 0
        if self._decoder.ignored:
            end = items.index(b"[DONE]") if b"[DONE]" in items else len(items)
            items[end:end] = self._bare_error()
        if any(type(item) is not Comment for item in items):
            self._event_clock = None
        if len(items) > LOT:
            return self._lot(attempts, items)
        self._watch(attempts, items)
        return items

    def _lot(self, attempts: Attempts, items: list[StreamItem]) -> list[StreamItem]:
        """Return the first of the items, and keep the others for the next read."""
        lot, self._left = items[:LOT], items[LOT:]
        self._watch(attempts, lot)
        return lot

    def _watch(self, attempts: Attempts, items: list[StreamItem]) -> None:
        if attempts.is_watched:
            for item in items:
                if not isinstance(item, Comment):
                    attempts.saw(item if isinstance(item, bytes) else item.data)

    async def _start(self) -> Attempts:
        """Make the request; its clocks start here."""
        data = await self._data() if callable(self._data) else self._data
        budget = self._sender.transport.budget
        return Attempts(data, self._settings, budget, streaming=True, meters=self._meters)

    def _near_clocks(self, clocks: Clocks) -> tuple[Clock, ...]:
        """Return the clocks that may run out before the idle clock of the connection does."""
        if self._event_clock is None:
            self._event_clock = Clock("event", clocks.event)
        nearest = min(self._event_clock.at, clocks.total.at)
        if clocks.idle is not None and nearest - time.monotonic() > clocks.idle:
            return ()
        return (self._event_clock, clocks.total)

    def _last_items(self) -> list[StreamItem] | None:
        """Return what is worth an event at the end, though the standard drops it.

        That is a `[DONE]` or a whole JSON object that lacked its blank line, and an error that came as bare JSON. The
        body has ended as HTTP has it, so the object is no beginning of a longer one; an event that was cut in its midst
        is no JSON, and stays lost.
        """
        if self._has_ended:
            return None
        self._has_ended = True
        item = self._decoder.unfinished
        data = (item if isinstance(item, bytes) else item.data).strip()
        if data == b"[DONE]":
            return [b"[DONE]"]
        if not _is_object(data):
            return self._bare_error() or None
        items: list[StreamItem] = [item]
        if self._attempts is not None:
            self._watch(self._attempts, items)
        return items

    def _bare_error(self) -> list[StreamItem]:
        """Return the error that stands, as JSON, where an event should."""
        data = self._decoder.ignored
        if b'"error"' not in data or not data.rstrip().endswith(b"}"):
            return []
        try:
            payload = load_json(data)
        except ParseFailure:
            return []
        return [data] if isinstance(payload, dict) and payload.get("error") else []

    async def _plain_body(self, exchange: Exchange, begun: bytes, clocks: Clocks) -> PlainBody:
        """Read to its end a body that is no event stream."""
        limits = self._sender.transport.limits
        waits = (Clock("body", clocks.body), clocks.total)
        body = PlainBody(await exchange.read_all(limits, waits, begun=begun))
        if len(body) > LEAST_BYTES:
            await anyio.lowlevel.checkpoint()  # to join it and to parse it are two slices
        return body

    async def retry(self, error: OpenRouterError) -> None:
        """Close this attempt and wait for the next; raises `error` where there is none."""
        await self._close_exchange()
        if self._attempts is None:
            raise error
        await self._attempts.after(error)
        self._exchange = None
        self._begin_attempt()

    async def continue_with(self, data: DeferredRequest, error: OpenRouterError) -> None:
        """Close this attempt and send `data` next, which continues what the caller was given."""
        await self._close_exchange()
        if self._attempts is None:
            raise error
        await self._attempts.after(error, continued=True)
        self._attempts.data = await data()
        self._exchange = None
        self._begin_attempt()

    async def finish(self, answer: object = None) -> None:
        """Release the connection after the last wanted item, for reuse if its body ends within 50 ms.

        `answer` is what the items were put together to; later estimates learn from its usage.
        """
        if self._attempts is not None:
            self._sender.transport.answered.add(self._attempts.data, answer)
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
        if self._attempts is not None:
            self._attempts.succeeded()

    async def aclose(self) -> None:
        """Close the connection at once and give back the slot; harmless when done before."""
        await self._close_exchange()
        if self._attempts is not None:
            self._attempts.abandoned()

    async def _close_exchange(self) -> None:
        if self._exchange is not None:
            await self._sender.transport.close(self._exchange)

    def abort(self) -> None:
        """The same without waiting, for a stream that was dropped; callable from any thread."""
        if self._exchange is not None:
            self._sender.transport.abort(self._exchange)
        if self._attempts is not None:
            self._attempts.abandoned(is_in_loop=False)

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Put ids and attempts on an error found above the source, tell the hooks, and return it."""
        return error if self._attempts is None else self._attempts.failed(error)


def _is_object(data: bytes) -> bool:
    """Whether data is one whole JSON object."""
    if not (data.startswith(b"{") and data.endswith(b"}")):
        return False
    try:
        return isinstance(load_json(data), dict)
    except ParseFailure:
        return False
