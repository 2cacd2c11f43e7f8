"""A redirect is followed to another path of the same base URL only, and only where the row of the operation says so."""

from __future__ import annotations

import pytest

from openrouter_async import operations
from openrouter_async._sansio.redirects import redirected
from openrouter_async._sansio.request import build_request

BASE = "https://openrouter.ai/api/v1"
ALIAS = operations.GET_MODEL._replace(is_redirected=True)
REQUEST = build_request(ALIAS, path={"author": "a", "slug": "b"}, query={"old": "1"})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("location", "path", "query"),
    [
        ("/api/v1/tools/openrouter:web_search", "/tools/openrouter:web_search", ()),
        (f"{BASE}/tools/x?a=1&b=%2F", "/tools/x", (("a", "1"), ("b", "/"))),
        ("c%2Fd", "/model/a/c%2Fd", ()),
        ("../c", "/model/c", ()),
    ],
)
def test_another_path_is_asked_once_with_the_query_that_the_redirect_names(
    status: int, location: str, path: str, query: tuple[tuple[str, str], ...]
) -> None:
    other = redirected(REQUEST, BASE, status, location)
    assert other is not None
    assert (other.path, other.query) == (path, query)
    assert redirected(other, BASE, status, location) is None


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "https://elsewhere.example/api/v1/tools/x",
        "http://openrouter.ai/api/v1/tools/x",
        "https://openrouter.ai:444/api/v1/tools/x",
        "https://user@openrouter.ai/api/v1/tools/x",
        "//elsewhere.example/api/v1/x",
        "/tools/x",
        "/api/v1",
        "/api/v10/tools",
        "../../../../etc",
        "https://[broken/",
    ],
)
def test_no_redirect_leads_elsewhere(location: str | None) -> None:
    assert redirected(REQUEST, BASE, 308, location) is None


@pytest.mark.parametrize("status", [200, 300, 303, 304, 404])
def test_other_statuses_are_no_redirects(status: int) -> None:
    assert redirected(REQUEST, BASE, status, "/api/v1/tools/x") is None


def test_an_operation_that_says_nothing_of_redirects_is_not_redirected() -> None:
    data = build_request(operations.GET_KEY)
    assert redirected(data, BASE, 308, "/api/v1/tools/x") is None
