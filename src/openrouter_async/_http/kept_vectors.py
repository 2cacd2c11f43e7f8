"""Embeddings in the local cache: each input has an answer of its own, and only inputs without one are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio.lowlevel import checkpoint
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from .._sansio.response import read_reply
from ..errors import InvalidResponseError
from ..types.embeddings.reply import Embeddings
from .reuse import HeldReply, Reuse

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from ..protocols import Reply
    from ..special_options import LocalCache
    from ..types.common import JsonObject
    from .call import Call

__all__ = ["send_by_input"]

T = TypeVar("T")

_A_SLICE = 200
"""Look-ups after which others may run."""
_NOTHING: JsonObject = {"prompt_tokens": 0, "total_tokens": 0, "cost": 0}


async def send_by_input(
    reuse: Reuse,
    cache: LocalCache,
    data: RequestData,
    read: Callable[[Reply], T],
    begin: Callable[[RequestData], Call],
) -> T:
    """Return what `read` makes of the vectors of all inputs; usage and cost are those of the inputs asked for."""
    reuse.transport.check()
    body = from_json(data.content or b"{}")
    inputs = _inputs(body.get("input"))
    requests = [replace(data, content=to_json({**body, "input": [each]})) for each in inputs]
    keys: list[bytes] = []
    kept: dict[int, HeldReply] = {}
    for place, request in enumerate(requests):
        keys.append(await reuse.key(request))
        if (held := await reuse.find(cache, keys[place])) is not None:
            kept[place] = held
        if place % _A_SLICE == 0:
            await checkpoint()
    while todo := [place for place in range(len(inputs)) if place not in kept]:
        part = (
            data if not kept else replace(data, content=to_json({**body, "input": [inputs[i] for i in todo]}))
        )
        key, is_leased = await reuse.key(part), False
        if reuse.has_leases:
            look = partial(_look, reuse, cache, keys, todo)
            found, is_leased = await reuse.within_total(
                partial(reuse.lease, cache, key, look, partial(reuse.is_in_flight, key))
            )
            if found is not None:
                kept |= found
                continue
        try:
            return await _ask(reuse, cache, part, key, read, begin, todo, kept, keys)
        finally:
            if is_leased:
                reuse.release(cache, key)
    await checkpoint()
    return read(_joined(len(inputs), None, kept))


async def _look(
    reuse: Reuse, cache: LocalCache, keys: Sequence[bytes], todo: Sequence[int]
) -> dict[int, HeldReply] | None:
    """Return the vectors that another process has kept meanwhile; None where it has kept none.

    It keeps all of a request together, so where the first is missing the others are too.
    """
    found: dict[int, HeldReply] = {}
    for place in todo:
        if (held := await reuse.find(cache, keys[place])) is None:
            break
        found[place] = held
    return found or None


async def _ask(
    reuse: Reuse,
    cache: LocalCache,
    part: RequestData,
    key: bytes,
    read: Callable[[Reply], T],
    begin: Callable[[RequestData], Call],
    todo: Sequence[int],
    kept: dict[int, HeldReply],
    keys: Sequence[bytes],
) -> T:
    """Ask for the inputs in `todo`, keep each, and return what `read` makes of all."""
    asked: list[Reply] = []

    def read_part(reply: Reply) -> T:
        meta = reply.meta
        embeddings = read_reply(Embeddings, meta.status, meta.headers, reply.body)
        if fault := embeddings.fault(len(todo)):
            raise InvalidResponseError(
                f"the answer contains {fault}; the vectors cannot be matched with their inputs",
                generation_id=embeddings.id,
            )
        asked.append(reply)
        return read(_joined(len(keys), (todo, reply), kept) if kept else reply)

    value = await reuse.ask(None, key, part, read_part, begin)
    answer, vectors = _parsed(asked[-1])
    cost = embedded_cost(answer)
    for place, vector in zip(todo, vectors, strict=True):
        own = to_json({**answer, "data": [{**vector, "index": 0}], "usage": _NOTHING})
        share = None if cost is None else cost / len(todo)
        reuse.keep(cache, keys[place], part, None, HeldReply(own, asked[-1].meta), cost=share)
    return value


def embedded_cost(answer: JsonObject) -> Decimal | None:
    """Return what an answer was charged, as far as it says so."""
    usage = answer.get("usage")
    cost = usage.get("cost") if isinstance(usage, dict) else None
    is_amount = isinstance(cost, int | float) and not isinstance(cost, bool)
    return Decimal(str(cost)) if is_amount else None


def _inputs(given: JsonValue) -> list[JsonValue]:
    """Return the inputs that have a vector each; a text is one, and so are its tokens."""
    if not isinstance(given, list) or not given or isinstance(given[0], int):
        return [given]
    return given


def _parsed(reply: Reply) -> tuple[JsonObject, list[JsonObject]]:
    """Return an answer that was read as embeddings, and its vectors in order."""
    answer = from_json(reply.body)
    vectors = answer["data"]
    if all(isinstance(vector.get("index"), int) for vector in vectors):
        vectors = sorted(vectors, key=lambda vector: vector["index"])
    return answer, vectors


def _joined(count: int, asked: tuple[Sequence[int], Reply] | None, kept: dict[int, HeldReply]) -> HeldReply:
    """Return the vectors of all inputs as one answer."""
    data: list[JsonObject] = [{}] * count
    answer: JsonObject = {}
    for place, held in kept.items():
        answer, (data[place],) = _parsed(held)
    first = next(iter(kept.values()))
    meta = first.meta
    if asked is not None:
        places, reply = asked
        answer, vectors = _parsed(reply)
        meta = reply.meta
        if meta.reused is not None:  # an equal call paid for them
            answer = {**answer, "usage": _NOTHING}
        for place, vector in zip(places, vectors, strict=True):
            data[place] = vector
    assert first.meta.reused is not None  # it was kept
    saved = [held.meta.reused.saved for held in kept.values() if held.meta.reused is not None]
    reused = replace(
        first.meta.reused,
        is_hit=asked is None,
        saved=sum((each or Decimal(0) for each in saved), Decimal(0)),
    )
    whole = {**answer, "data": [{**vector, "index": place} for place, vector in enumerate(data)]}
    return HeldReply(to_json(whole), replace(meta, reused=reused))
