"""`Feed`: takes items one at a time, and makes requests with keys of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sized
from functools import cached_property
from typing import TYPE_CHECKING, cast

from pydantic import JsonValue

from ..errors import ConfigurationError
from .items import Item, Items, Request, hashed_settings, request_hash
from .key_hash import key_hash
from .results import Failed

if TYPE_CHECKING:
    from .items import ItemLike

__all__ = ["Feed"]


class Feed:
    """The items of a batch as requests. To be used by one task at a time."""

    def __init__(
        self,
        items: Items,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, JsonValue] | None,
        output_name: str,
    ) -> None:
        if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable | AsyncIterable):
            raise ConfigurationError(
                f"the items are a {type(items).__name__}; expected a list, or anything else that gives them one by one"
            )
        self.total = len(items) if isinstance(items, Sized) else None
        """How many there are; None where they do not tell."""
        self.is_async = isinstance(items, AsyncIterable)
        """Whether the next item may have to be waited for."""
        self.taken = 0
        """How many were taken."""
        self._items = items
        self._iterator: Iterator[ItemLike] | AsyncIterator[ItemLike] | None = None
        self._model = model
        self._params = params
        self._extra_body = extra_body
        self._output_name = output_name
        self._seen: Counter[int] = Counter()
        """`key_hash` of each key, and of each request without one -> how often it was there."""

    async def next(self) -> Request | Failed | None:
        """Return the next request, or why the next item is none; None at the end.

        Exceptions of the caller's iterator pass unchanged.
        """
        if self._iterator is None:
            self._iterator = (
                aiter(self._items) if isinstance(self._items, AsyncIterable) else iter(self._items)
            )
        try:
            if self.is_async:
                item = await anext(cast("AsyncIterator[ItemLike]", self._iterator))
            else:
                item = next(cast("Iterator[ItemLike]", self._iterator))
        except (StopIteration, StopAsyncIteration):
            return None
        index = self.taken
        self.taken += 1
        try:
            return self._request(item, index)
        except ConfigurationError as error:
            key = (item.key if isinstance(item, Item) else None) or f"#{index}"
            return Failed(key=key, index=index, error=error)

    @cached_property
    def _hashed_settings(self) -> str:
        """Those of items that have none of their own."""
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
                raise ConfigurationError(f"the key {key!r} was given to an earlier item; expected each once")
        else:
            key = f"{digest[:16]}-{self._count(digest)}"
        return Request(
            key=key,
            index=index,
            hash=digest,
            messages=messages,
            model=model,
            extra_body=extra_body,
            params=params,
        )

    def _count(self, name: str) -> int:
        self._seen[mark := key_hash(name)] += 1
        return self._seen[mark]

    async def aclose(self) -> None:
        """Close the iterator, if it is a generator."""
        close = getattr(self._iterator, "aclose", None) or getattr(self._iterator, "close", None)
        if close is not None:
            closing = close()
            if closing is not None:
                await closing
