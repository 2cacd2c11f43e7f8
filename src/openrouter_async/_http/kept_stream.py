"""`KeptStreamSource`: a stream from the local cache if the answer is there, else from the service.

A kept answer comes whole, in place of a stream, as some providers send it too, and its events are those of such an
answer. A stream that was read to its end is kept as the answer that a plain call would have had, so either replays the
other; but only where that answer, written as JSON and read again, is the same.

With `coalesce`, a process that reads a stream has its lease, and others wait for the answer. Calls of one process join
one stream, under one lease.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

from ..caching.whole import is_reusable, is_whole
from ..streaming.source import PlainBody
from ..types._base import WireType
from .reuse import HeldReply

if TYPE_CHECKING:
    from .._sansio.request import DeferredRequest, RequestData
    from ..errors import OpenRouterError
    from ..special_options import LocalCache
    from ..streaming.source import ContinuableSource, StreamItem
    from ..types.meta import ResponseMeta
    from .reuse import Reuse

__all__ = ["KeptStreamSource"]

LOGGER = logging.getLogger("openrouter_async")


class KeptStreamSource:
    """The items of a kept answer, or of the stream that `begin` makes."""

    def __init__(
        self,
        reuse: Reuse,
        cache: LocalCache,
        data: RequestData | DeferredRequest,
        begin: Callable[[RequestData | DeferredRequest], ContinuableSource],
    ) -> None:
        self._reuse = reuse
        self._cache = cache
        self._data = data
        self._begin = begin
        self._request: RequestData | None = None
        self._key: bytes | None = None
        self._held: HeldReply | None = None
        self._was_given = False
        self._inner: ContinuableSource | None = None
        self._was_continued = False

    @property
    def meta(self) -> ResponseMeta | None:
        """The HTTP side of the answer; None before it is known."""
        if self._inner is not None:
            return self._inner.meta
        return None if self._held is None else self._held.meta

    async def read(self) -> list[StreamItem] | None:
        """Return the items of the next read; None at the end. Nothing is looked up or sent before the first."""
        if self._inner is None and self._held is None:
            await self._look()
        if self._inner is not None:
            return await self._inner.read()
        if self._was_given or self._held is None:
            return None
        self._was_given = True
        await checkpoint()
        return [PlainBody(self._held.body)]

    async def _look(self) -> None:
        self._reuse.transport.check()
        self._request = data = await self._data() if callable(self._data) else self._data
        if is_reusable(data):
            self._key = key = await self._reuse.key(data)
            self._held = await self._reuse.find(self._cache, key)
            if self._held is None and self._reuse.has_leases and self._reuse.key_now(data) is not None:
                self._held = await self._reuse.wait_for_stream(partial(self._lease, key))
            if self._held is not None:
                LOGGER.debug("%s answered from the local cache", data.operation.name)
                return
        self._inner = self._begin(data)

    async def _lease(self, key: bytes) -> HeldReply | None:
        """Wait while another process reads an equal stream; return its answer, or None if it has none."""
        reuse, cache = self._reuse, self._cache
        return (
            await reuse.lease(
                cache, key, partial(reuse.find, cache, key), partial(reuse.can_join_stream, key)
            )
        )[0]

    def _release(self, *, at_once: bool = False) -> None:
        """End the lease, unless other calls of this process read on: the last of them ends it."""
        if self._key is None or self._inner is None or not self._reuse.has_leases:
            return
        if at_once or not self._reuse.is_streamed(self._key):
            self._reuse.release(self._cache, self._key)

    async def retry(self, error: OpenRouterError) -> None:
        """Begin anew; send the request if a kept answer cannot be read."""
        if self._inner is not None:
            await self._inner.retry(error)
            return
        if self._request is None:
            raise error
        LOGGER.warning("an answer in the local cache cannot be read, and is requested again: %s", error)
        self._held, self._inner = None, self._begin(self._request)

    async def continue_with(self, data: DeferredRequest, error: OpenRouterError) -> None:
        """Continue in another request; see `ContinuableSource`. An answer of several requests is not kept."""
        if self._inner is None:
            raise error
        self._was_continued = True
        await self._inner.continue_with(data, error)

    async def finish(self, answer: object = None) -> None:
        """Release the connection, and keep the answer."""
        if self._inner is None:
            return
        meta = self._inner.meta
        try:
            await self._inner.finish(answer)
            self._keep(answer, meta)
        finally:
            self._release()

    def _keep(self, answer: object, meta: ResponseMeta | None) -> None:
        if self._key is None or self._request is None or meta is None or self._was_continued:
            return
        if meta.reused is not None:  # who paid for it keeps it
            return
        if is_whole(answer) and isinstance(answer, WireType) and (body := _as_plain(answer)) is not None:
            held = HeldReply(body, meta)
            self._reuse.keep(self._cache, self._key, self._request, answer, held)

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        try:
            if self._inner is not None:
                await self._inner.aclose()
        finally:
            self._release()

    def abort(self) -> None:
        """Close it without waiting."""
        if self._inner is not None:
            self._inner.abort()
        self._release(at_once=True)

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Return an error of the call, once it has ended."""
        return error if self._inner is None else self._inner.fail(error)


def _as_plain(answer: WireType) -> bytes | None:
    """Return the body that a plain call would have been answered with; None where it would say something else."""
    body = answer.model_dump_json(by_alias=True, exclude_unset=True).encode()
    again = type(answer).model_validate_json(body)
    return body if again.model_dump() == answer.model_dump() else None
