"""`ItemFeed`: an asynchronous iterator of items that only one task advances.

Theory of operation: a generator may open timeouts, task groups and batches of its own, which must be left in the task
that entered them. So one task advances it, when a worker asks for an item, and closes it. Between two items such a
scope may end too: its cancellation arrives in that task while it waits for a worker, and is thrown into the generator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import Generic, TypeVar

import anyio

__all__ = ["ItemFeed"]

T = TypeVar("T")


class ItemFeed(Generic[T]):
    """The items of an asynchronous iterable; `run` is the task, and one worker at a time calls `next`."""

    def __init__(self, items: AsyncIterable[T]) -> None:
        self._items = items
        self._ready: deque[T] = deque()
        self._error: Exception | None = None
        self._is_over = False
        self._is_stopped = False
        self._is_advancing = False
        self._wanted = anyio.Event()
        self._news = anyio.Event()
        self._scope = anyio.CancelScope()

    async def next(self) -> T:
        """Return the next item; raises `StopAsyncIteration` after the last, and errors of the items as they are."""
        if not self._ready and not self._is_over:
            self._news = anyio.Event()
            self._wanted.set()
            await self._news.wait()
        if self._ready:
            return self._ready.popleft()
        self.raise_error()
        raise StopAsyncIteration

    def stop(self) -> None:
        """Ask for no further items; one that is being waited for is not waited for any longer."""
        self._is_stopped = True
        self._wanted.set()
        if self._is_advancing:
            self._scope.cancel()

    async def run(self) -> None:
        """Advance the items when they are asked for, until they end or are stopped, and close them."""
        try:
            iterator = aiter(self._items)
            with self._scope:
                await self._advance(iterator)
                await _close(iterator)
            await _close(iterator)  # where the scope was cancelled
        except Exception as error:  # noqa: BLE001 - raised by `next`, or `raise_error`
            self._error = error
        finally:
            self._is_over = True
            self._news.set()

    def raise_error(self) -> None:
        """Raise what the items raised, if nobody was told."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    async def _advance(self, iterator: AsyncIterator[T]) -> None:
        while True:
            try:
                await self._wanted.wait()
                if self._is_stopped:
                    return
                self._is_advancing = True
                item = await anext(iterator)
            except StopAsyncIteration:
                return
            except anyio.get_cancelled_exc_class() as cancelled:
                if self._is_advancing or not isinstance(iterator, AsyncGenerator):
                    raise
                try:
                    item = await iterator.athrow(cancelled)
                except StopAsyncIteration:
                    return
            finally:
                self._is_advancing = False
            if not self._is_stopped:
                self._wanted = anyio.Event()
            self._ready.append(item)
            self._news.set()


async def _close(iterator: object) -> None:
    close = getattr(iterator, "aclose", None)
    if close is not None:
        try:
            await close()
        except BaseExceptionGroup as group:
            if group.split(GeneratorExit)[1] is not None:
                raise  # else a task group in the generator has wrapped what closes it
