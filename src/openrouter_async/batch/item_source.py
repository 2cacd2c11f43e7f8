"""`ItemSource`: the items of a batch as requests with keys, for whichever worker asks next.

Theory of operation: an item that is available immediately is returned without a wait, so no other task can intervene.
If it may require a wait (for an asynchronous iterator, which an `ItemFeed` advances, or for `allow`), one worker
waits and the others queue behind it; `stop` ends that wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sized
from functools import cached_property
from typing import TYPE_CHECKING

import anyio
from pydantic import JsonValue

from ..errors import ConfigurationError
from .item_feed import ItemFeed
from .items import Item, Items, Request, hashed_settings, key_hash, request_hash
from .results import Failed

if TYPE_CHECKING:
    from typing import Self

    from anyio.abc import TaskGroup

    from .items import ItemLike

__all__ = ["ItemSource"]


class ItemSource:
    """An asynchronous iterator of requests, that many tasks may read; of an item that cannot be sent, why it failed.

    Exceptions of the caller's iterator pass unchanged.
    """

    def __init__(
        self,
        items: Items,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, JsonValue] | None,
        output_name: str = "",
        kind_name: str = "",
    ) -> None:
        if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable | AsyncIterable):
            raise ConfigurationError(
                f"the items are a {type(items).__name__}; expected a list, or anything else that yields them one by one"
            )
        self.total = len(items) if isinstance(items, Sized) else None
        """How many there are; None where they do not tell."""
        self._items = items
        self._is_async = isinstance(items, AsyncIterable)
        self._iterator: Iterator[ItemLike] | None = None
        self._async_iterator: AsyncIterator[ItemLike] | None = None
        self._feed: ItemFeed[ItemLike] | None = None
        self._model = model
        self._params = params
        self._extra_body = extra_body
        self._output_name = f"{kind_name} {output_name}" if kind_name else output_name
        self._seen: dict[int, int] = {}
        """`key_hash` of each key, and of each request without one -> how often it was there."""
        self._taken = 0
        self._allowed: int | None = None
        self._turn = anyio.Lock(fast_acquire=True)
        self._wait: anyio.CancelScope | None = None
        self._more_allowed = anyio.Event()
        self._is_stopped = False

    def allow(self, count: int) -> None:
        """Give at most so many items, those before included, until more are allowed; who wants one waits."""
        self._allowed = count
        self._more_allowed.set()

    def stop(self) -> None:
        """Give no further items."""
        self._is_stopped = True
        if self._wait is not None:
            self._wait.cancel()
        if self._feed is not None:
            self._feed.stop()

    def feed_in(self, group: TaskGroup) -> None:
        """Let one task of the group advance asynchronous items, since many tasks are going to take them."""
        if isinstance(self._items, AsyncIterable):
            self._feed = ItemFeed(self._items)
            group.start_soon(self._feed.run)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Request | Failed:
        if self._allowed is None and not self._is_async:
            return self._take_now()
        async with self._turn:
            with anyio.CancelScope() as self._wait:
                while self._allowed is not None and self._taken >= self._allowed and not self._is_stopped:
                    self._more_allowed = anyio.Event()
                    await self._more_allowed.wait()
                return await self._take() if self._is_async else self._take_now()
        raise StopAsyncIteration

    async def _take(self) -> Request | Failed:
        if self._is_stopped:
            raise StopAsyncIteration
        if self._feed is not None:
            return self._read(await self._feed.next())
        if self._async_iterator is None:
            assert isinstance(self._items, AsyncIterable)
            self._async_iterator = aiter(self._items)
        return self._read(await anext(self._async_iterator))

    def _take_now(self) -> Request | Failed:
        if self._is_stopped:
            raise StopAsyncIteration
        if self._iterator is None:
            assert isinstance(self._items, Iterable)
            self._iterator = iter(self._items)
        try:
            item = next(self._iterator)
        except StopIteration:
            raise StopAsyncIteration from None
        return self._read(item)

    def _read(self, item: ItemLike) -> Request | Failed:
        index = self._taken
        self._taken += 1
        try:
            return self._request(item, index)
        except ConfigurationError as error:
            key = (item.key if isinstance(item, Item) else None) or f"#{index}"
            return Failed(key=key, index=index, source=item, error=error)

    def preview(self) -> Iterator[Request | Failed]:
        """Yield all requests, and take none of the items.

        Raises:
            ConfigurationError: the items can be read only once.
        """
        if not isinstance(self._items, Iterable) or isinstance(self._items, Iterator):
            raise ConfigurationError(
                "the items can be read only once, so they cannot be inspected before; pass a list"
            )
        again = ItemSource(
            self._items,
            model=self._model,
            params=self._params,
            extra_body=self._extra_body,
            output_name=self._output_name,
        )
        return (again._read(item) for item in self._items)

    @cached_property
    def _hashed_settings(self) -> str:
        """The keys of items without a key of their own."""
        return hashed_settings(
            model=self._model, params=self._params, extra_body=self._extra_body, output=self._output_name
        )

    def _request(self, item: ItemLike, index: int) -> Request:
        model, params, extra_body = self._model, self._params, self._extra_body
        if isinstance(item, Item):
            messages, model = item.messages, item.model or model
            params = {**params, **item.params} if item.params else params
            extra_body = item.extra_body if item.extra_body is not None else extra_body
            settings = hashed_settings(
                model=model, params=params, extra_body=extra_body, output=self._output_name
            )
        else:
            messages, settings = item, self._hashed_settings
        digest = request_hash(messages, settings)
        if isinstance(item, Item) and item.key is not None:
            key = item.key
            if self._count(key) > 1:
                raise ConfigurationError(f"the key {key!r} belongs to an earlier item; expected each once")
        else:
            key = f"{digest[:16]}-{self._count(digest)}"
        return Request(
            key=key,
            index=index,
            hash=digest,
            source=item,
            messages=messages,
            model=model,
            extra_body=extra_body,
            params=params,
        )

    def _count(self, name: str) -> int:
        mark = key_hash(name)
        self._seen[mark] = count = self._seen.get(mark, 0) + 1
        return count

    async def aclose(self) -> None:
        """Close the iterator, if it is a generator; a feed has done so, and tells what went wrong then."""
        if self._feed is not None:
            self._feed.raise_error()
            return
        iterator = self._async_iterator if self._is_async else self._iterator
        close = getattr(iterator, "aclose", None) or getattr(iterator, "close", None)
        if close is not None:
            closing = close()
            if closing is not None:
                await closing
