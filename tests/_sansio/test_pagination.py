"""Which page comes next."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.pagination import Arguments, CursorPaging, OffsetPaging, PageFacts, facts_of
from openrouter_async.errors import InvalidResponseError


@pytest.mark.parametrize(
    ("arguments", "page", "following"),
    [
        pytest.param({}, PageFacts(count=0), None, id="an empty page is the end"),
        pytest.param(
            {}, PageFacts(count=0, total_count=9, has_more=True), None, id="an empty page always is"
        ),
        pytest.param({}, PageFacts(count=50), {"offset": 50}, id="no total: ask until a page is empty"),
        pytest.param({"offset": None}, PageFacts(count=5), {"offset": 5}, id="no offset given"),
        pytest.param({"offset": 50}, PageFacts(count=7), {"offset": 57}, id="a short page is no end"),
        pytest.param(
            {"limit": 2, "q": "x"},
            PageFacts(count=2, total_count=3),
            {"limit": 2, "q": "x", "offset": 2},
            id="other arguments stay",
        ),
        pytest.param({"offset": 2}, PageFacts(count=1, total_count=3), None, id="the total is reached"),
        pytest.param(
            {"offset": 2}, PageFacts(count=1, total_count=0, has_more=True), {"offset": 3}, id="has_more wins"
        ),
        pytest.param({}, PageFacts(count=2, total_count=9, has_more=False), None, id="has_more False wins"),
        pytest.param(
            {"limit": 500},
            PageFacts(count=498, has_more=True, next_link="/api/v1/models?limit=500&offset=500"),
            {"limit": 500, "offset": 500},
            id="the link's offset, when some items of a page were left out",
        ),
        pytest.param(
            {"offset": 10},
            PageFacts(count=5, has_more=True, next_link="https://elsewhere.example/?offset=0&key=x"),
            {"offset": 15},
            id="a link cannot lead back or elsewhere",
        ),
        pytest.param(
            {}, PageFacts(count=5, has_more=True, next_link="/?offset=x"), {"offset": 5}, id="unreadable link"
        ),
    ],
)
def test_offset(arguments: Arguments, page: PageFacts, following: Arguments | None) -> None:
    assert OffsetPaging().after(arguments, page) == following


@pytest.mark.parametrize(
    ("page", "following"),
    [
        pytest.param(PageFacts(count=5), None, id="nothing said"),
        pytest.param(PageFacts(count=5, total_count=9), {"offset": 5}, id="a total not reached"),
        pytest.param(PageFacts(count=5, total_count=5), None, id="a total reached"),
        pytest.param(PageFacts(count=5, has_more=True, next_link="/?offset=5"), {"offset": 5}, id="a link"),
    ],
)
def test_where_pages_say_that_more_follow_silence_is_the_end(
    page: PageFacts, following: Arguments | None
) -> None:
    """A server that knows no pages gives the whole list each time; asking on would never end."""
    assert OffsetPaging(says_more=True).after({}, page) == following


def test_a_list_ends_at_the_largest_offset_that_its_operation_takes() -> None:
    paging = OffsetPaging(max_offset=100)
    assert paging.after({"offset": 50}, PageFacts(count=50)) == {"offset": 100}
    assert paging.after({"offset": 100}, PageFacts(count=50)) is None


@pytest.mark.parametrize(
    ("arguments", "page", "following"),
    [
        pytest.param({}, PageFacts(count=2, has_more=False, cursor="b"), None, id="no more"),
        pytest.param({}, PageFacts(count=2, has_more=True, cursor="b"), {"after": "b"}, id="more"),
        pytest.param(
            {"after": "b", "limit": 2},
            PageFacts(count=0, has_more=True, cursor="d"),
            {"after": "d", "limit": 2},
            id="an empty page is not the end",
        ),
        pytest.param({}, PageFacts(count=2, cursor="b"), {"after": "b"}, id="only a cursor"),
        pytest.param({}, PageFacts(count=2), None, id="neither"),
    ],
)
def test_cursor(arguments: Arguments, page: PageFacts, following: Arguments | None) -> None:
    assert CursorPaging().after(arguments, page) == following


def test_the_name_of_the_cursor_parameter_can_differ() -> None:
    paging = CursorPaging(parameter="cursor")
    assert paging.after({}, PageFacts(count=1, cursor="b")) == {"cursor": "b"}


@pytest.mark.parametrize("cursor", [None, "b"], ids=["missing", "the same again"])
def test_a_list_that_goes_on_without_a_new_cursor_is_an_error(cursor: str | None) -> None:
    """Ending quietly would pass half a list for a whole one; going on would never end."""
    with pytest.raises(InvalidResponseError, match="cursor"):
        CursorPaging().after({"after": "b"}, PageFacts(count=1, has_more=True, cursor=cursor))


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        pytest.param(SimpleNamespace(), PageFacts(count=2), id="says nothing"),
        pytest.param(SimpleNamespace(total_count=7), PageFacts(count=2, total_count=7), id="total"),
        pytest.param(
            SimpleNamespace(has_more=True, last_id="b"),
            PageFacts(count=2, has_more=True, cursor="b"),
            id="last id",
        ),
        pytest.param(SimpleNamespace(cursor="c"), PageFacts(count=2, cursor="c"), id="cursor"),
        pytest.param(
            SimpleNamespace(links=SimpleNamespace(next="/x?offset=2")),
            PageFacts(count=2, has_more=True, next_link="/x?offset=2"),
            id="a link is more",
        ),
        pytest.param(
            SimpleNamespace(links=SimpleNamespace(next=None), total_count=9),
            PageFacts(count=2, has_more=False, total_count=9),
            id="a null link is the end",
        ),
        pytest.param(
            SimpleNamespace(total_count="9", has_more="yes", last_id=3), PageFacts(count=2), id="odd types"
        ),
    ],
)
def test_facts_are_read_off_a_page(page: object, facts: PageFacts) -> None:
    assert facts_of(page, ["a", "b"]) == facts


@given(size=st.integers(0, 40), limit=st.integers(1, 7), start=st.integers(0, 5), told=st.booleans())
def test_pages_by_offset_give_every_item_once(size: int, limit: int, start: int, told: bool) -> None:
    seen: list[int] = []
    arguments: Arguments | None = {"offset": start, "limit": limit}
    pages = 0
    while arguments is not None:
        offset = arguments["offset"]
        assert isinstance(offset, int)
        items = list(range(size))[offset : offset + limit]
        seen += items
        pages += 1
        arguments = OffsetPaging().after(
            arguments, PageFacts(count=len(items), total_count=size if told else None)
        )
    assert seen == list(range(start, size))
    needed = -(-max(size - start, 0) // limit)
    assert pages == (max(needed, 1) if told else needed + 1)


def test_a_cursor_wins_over_the_last_id() -> None:
    """Lists of files have both, and are paged by their cursor."""
    assert facts_of(SimpleNamespace(cursor="c", last_id="l"), []).cursor == "c"
    assert facts_of(SimpleNamespace(cursor=None, last_id="l"), []).cursor == "l"
