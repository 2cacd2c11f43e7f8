"""`SharedStreamSource`: one stream of the service that several equal calls read.

*Theory of operation.* The first call that reads begins a `SharedStream`, a task that belongs to none of the callers. It
keeps every item, so a call that comes later gets all of them too, and it reads on only when a reader has had all that
there is. Readers that are slower lose nothing. When a reader has the whole reply, the connection is released; when the
last reader has left before, the request is cancelled. The reader who began it is the one who paid, or the next, if that
one left.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from ..errors import ConnectionLost, OpenRouterError
from ..types.reply_cache import ReplyCache
from .flights import unbilled

if TYPE_CHECKING:
    from .._sansio.request import DeferredRequest, RequestData
    from ..streaming.source import ContinuableSource, StreamItem
    from ..types.meta import ResponseMeta
    from .transport import Transport

__all__ = ["SharedStream", "SharedStreamSource"]


class SharedStream:
    """The items of one source so far, and the task that reads it."""

    def __init__(self, inner: ContinuableSource) -> None:
        self.inner = inner
        self.readers = 0
        self.reads: list[list[StreamItem]] = []
        self.attempt = 0
        self.has_ended = False
        self.error: OpenRouterError | None = None
        self.failure: Exception | None = None
        """Another exception, such as one of a hook."""
        self.to_retry: OpenRouterError | None = None
        self.is_finished = False
        self.payer: object = None
        """The reader that gets the cost."""
        self.answer: object = None
        self.scope = anyio.CancelScope()
        self.closed = anyio.Event()
        self._wanted = anyio.Event()
        self._changed = anyio.Event()

    @property
    def can_be_joined(self) -> bool:
        """Whether another call may still become a reader."""
        return not self.is_finished and self.error is None

    async def run(self, forget: Callable[[], None]) -> None:
        """Read on demand until a reader has the whole, or none is left."""
        try:
            with self.scope:
                while not self.is_finished:
                    await self._wanted.wait()
                    self._wanted = anyio.Event()
                    if not self.is_finished:
                        await self._step()
        finally:
            forget()
            try:
                with anyio.CancelScope(shield=True):
                    if self.is_finished:
                        await self.inner.finish(self.answer)
                    else:
                        await self.inner.aclose()
            except Exception as error:  # noqa: BLE001 - raised to who finished it
                self.failure = error
            finally:
                self.closed.set()
                self._changed.set()

    async def _step(self) -> None:
        try:
            if self.to_retry is not None:
                error, self.to_retry = self.to_retry, None
                await self.inner.retry(error)
                self.reads, self.error = [], None
                self.attempt += 1
            else:
                items = await self.inner.read()
                if items is None:
                    self.has_ended = True
                else:
                    self.reads.append(items)
        except OpenRouterError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - raised to the readers
            self.failure = error
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    async def step(self) -> None:
        """Wait until there is more, or why there is not."""
        changed = self._changed
        self._wanted.set()
        await changed.wait()

    def finish(self, answer: object) -> None:
        """Release the connection; the reply is whole."""
        self.is_finished, self.answer = True, answer
        self._wanted.set()


class SharedStreamSource:
    """One call's view of a shared stream."""

    def __init__(
        self,
        transport: Transport,
        kind: Hashable,
        data: RequestData | DeferredRequest,
        begin: Callable[[RequestData | DeferredRequest], ContinuableSource],
    ) -> None:
        self._transport = transport
        self._kind = kind
        self._data = data
        self._begin = begin
        self._shared: SharedStream | None = None
        self._own: ContinuableSource | None = None
        """What continues alone."""
        self._place = 0
        self._attempt = 0
        self._has_left = False
        self._has_paid = False
        """Its failure says what the request may have cost; those of the others do not, whoever leaves first."""

    @property
    def meta(self) -> ResponseMeta | None:
        """The HTTP side of the answer; None before its headers."""
        if self._own is not None:
            return self._own.meta
        shared = self._shared
        meta = None if shared is None else shared.inner.meta
        if shared is None or meta is None or self._pays(shared):
            return meta
        reused = ReplyCache(is_hit=True, where="shared", age=0.0, source_id=meta.generation_id)
        return replace(meta, attempts=0, billed_before=(), reused=reused)

    def _pays(self, shared: SharedStream) -> bool:
        if shared.payer is None:
            shared.payer = self
        return shared.payer is self

    async def read(self) -> list[StreamItem] | None:
        """Return the items of the next read; None at the end. The first call joins the stream, or begins it."""
        if self._own is not None:
            return await self._own.read()
        shared = self._shared or self._join()
        while True:
            if shared.attempt != self._attempt:  # another reader had it begun anew
                self._place, self._attempt = 0, shared.attempt
            if self._place < len(shared.reads):
                self._place += 1
                return shared.reads[self._place - 1]
            if shared.has_ended or shared.is_finished:
                return None
            if shared.failure is not None:
                raise shared.failure
            if shared.error is not None:
                raise unbilled(shared.error)
            if shared.closed.is_set():
                raise ConnectionLost(
                    "the stream that equal calls shared was cancelled; was the client closed?"
                )
            await shared.step()

    def _join(self) -> SharedStream:
        self._transport.check()
        streams = self._transport.flights.streams
        shared = streams.get(self._kind)
        if not isinstance(shared, SharedStream) or not shared.can_be_joined:
            shared = streams[self._kind] = SharedStream(self._begin(self._data))
            self._transport.network.start(partial(shared.run, partial(self._forget, shared)))
        shared.readers += 1
        shared.payer = shared.payer or self
        self._shared, self._attempt = shared, shared.attempt
        return shared

    def _forget(self, shared: SharedStream) -> None:
        streams = self._transport.flights.streams
        if streams.get(self._kind) is shared:
            del streams[self._kind]

    async def retry(self, error: OpenRouterError) -> None:
        """Have it begun anew, once for all its readers; raises `error` if it may not be."""
        if self._own is not None:
            await self._own.retry(error)
            return
        shared = self._shared
        if shared is None:
            raise error
        if shared.attempt == self._attempt:
            shared.to_retry = shared.to_retry or error
            while shared.attempt == self._attempt:
                before = shared.error
                await shared.step()
                if shared.failure is not None:
                    raise shared.failure
                if shared.error is not None and (shared.error is not before or shared.to_retry is None):
                    raise unbilled(shared.error)
                if shared.closed.is_set():
                    raise error
        self._place, self._attempt = 0, shared.attempt

    async def continue_with(self, data: DeferredRequest, error: OpenRouterError) -> None:
        """Continue alone in another request; see `ContinuableSource`."""
        if self._own is not None:
            await self._own.continue_with(data, error)
            return
        await self._leave()
        self._own = self._begin(data)

    async def finish(self, answer: object = None) -> None:
        """Release the connection, if no other reader has."""
        if self._own is not None:
            await self._own.finish(answer)
            return
        shared = self._shared
        if shared is None or self._has_left:
            return
        if not shared.is_finished:
            shared.finish(answer)
        self._has_left = True
        shared.readers -= 1
        if shared.is_finished and shared.answer is answer:
            await shared.closed.wait()
            if shared.failure is not None:
                raise shared.failure

    async def aclose(self) -> None:
        """Leave; the last one closes the connection."""
        if self._own is not None:
            await self._own.aclose()
        await self._leave()

    async def _leave(self) -> None:
        if self._drop() and self._shared is not None:
            with anyio.CancelScope(shield=True):
                await self._shared.closed.wait()

    def _drop(self) -> bool:
        """Leave without waiting; return whether nobody is left."""
        shared = self._shared
        if shared is None or self._has_left:
            return False
        self._has_left = True
        shared.readers -= 1
        if shared.payer is self and not self._has_paid:
            shared.payer = None
        if shared.readers or shared.is_finished:
            return False
        self._forget(shared)
        shared.scope.cancel()
        return True

    def abort(self) -> None:
        """Leave without waiting; callable from any thread."""
        if self._own is not None:
            self._own.abort()
        if self._shared is not None and not self._has_left:
            self._transport.network.call_soon(self._drop_later)

    def _drop_later(self) -> None:
        self._drop()

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        """Return an error of the call, once it has ended."""
        if self._own is not None:
            return self._own.fail(error)
        shared = self._shared
        if shared is None:
            return error
        if not self._pays(shared):
            return unbilled(error)
        self._has_paid = True
        return shared.inner.fail(error)
