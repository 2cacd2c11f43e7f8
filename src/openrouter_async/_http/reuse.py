"""Calls that may be answered without a request: from a local cache, or by an equal call in flight."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from anyio import sleep, to_thread
from anyio.lowlevel import checkpoint

from .._sansio.charges import read_charge
from ..caching.key import answer_key, answer_scope
from ..caching.store import KeptAnswer
from ..caching.whole import is_whole
from ..errors import DeadlineExceeded, OpenRouterError
from ..types.meta import ResponseMeta
from ..types.reply_cache import ReplyCache
from .deadlines import CallTimeouts, run_within

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from .._settings import Settings
    from ..options import LocalCache
    from ..protocols import Reply
    from .call import Call
    from .transport import Transport

__all__ = ["HeldReply", "find_answer", "keep_answer", "key_of", "scope_of", "send_reusing"]

T = TypeVar("T")

LOGGER = logging.getLogger("openrouter_async")

LONG_BODY = 64 * 1024
"""Bytes of a request whose key is made in a thread, so the event loop stays free."""


LEAST_LOOK_S, MOST_LOOK_S = 0.01, 0.25
"""Seconds between looks for the answer that another process has asked for; doubled from one to the next."""


class HeldReply(NamedTuple):
    """A whole 2xx answer that was not asked for by this call."""

    body: bytes
    meta: ResponseMeta


async def send_reusing(
    transport: Transport,
    settings: Settings,
    scope: bytes,
    data: RequestData,
    read: Callable[[Reply], T],
    begin: Callable[[], Call],
) -> T:
    """Return what `read` makes of the kept answer to a request, or else of a new one, which is kept if it is good."""
    transport.check()
    key = await key_of(scope, data)
    cache = settings.local_cache
    if cache is not None and (kept := await _kept_and_read(transport, cache, key, read)) is not None:
        LOGGER.debug("%s answered from the local cache", data.operation.name)
        await checkpoint()
        return kept[0]
    if settings.coalesce:
        return await _share(transport, settings, key, data, read, begin)
    value, _ = await _ask_and_keep(transport, cache, key, data, read, begin)
    return value


async def find_answer(transport: Transport, cache: LocalCache, key: bytes) -> HeldReply | None:
    """Return the kept answer to a request as its reply, unless it is to be asked for anew."""
    began, answers = time.monotonic(), transport.answers.of(cache)
    if not (answers.is_open or await answers.opened()) or cache.refresh:
        return None
    kept = answers.find(key, cache)
    if kept is None or (kept.body is None and (kept := await answers.whole(kept, key, cache)) is None):
        return None
    return _kept_reply(kept, cache, time.monotonic() - began)


async def _share(
    transport: Transport,
    settings: Settings,
    key: bytes,
    data: RequestData,
    read: Callable[[Reply], T],
    begin: Callable[[], Call],
) -> T:
    """Return the answer of an equal call that is in flight, or else of a request that others may join."""
    flights, began = transport.flights, time.monotonic()
    # Calls of another key, or of another patience, are others.
    kind = (key, settings.api_key, settings.timeouts, settings.retries, settings.rate, settings.local_cache)
    total = CallTimeouts.start(settings.timeouts, streaming=False).total

    async def work() -> tuple[object, Reply]:
        cache = settings.local_cache
        if cache is None or cache.refresh:
            return await _ask_and_keep(transport, cache, key, data, read, begin)
        return await _ask_alone(transport, cache, key, data, read, begin)

    while True:
        is_own = kind not in flights
        flight = flights.join(kind, work, transport.network)
        await run_within((total,), partial(flights.wait, kind, flight), "")
        try:
            (_, reply), is_first = flight.result()
        except DeadlineExceeded:
            if is_own:
                raise
            continue  # it was out of time before this call is
        is_free = reply.meta.reused is not None
        return read(reply if is_first or is_free else _shared(reply, time.monotonic() - began))


async def _ask_alone(
    transport: Transport,
    cache: LocalCache,
    key: bytes,
    data: RequestData,
    read: Callable[[Reply], T],
    begin: Callable[[], Call],
) -> tuple[T, Reply]:
    """Send a request unless another process has sent it, whose answer is awaited; return it read and as it came."""
    answers, wait = transport.answers.of(cache), LEAST_LOOK_S
    while not await answers.lease(key):
        await sleep(wait)
        wait = min(2 * wait, MOST_LOOK_S)
        if (kept := await _kept_and_read(transport, cache, key, read)) is not None:
            return kept
    try:
        # The other process may have ended between the last look and the lease.
        kept = await _kept_and_read(transport, cache, key, read)
        return kept or await _ask_and_keep(transport, cache, key, data, read, begin)
    finally:
        answers.release(key)


async def _kept_and_read(
    transport: Transport, cache: LocalCache, key: bytes, read: Callable[[Reply], T]
) -> tuple[T, Reply] | None:
    """Return a kept answer both read and as it came; None if there is none that can be read."""
    kept = await find_answer(transport, cache, key)
    if kept is None:
        return None
    try:
        return read(kept), kept
    except OpenRouterError as error:
        LOGGER.warning("an answer in the local cache cannot be read, and is asked for: %s", error)
        return None


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


def scope_of(settings: Settings) -> bytes:
    """Return what the answers to all requests with these settings depend on."""
    variant = "" if settings.local_cache is None else settings.local_cache.variant
    sent = [sorted(settings.query.items()), sorted(settings.headers.items()), list(settings.anthropic_beta)]
    return answer_scope(settings.base_url, variant, sent, settings.router_metadata)


async def key_of(scope: bytes, data: RequestData) -> bytes:
    """Return the key of the answer to a request."""
    content = data.content
    assert content is not None  # it is one that can be kept
    if len(content) < LONG_BODY:
        return answer_key(scope, data.operation.name, data.query, content)
    return await to_thread.run_sync(answer_key, scope, data.operation.name, data.query, content)


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


async def _ask_and_keep(
    transport: Transport,
    cache: LocalCache | None,
    key: bytes,
    data: RequestData,
    read: Callable[[Reply], T],
    begin: Callable[[], Call],
) -> tuple[T, Reply]:
    """Send a request, keep its answer if it is good, and return it both read and as it came."""
    last: list[Reply] = []

    def noting(reply: Reply) -> T:
        value = read(reply)
        last.append(reply)
        return value

    value = await begin().run(noting)
    if cache is not None and is_whole(value):
        keep_answer(transport, cache, key, data, value, last[-1])
    return value, last[-1]


def keep_answer(
    transport: Transport, cache: LocalCache, key: bytes, data: RequestData, value: object, reply: Reply
) -> None:
    """Keep a good answer that was read as `value`."""
    answers, meta = transport.answers.of(cache), reply.meta
    if answers.is_open:
        kept = KeptAnswer(
            operation=data.operation.name,
            model=data.model,
            created=time.time(),
            status=meta.status,
            headers=meta.headers,
            generation_id=meta.generation_id,
            cost=_cost(value, reply.body),
            body=reply.body,
        )
        answers.keep(key, kept, cache)


def _cost(value: object, body: bytes) -> Decimal | None:
    """Return what an answer was charged, as far as it says so."""
    usage = getattr(value, "usage", None)
    cost = getattr(usage, "cost", None)
    if isinstance(cost, Decimal):
        return cost
    charge = read_charge(body)
    return None if charge is None else charge.cost
