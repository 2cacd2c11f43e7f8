"""`Paginator`: a list of the service, `await`ed for one page or iterated for all items.

It sends nothing before it is awaited or iterated, one request per page, and requests a page only when you ask for an
item of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from .._sansio.pagination import Arguments, Paging, facts_of
from ..errors import InvalidResponseError
from ..types.meta import ResponseMeta, kept_meta

__all__ = ["Page", "PageLike", "Paginator"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class PageLike(Protocol[T_co]):
    """A page as the service sent it; it may also have `total_count`, `has_more`, `last_id` and `links`."""

    @property
    def data(self) -> Sequence[T_co]: ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list; iteration yields its items, `len` counts them."""

    items: Sequence[T_co]
    """In the service's order; may be empty."""
    total_count: int | None
    """Items in the whole list, where the service counts them."""
    has_more: bool
    """Whether another page is to be asked for. Some lists do not tell: then True, until an empty page comes."""
    _meta: ResponseMeta | None = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Paginator(Generic[T]):
    """A list that comes in pages.

    ```python
    page = await client.keys.list()             # one request: the first page
    async for key in client.keys.list():        # all items, one request a page, as far as you read
        ...
    keys = await client.keys.list().all()       # all items, as a list
    ```

    Each `await` and each loop begins again at the first page. Items that are added or removed at the service
    while a loop runs may be seen twice or missed.

    Raises:
        OpenRouterError: any failure of a request, from the `await`, or from the step of the loop that needs it.
    """

    __slots__ = ("_arguments", "_fetch", "_paging")

    def __init__(
        self,
        fetch: Callable[[Arguments], Awaitable[PageLike[T]]],
        paging: Paging,
        arguments: Arguments,
    ) -> None:
        self._fetch = fetch
        self._paging = paging
        self._arguments = arguments

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        """Return the first page."""
        return self._first().__await__()

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        """Yield the items of all pages."""
        arguments: Arguments | None = self._arguments
        before: Sequence[T] | None = None
        while arguments is not None:
            page = await self._fetch(arguments)
            facts = facts_of(page, page.data)
            if facts.count and page.data == before and self._paging.after(arguments, facts) is not None:
                raise InvalidResponseError(
                    "the list continues with the page before once more; the service may not know how to page it"
                )
            for item in page.data:
                yield item
            arguments, before = self._paging.after(arguments, facts), page.data

    async def all(self) -> list[T]:
        """Return the items of all pages."""
        return [item async for item in self]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} not yet read; await it for a page, or use async for>"

    async def _first(self) -> Page[T]:
        page = await self._fetch(self._arguments)
        facts = facts_of(page, page.data)
        following = self._paging.after(self._arguments, facts)
        return Page(
            items=page.data,
            total_count=facts.total_count,
            has_more=following is not None,
            _meta=kept_meta(page),
        )
