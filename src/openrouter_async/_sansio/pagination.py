"""The arguments of a list's next page, or the end: pure arithmetic on the facts in a page.

There are two ways of paging. By *offset*: `offset` counts items; a page may have `total_count`, `has_more` or
`links.next`, or nothing at all (`GET /keys`), and then the first empty page is the end. By *cursor*: the next page is
requested with the `cursor` of the last one, or else with its `last_id`; such a page may be empty although more
follow, so `has_more` decides and never the number of items.

`links.next` is the relation of RFC 8288, 3.3, in the body in place of a `Link` header; only the query of its target
is used, so the host of the request never changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from ..errors import InvalidResponseError
from ..types.common import RowsWithoutNulls
from .request import QueryValue

__all__ = ["Arguments", "CursorPaging", "OffsetPaging", "PageFacts", "Paging", "facts_of"]

Arguments = Mapping[str, QueryValue]
"""The query arguments of a list operation; None is not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """A page's facts about itself and about the rest."""

    count: int
    """Items in the page, nulls too."""
    total_count: int | None = None
    """Items in the whole list."""
    has_more: bool | None = None
    """Whether more follow; None where the page does not say so."""
    cursor: str | None = None
    """The argument that requests the next page, in lists paged by cursor."""
    next_link: str | None = None
    """The address of the next page, relative to the host."""


class Paging(Protocol):
    """A way of paging."""

    def after(self, arguments: Arguments, page: PageFacts) -> Arguments | None:
        """Return the arguments of the page after the one with `arguments`; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPaging:
    """Pages by `offset`, counted in items."""

    max_offset: int | None = None
    """The largest offset the operation takes; the list ends there."""
    says_more: bool = False
    """Whether a page with more behind it says so; one that says nothing about the rest is the last then."""

    def after(self, arguments: Arguments, page: PageFacts) -> Arguments | None:
        """Return the arguments of the next page; None at the end."""
        if page.count == 0 or page.has_more is False:
            return None
        if self.says_more and page.has_more is None and page.total_count is None:
            return None
        start = arguments.get("offset")
        reached = (start if isinstance(start, int) else 0) + page.count
        if page.has_more is None and page.total_count is not None and reached >= page.total_count:
            return None
        offset = max(reached, _offset_in(page.next_link))
        if self.max_offset is not None and offset > self.max_offset:
            return None
        return {**arguments, "offset": offset}


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorPaging:
    """Pages by a cursor from the page before."""

    parameter: str = "after"
    """The argument that requests the next page."""

    def after(self, arguments: Arguments, page: PageFacts) -> Arguments | None:
        """Return the arguments of the next page; None at the end.

        Raises:
            InvalidResponseError: there are more, but no cursor or the same one again, so the rest of the list is
                unreachable.
        """
        if page.has_more is False or (page.has_more is None and page.cursor is None):
            return None
        if page.cursor is None or page.cursor == arguments.get(self.parameter):
            raise InvalidResponseError(
                f"the list continues, but its cursor is {page.cursor!r};"
                f" expected an id other than {arguments.get(self.parameter)!r}"
            )
        return {**arguments, self.parameter: page.cursor}


def facts_of(page: object, items: Sized) -> PageFacts:
    """Read the paging fields that `page` has; a field of another type than expected counts as absent."""
    total, more = getattr(page, "total_count", None), getattr(page, "has_more", None)
    links = getattr(page, "links", None)
    link = getattr(links, "next", None)
    cursor = getattr(page, "cursor", None) or getattr(page, "last_id", None)
    if not isinstance(more, bool):
        more = None if links is None else link is not None
    return PageFacts(
        count=items.sent if isinstance(items, RowsWithoutNulls) else len(items),
        total_count=total if isinstance(total, int) else None,
        has_more=more,
        cursor=cursor if isinstance(cursor, str) else None,
        next_link=link if isinstance(link, str) else None,
    )


def _offset_in(link: str | None) -> int:
    """Return the offset that a link asks for, or 0; nothing else of a link is used, least of all its host."""
    if link is None:
        return 0
    try:
        return int(parse_qs(urlsplit(link).query)["offset"][0])
    except (KeyError, ValueError):
        return 0
