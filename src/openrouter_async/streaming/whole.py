"""`read_events`: the reply in an event stream that came whole, for a request that asked for none.

Some gateways answer every request with a stream. What it says was paid for like any other answer, so it is read by the
rules of a stream: one that is cut, or reports an error, raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .._sansio.sse import events_in
from .chunk_reader import ChunkReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._sansio.response import Reply
    from ..errors import PartialReply
    from .chunk_reader import Accumulator

__all__ = ["read_events"]

ChunkT = TypeVar("ChunkT")
ReplyT = TypeVar("ReplyT", bound="PartialReply")


def read_events(accumulator: Callable[[], Accumulator[ChunkT, ReplyT]], answer: Reply) -> ReplyT:
    """Return the reply in a body that is an event stream.

    Raises:
        APIStatusError: the stream reports an error.
        StreamError: it is cut, or an event of it cannot be read.
    """
    reader = ChunkReader(accumulator, lambda: answer.meta, "raise")
    _, error = reader.feed(events_in(answer.body))
    if error is None and reader.reply is None:
        _, error = reader.feed_eof()
    if error is not None or reader.reply is None:
        assert error is not None, "a stream that ends has a reply or an error"
        raise reader.enrich(error)
    return reader.reply
