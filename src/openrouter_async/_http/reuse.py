"""Calls that may be answered without a request: from a local cache, or by an equal call in flight."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from anyio import move_on_after, sleep, to_thread
from anyio.lowlevel import checkpoint

from .._sansio.charges import read_charge
from ..caching.key import answer_key, answer_scope
from ..caching.store import KeptAnswer
from ..caching.whole import is_reusable, is_whole
from ..errors import DeadlineExceeded, OpenRouterError
from ..types.meta import ResponseMeta
from ..types.reply_cache import ReplyCache
from .deadlines import CallTimeouts, run_within
from .shared_stream import SharedStream

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from .._settings import Settings
    from ..protocols import Reply
    from ..special_options import LocalCache
    from .call import Call
    from .transport import Transport

__all__ = ["HeldReply", "Reuse"]

T = TypeVar("T")

_Ask: TypeAlias = "Callable[[], Awaitable[tuple[T, Reply]]]"
"""Sends a request, keeps its answer if it is good, and returns that both read and as it came."""

LOGGER = logging.getLogger("openrouter_async")

LONG_BODY = 64 * 1024
"""Bytes of a request whose key is made in a thread, so the event loop stays free."""


LEAST_LOOK_S, MOST_LOOK_S = 0.01, 0.25
"""Seconds between looks for the answer that another process has asked for; doubled from one to the next."""


class HeldReply(NamedTuple):
    """A whole 2xx answer that was not asked for by this call."""

    body: bytes
    meta: ResponseMeta


class Reuse:
    """The calls of one sender that may be answered without a request."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self.transport = transport
        self._settings = settings
        variant = "" if settings.local_cache is None else settings.local_cache.variant
        sent = [sorted(settings.query.items()), sorted(settings.headers.items()), settings.anthropic_beta]
        self._scope = answer_scope(settings.base_url, variant, sent, settings.router_metadata)

    async def send(
        self, data: RequestData, read: Callable[[Reply], T], begin: Callable[[RequestData], Call]
    ) -> T:
        """Return what `read` makes of the kept answer to a request, or else of a new one, which is kept if it is
        good."""
        if not is_reusable(data):
            return await begin(data).run(read)
        transport, settings = self.transport, self._settings
        transport.check()
        cache = settings.local_cache
        key = self.key_now(data) or await self.key(data)
        if cache is not None and (kept := await self._kept_and_read(cache, key, read)) is not None:
            LOGGER.debug("%s answered from the local cache", data.operation.name)
            await checkpoint()
            return kept[0]
        return await self.ask(cache, key, data, read, begin)

    async def ask(
        self,
        cache: LocalCache | None,
        key: bytes,
        data: RequestData,
        read: Callable[[Reply], T],
        begin: Callable[[RequestData], Call],
    ) -> T:
        """Send a request, or wait for that of an equal call, and keep the answer if there is a cache for it."""
        last: list[Reply] = []

        def noting(reply: Reply) -> T:
            value = read(reply)
            last.append(reply)
            return value

        async def ask() -> tuple[T, Reply]:
            value = await begin(data).run(noting)
            if cache is not None and is_whole(value):
                self.keep(cache, key, data, value, last[-1])
            return value, last[-1]

        if not self._settings.coalesce:
            return (await ask())[0]
        if cache is None or cache.refresh:
            return await self._share(key, read, ask)
        return await self._share(key, read, partial(self._ask_alone, cache, key, read, ask))

    def key_now(self, data: RequestData) -> bytes | None:
        """Return the key of the answer to a request; None where making it takes long."""
        content = data.content
        if content is None or len(content) >= LONG_BODY:
            return None
        return answer_key(self._scope, data.operation.name, data.query, content)

    async def key(self, data: RequestData) -> bytes:
        """Return the key of the answer to a request."""
        if (key := self.key_now(data)) is not None:
            return key
        assert data.content is not None  # it is one that can be kept
        return await to_thread.run_sync(
            answer_key, self._scope, data.operation.name, data.query, data.content
        )

    async def find(self, cache: LocalCache, key: bytes) -> HeldReply | None:
        """Return the kept answer to a request as its reply, unless it is to be asked for anew."""
        began, answers = time.monotonic(), self.transport.answers.of(cache)
        if not (answers.is_open or await answers.opened()) or cache.refresh:
            return None
        kept = answers.find(key, cache)
        if kept is None or (kept.body is None and (kept := await answers.whole(kept, key, cache)) is None):
            return None
        return _kept_reply(kept, cache, time.monotonic() - began)

    def keep(
        self,
        cache: LocalCache,
        key: bytes,
        data: RequestData,
        value: object,
        reply: Reply,
        *,
        cost: Decimal | None = None,
    ) -> None:
        """Keep a good answer that was read as `value`; `cost` is what it was charged, where it does not say so."""
        answers, meta = self.transport.answers.of(cache), reply.meta
        if answers.is_open:
            cost = _cost(value, reply.body) if cost is None else cost
            kept = KeptAnswer(
                data.operation.name,
                data.model,
                time.time(),
                meta.status,
                meta.headers,
                meta.generation_id,
                cost,
                reply.body,
            )
            answers.keep(key, kept, cache)

    async def _kept_and_read(
        self, cache: LocalCache, key: bytes, read: Callable[[Reply], T]
    ) -> tuple[T, Reply] | None:
        """Return a kept answer both read and as it came; None without a readable one."""
        kept = await self.find(cache, key)
        if kept is None:
            return None
        try:
            return read(kept), kept
        except OpenRouterError as error:
            LOGGER.warning("an answer in the local cache cannot be read, and is requested again: %s", error)
            return None

    async def _ask_alone(
        self, cache: LocalCache, key: bytes, read: Callable[[Reply], T], ask: _Ask[T]
    ) -> tuple[T, Reply]:
        """Ask unless another process does, whose answer is awaited; return it read and as it came."""
        kept, is_leased = await self.lease(cache, key, lambda: self._kept_and_read(cache, key, read))
        if kept is not None:
            return kept
        try:
            return await ask()
        finally:
            if is_leased:
                self.release(cache, key)

    async def lease(
        self,
        cache: LocalCache,
        key: bytes,
        look: Callable[[], Awaitable[T | None]],
        joins: Callable[[], bool] = lambda: False,
    ) -> tuple[T | None, bool]:
        """Take the lease of a key, or return what `look` finds while another process has it.

        Args:
            cache: The file of the lease.
            key: Of the request.
            look: Looks for the answer of the other process; returns None until there is one.
            joins: Whether a call of this process has the lease, and its request can be joined.

        Returns:
            What was found, and whether the lease is to be released.
        """
        answers, wait = self.transport.answers.of(cache), LEAST_LOOK_S
        while not joins():
            if await answers.lease(key):
                try:
                    # The other process may have ended between the last look and the lease.
                    found = await look()
                except BaseException:
                    answers.release(key)
                    raise
                if found is not None:
                    answers.release(key)
                return found, found is None
            await sleep(wait)
            wait = min(2 * wait, MOST_LOOK_S)
            if (found := await look()) is not None:
                return found, False
        return None, False

    def release(self, cache: LocalCache, key: bytes) -> None:
        """End a lease, once the answer that was kept before is written. Any thread may call it."""
        self.transport.answers.of(cache).release(key)

    def is_in_flight(self, key: bytes) -> bool:
        """Whether a call of this process asks for this, whose answer others can share."""
        return self.kind(key) in self.transport.flights

    def is_streamed(self, key: bytes) -> bool:
        """Whether a call of this process reads this stream."""
        return self.stream_kind(key) in self.transport.flights.streams

    def can_join_stream(self, key: bytes) -> bool:
        """Whether a call of this process reads this stream, and others can join it."""
        shared = self.transport.flights.streams.get(self.stream_kind(key))
        return isinstance(shared, SharedStream) and shared.can_be_joined

    def stream_kind(self, key: bytes) -> tuple[object, ...]:
        """Return `kind` for streams."""
        return ("stream", *self.kind(key))

    async def within_total(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await what waits for another process; raises `DeadlineExceeded`."""
        return await run_within(
            (CallTimeouts.start(self._settings.timeouts, streaming=True).total,), work, ""
        )

    async def wait_for_stream(self, work: Callable[[], Awaitable[T | None]]) -> T | None:
        """Do the same for a stream, and return None once no event would have come for too long: who reads it may be
        slow."""
        with move_on_after(CallTimeouts.start(self._settings.timeouts, streaming=True).event):
            return await self.within_total(work)
        return None

    @property
    def has_leases(self) -> bool:
        """Whether equal calls of several processes are one request."""
        cache = self._settings.local_cache
        return self._settings.coalesce and cache is not None and not cache.refresh

    async def _share(self, key: bytes, read: Callable[[Reply], T], ask: _Ask[T]) -> T:
        """Return the answer of an equal call that is in flight, or else ask, which others may join."""
        transport, settings = self.transport, self._settings
        flights, began = transport.flights, time.monotonic()
        total = CallTimeouts.start(settings.timeouts, streaming=False).total
        kind = self.kind(key)
        while True:
            is_own = kind not in flights
            flight = flights.join(kind, ask, transport.network)
            await run_within((total,), partial(flights.wait, kind, flight), "")
            try:
                (_, reply), is_first = flight.result()
            except DeadlineExceeded:
                if is_own:
                    raise
                continue  # it was out of time before this call is
            is_free = reply.meta.reused is not None
            return read(reply if is_first or is_free else _shared(reply, time.monotonic() - began))

    def kind(self, key: bytes) -> tuple[object, ...]:
        """Return what equal calls in flight have in common: calls of another key, or of another patience, are
        others."""
        settings = self._settings
        return (
            key,
            settings.api_key,
            settings.timeouts,
            settings.retries,
            settings.rate,
            settings.local_cache,
        )


def _shared(reply: Reply, elapsed: float) -> HeldReply:
    """Return the answer to an equal call, which paid for it, as the reply to this one."""
    charge = read_charge(reply.body)
    reused = ReplyCache(
        is_hit=True,
        where="shared",
        age=0.0,
        source_id=reply.meta.generation_id,
        saved=None if charge is None else charge.cost,
    )
    meta = replace(reply.meta, elapsed=elapsed, attempts=0, billed_before=(), reused=reused)
    return HeldReply(reply.body, meta)


def _kept_reply(kept: KeptAnswer, cache: LocalCache, elapsed: float) -> HeldReply:
    """Return a kept answer as the reply to a call."""
    age = max(time.time() - kept.created, 0.0)
    reused = ReplyCache(
        is_hit=True,
        where="local",
        age=age,
        ttl=None if cache.ttl is None else cache.ttl - age,
        source_id=kept.generation_id,
        saved=kept.cost,
    )
    meta = ResponseMeta(
        status=kept.status,
        headers=kept.headers,
        request_id=None,
        generation_id=kept.generation_id,
        elapsed=elapsed,
        attempts=0,
        reused=reused,
    )
    assert kept.body is not None  # it was asked for
    return HeldReply(kept.body, meta)


def _cost(value: object, body: bytes) -> Decimal | None:
    """Return what an answer was charged, as far as it says so."""
    usage = getattr(value, "usage", None)
    cost = getattr(usage, "cost", None)
    if isinstance(cost, Decimal):
        return cost
    charge = read_charge(body)
    return None if charge is None else charge.cost
