"""`RawStream`: the events of an operation that has no typed stream of its own, each read as one type."""

from __future__ import annotations

import warnings
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from .._sansio.error_body import excerpt, load_json
from .._sansio.error_mapping import payload_error
from .._sansio.parse import ParseFailure, parse
from .._sansio.response import read_reply
from .._sansio.sse import Comment, ServerSentEvent
from ..errors import ConfigurationError, ConnectionLost, OpenRouterError, StreamDecodeError, StreamInterrupted
from ..protocols import PlainBody

if TYPE_CHECKING:
    from typing import Self

    from ..protocols import StreamItem, StreamSource
    from ..types._base import ResponseMeta

__all__ = ["RawStream"]

T = TypeVar("T")


class RawStream(Generic[T]):
    """Events as they come; an async context manager and iterator.

    It ends at `[DONE]` or at the end of the body. What a whole stream looks like is particular to its operation, so
    whether the last event was the last is for the reader to see. Nothing is sent before the first event is asked for.
    Leaving the block closes the connection; without `async with` the stream closes itself at its end and on errors, but
    after a `break` only when it is collected, with a `ResourceWarning`. One task at a time may read it.
    """

    def __init__(self, source: StreamSource, into: type[T]) -> None:
        self._source = source
        self._into = into
        self._queue: deque[T] = deque()
        self._late_error: OpenRouterError | None = None  # came with events that are handed out first
        self._failure: OpenRouterError | None = None
        self._has_given = False
        self._has_started = False
        self._is_reading = False
        self._is_complete = False
        self._is_closed = False

    @property
    def meta(self) -> ResponseMeta | None:
        """Status, headers, ids and attempts of the answer; None before its headers."""
        return self._source.meta

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next event.

        Raises:
            APIStatusError: the service refused the request, or reported an error within the stream.
            StreamError: the stream broke off, or held an event that is not of the type.
            OpenRouterError: any other failure of a call.
        """
        if self._is_reading:
            raise ConfigurationError(
                "the stream is being read by another task; read it in one, and hand its events on"
            )
        self._is_reading = True
        try:
            while not self._queue:
                if self._is_complete:
                    raise StopAsyncIteration
                if self._failure is not None:
                    raise self._failure
                if self._is_closed:
                    raise ConfigurationError("the stream was closed before its end; read it inside its block")
                await self._read()
        except StopAsyncIteration:
            raise
        except BaseException as error:
            if isinstance(error, OpenRouterError):
                self._failure = error
            await self._close()
            raise
        finally:
            self._is_reading = False
        self._has_given = True
        return self._queue.popleft()

    async def _read(self) -> None:
        error, self._late_error = self._late_error, None
        if error is None:
            self._has_started = True
            try:
                items = await self._source.read()
            except OpenRouterError as failure:
                error = failure
            else:
                if items is None:
                    await self._finish()
                    return
                error = await self._take(items)
                if self._queue:
                    self._late_error = error
                    return
        if error is None:
            return
        if self._has_given or self._is_closed:
            if isinstance(error, ConnectionLost):
                raise self._source.fail(
                    StreamInterrupted(f"the stream broke off: {error.message}")
                ) from error
            raise self._source.fail(error)
        await self._source.retry(error)

    async def _take(self, items: list[StreamItem]) -> OpenRouterError | None:
        """Queue the events of a read; return the failure it ends in, if any."""
        try:
            for item in items:
                if isinstance(item, Comment):
                    continue
                data = item.data if isinstance(item, ServerSentEvent) else bytes(item)
                if data.strip() == b"[DONE]":
                    await self._finish()
                    return None
                if isinstance(item, PlainBody):
                    meta = self._source.meta
                    assert meta is not None
                    self._queue.append(read_reply(self._into, meta.status, meta.headers, data))
                elif data.strip() not in (b"", b"null"):
                    self._queue.append(self._parse(data))
        except OpenRouterError as error:
            return error
        return None

    def _parse(self, data: bytes) -> T:
        if b'"error"' in data:
            _raise_reported(data)
        try:
            return parse(self._into, data)
        except ParseFailure as failure:
            reason = failure.reason
        raise StreamDecodeError(f"an event of the stream is not of the type: {reason}", data=excerpt(data))

    async def _finish(self) -> None:
        self._is_complete = self._is_closed = True
        try:
            await self._source.finish()
        except BaseException:
            self._source.abort()
            raise

    async def __aenter__(self) -> Self:
        if self._is_closed:
            raise ConfigurationError("the stream is closed; make a new one for another request")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection; harmless when done before."""
        self._queue.clear()
        await self._close()

    async def _close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._source.aclose()
        except BaseException:
            self._source.abort()
            raise

    def __del__(self) -> None:
        if not getattr(self, "_has_started", False) or self._is_closed:
            return
        self._source.abort()
        warnings.warn(
            "a stream was dropped before its end; write 'async with client.stream_request(...) as events:'"
            " so that leaving the block closes it",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )


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
