"""`RawStream`: the events of an operation that has no typed stream of its own, each read as one type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from .._sansio.error_body import excerpt, load_json
from .._sansio.error_mapping import payload_error
from .._sansio.parse import ParseFailure, parse
from .._sansio.response import read_reply
from .._sansio.sse import Comment, ServerSentEvent
from ..errors import OpenRouterError, StreamDecodeError
from .chunk_reader import interrupted
from .lifecycle import OwnedStream
from .source import PlainBody

if TYPE_CHECKING:
    from ..types.meta import ResponseMeta
    from .source import StreamItem, StreamSource

__all__ = ["RawStream"]

T = TypeVar("T")


class RawStream(OwnedStream[T]):
    """Events as they arrive; an async context manager and iterator.

    It ends at `[DONE]` or when the body ends. Each operation has its own sign of a complete stream, so the reader
    must check whether the last event was the last. Nothing is sent before you ask for the first event. Leaving the
    block closes the connection; without `async with` the stream closes at its end and on errors, but after a `break`
    only when it is garbage-collected, with a `ResourceWarning`. One task at a time may read it.
    """

    _MADE_BY = "client.stream_request(...) as events"

    def __init__(self, source: StreamSource, into: type[T]) -> None:
        super().__init__(source, _EventReader(into, lambda: source.meta))

    async def _recover(self, error: OpenRouterError) -> None:
        # Another task may close the stream while this one reads; that is no failure to be repeated.
        await super()._recover(interrupted(error) if self._is_closed else error)


class _EventReader(Generic[T]):
    """Reads each event as one type; an `ItemReader`."""

    is_whole = False
    reply = None

    def __init__(self, into: type[T], meta: Callable[[], ResponseMeta | None]) -> None:
        self._into = into
        self._meta = meta
        self.has_piece: bool = False
        self.is_complete: bool = False

    def feed(self, items: list[StreamItem]) -> tuple[list[T], OpenRouterError | None]:
        events: list[T] = []
        try:
            for item in items:
                if isinstance(item, Comment):
                    continue
                data = item.data if isinstance(item, ServerSentEvent) else bytes(item)
                if data.strip() == b"[DONE]":
                    self.is_complete = True
                    break
                if isinstance(item, PlainBody):
                    meta = self._meta()
                    assert meta is not None  # a body follows its headers
                    events.append(read_reply(self._into, meta.status, meta.headers, data))
                elif data.strip() not in (b"", b"null"):
                    events.append(self._parse(data))
        except OpenRouterError as error:
            return events, error
        finally:
            self.has_piece = self.has_piece or bool(events)
        return events, None

    def feed_eof(self) -> tuple[list[T], OpenRouterError | None]:
        self.is_complete = True
        return [], None

    def enrich(self, error: OpenRouterError) -> OpenRouterError:
        return interrupted(error) if self.has_piece else error

    def restart(self) -> None:
        """Nothing is kept but the events that were handed out."""

    def _parse(self, data: bytes) -> T:
        if b'"error"' in data:
            _raise_reported(data)
        try:
            return parse(self._into, data)
        except ParseFailure as failure:
            reason = failure.reason
        raise StreamDecodeError(f"an event of the stream is not of the type: {reason}", data=excerpt(data))


def _raise_reported(data: bytes) -> None:
    """Raise the error that an event is, if it is one."""
    try:
        payload = load_json(data)
    except ParseFailure:
        return
    reported = payload.get("error") if isinstance(payload, dict) else None
    # A response that failed has a type, and its error inside; an event with nothing else is the stream's own error.
    if isinstance(payload, dict) and reported and payload.get("type", "error") == "error":
        raise payload_error(reported, around=payload)
