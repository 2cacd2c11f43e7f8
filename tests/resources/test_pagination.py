"""A paginator sends one request a page, and only for what is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from openrouter_async._sansio.pagination import Arguments, CursorPaging, OffsetPaging
from openrouter_async.errors import InvalidResponseError, RateLimited
from openrouter_async.resources._pagination import Page, Paginator


@dataclass
class Counted:
    data: Sequence[str]
    total_count: int


@dataclass
class Bare:
    data: Sequence[str]


@dataclass
class Cursored:
    data: Sequence[str]
    has_more: bool
    last_id: str | None


class Letters:
    """A list of the letters a to e; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Arguments] = []

    async def counted(self, arguments: Arguments) -> Counted:
        return Counted(self.part(arguments), 5)

    async def bare(self, arguments: Arguments) -> Bare:
        return Bare(self.part(arguments))

    async def with_a_gap(self, arguments: Arguments) -> Cursored:
        self.asked.append(arguments)
        pages = {
            None: Cursored("ab", True, "b"),
            "b": Cursored("", True, "x"),
            "x": Cursored("cde", False, "e"),
        }
        after = arguments.get("after")
        assert after is None or isinstance(after, str)
        return pages[after]

    async def refused_at_two(self, arguments: Arguments) -> Counted:
        if arguments.get("offset") == 2:
            raise RateLimited("slow down", status=429)
        return await self.counted(arguments)

    def part(self, arguments: Arguments) -> str:
        self.asked.append(arguments)
        start = arguments.get("offset") or 0
        assert isinstance(start, int)
        return "abcde"[start : start + 2]


@pytest.fixture
def letters() -> Letters:
    return Letters()


async def test_awaiting_gives_the_first_page(letters: Letters) -> None:
    page = await Paginator(letters.counted, OffsetPaging(), {"limit": 2})
    assert page == Page(items="ab", total_count=5, has_more=True)
    assert letters.asked == [{"limit": 2}]


async def test_a_page_may_be_the_last(letters: Letters) -> None:
    page = await Paginator(letters.counted, OffsetPaging(), {"offset": 4})
    assert page == Page(items="e", total_count=5, has_more=False)


async def test_iterating_gives_all_items_with_one_request_a_page(letters: Letters) -> None:
    paginator = Paginator(letters.counted, OffsetPaging(), {"limit": 2})
    assert [item async for item in paginator] == list("abcde")
    assert letters.asked == [{"limit": 2}, {"limit": 2, "offset": 2}, {"limit": 2, "offset": 4}]


async def test_a_list_without_a_total_is_read_until_a_page_is_empty(letters: Letters) -> None:
    assert [item async for item in Paginator(letters.bare, OffsetPaging(), {})] == list("abcde")
    assert [arguments.get("offset") for arguments in letters.asked] == [None, 2, 4, 5]


async def test_an_empty_page_in_the_middle_is_passed_over(letters: Letters) -> None:
    assert [item async for item in Paginator(letters.with_a_gap, CursorPaging(), {})] == list("abcde")
    assert letters.asked == [{}, {"after": "b"}, {"after": "x"}]


async def test_nothing_is_sent_before_it_is_needed(letters: Letters) -> None:
    paginator = Paginator(letters.counted, OffsetPaging(), {})
    items = aiter(paginator)
    assert letters.asked == []
    async with aclosing(items):
        assert [await anext(items), await anext(items)] == ["a", "b"]
        assert len(letters.asked) == 1
        assert await anext(items) == "c"
        assert len(letters.asked) == 2


async def test_each_loop_begins_at_the_first_page(letters: Letters) -> None:
    paginator = Paginator(letters.counted, OffsetPaging(), {})
    first = [item async for item in paginator]
    assert [item async for item in paginator] == first
    assert (await paginator).items == "ab"


async def test_loops_over_one_paginator_do_not_disturb_each_other(letters: Letters) -> None:
    paginator = Paginator(letters.counted, OffsetPaging(), {})

    async def read() -> list[str]:
        return [item async for item in paginator]

    one, other = await asyncio.gather(read(), read())
    assert one == other == list("abcde")


async def test_an_error_of_a_later_page_comes_after_the_items_before_it(letters: Letters) -> None:
    seen: list[str] = []

    async def read() -> None:
        async for item in Paginator(letters.refused_at_two, OffsetPaging(), {}):
            seen.append(item)  # noqa: PERF401 - a comprehension would lose what was read before the error

    with pytest.raises(RateLimited):
        await read()
    assert seen == ["a", "b"]


async def test_a_page_that_comes_again_ends_the_list_with_an_error() -> None:
    """A service that does not know `offset` gives the first page for ever."""
    asked: list[Arguments] = []

    async def first_page(arguments: Arguments) -> Bare:
        asked.append(arguments)
        return Bare(["a", "b"])

    items = aiter(Paginator(first_page, OffsetPaging(), {}))
    assert [await anext(items), await anext(items)] == ["a", "b"]
    with pytest.raises(InvalidResponseError, match="the page before once more"):
        await anext(items)
    assert asked == [{}, {"offset": 2}]
