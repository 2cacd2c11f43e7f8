"""`passed_on`: the events of a stream of the same dialect, unchanged, once there is a piece of the answer."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ....streaming.stream import MessageStream, ResponseStream
    from ....types.common import JsonObject

__all__ = ["as_json", "passed_on"]


async def passed_on(
    stream: MessageStream[object] | ResponseStream[object], is_head: Callable[[str], bool]
) -> AsyncGenerator[list[JsonObject]]:
    """Yield the events; those of the head come with the first piece, since until then the request may be sent again.

    `is_head` returns by the type of an event whether it comes before the answer.
    """
    held: list[JsonObject] = []
    has_begun = False
    async with aclosing(stream.chunks()) as chunks:
        async for chunk in chunks:
            kind = str(chunk.get("type"))
            if not has_begun and is_head(kind):
                # A head that comes again is that of another attempt.
                held = [each for each in held if each.get("type") != kind] + [chunk]
                continue
            has_begun = True
            yield [*held, chunk]
            held.clear()


def as_json(value: object) -> bytes:
    """Return compact JSON; amounts of money are numbers, as the service writes them."""
    return _encode(value).encode()


_encode = json.JSONEncoder(default=float, ensure_ascii=False, separators=(",", ":")).encode
