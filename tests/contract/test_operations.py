"""`operations.py` agrees with the tables of facts, or says why not."""

from __future__ import annotations

import re

import pytest

from openrouter_async import operations
from openrouter_async.operations import Operation

from .differences import BEYOND_SPEC, NOT_WRAPPED
from .table import Table

ROWS = sorted(
    (value for value in vars(operations).values() if isinstance(value, Operation)), key=lambda row: row.name
)
KNOWN = Table.known().operations
IN_SPEC = [pytest.param(row, id=row.name) for row in ROWS if row.spec_id is not None]


def test_a_route_is_one_operation() -> None:
    routes = [(facts["method"], facts["path"]) for facts in KNOWN.values()]
    assert len(routes) == len(set(routes))


def test_rows_have_names_and_routes_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert len({(row.method, row.path) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", IN_SPEC)
def test_method_and_path_are_those_of_the_document(row: Operation) -> None:
    assert row.spec_id in KNOWN
    facts = KNOWN[row.spec_id]
    assert (row.method, _unnamed(row.path)) == (facts["method"], _unnamed(facts["path"]))


def _unnamed(path: str) -> str:
    """Return a path without the names of its fields, which are our own."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("row", IN_SPEC)
def test_the_kind_of_key_is_the_one_of_the_facts(row: Operation) -> None:
    assert row.spec_id in KNOWN
    assert row.key == KNOWN[row.spec_id]["key"]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_reads_may_be_repeated(row: Operation) -> None:
    assert row.repeat == "always" or row.method != "GET"


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_what_creates_or_changes_something_is_sent_again_only_where_it_was_refused(row: Operation) -> None:
    assert fault_of_repeat(row) is None


def fault_of_repeat(row: Operation) -> str | None:
    """Say where a row is repeated that should not be; the others are asked of a model, or read.

    What costs as much as an image or a video is made once.
    What the service knows by an `Idempotency-Key` is sent again.
    """
    asked_of_a_model = {
        "/chat/completions",
        "/messages",
        "/responses",
        "/completions",
        "/embeddings",
        "/audio/speech",
        "/audio/transcriptions",
        "/rerank",
        "/systemone",
    }
    only_read = {"/oauth/token", "/analytics/query"}
    expected = (
        "always"
        if row.method == "GET" or row.path in only_read or _is_known_by_key(row)
        else "unanswered"
        if row.path in asked_of_a_model
        else "refused"
    )
    return None if row.repeat == expected else f"repeat: {row.name} is {row.repeat}, expected {expected}"


def _is_known_by_key(row: Operation) -> bool:
    params = KNOWN[row.spec_id]["params"] if row.spec_id in KNOWN else []
    return row.is_keyed and any(each["name"] == "idempotency-key" for each in params)


def test_every_operation_of_the_tables_has_a_row_or_a_reason() -> None:
    wrapped = {row.spec_id for row in ROWS}
    assert KNOWN.keys() - wrapped - NOT_WRAPPED.keys() == set()


def test_no_reason_not_to_wrap_is_stale() -> None:
    wrapped = {row.spec_id for row in ROWS}
    assert {name for name in NOT_WRAPPED if name in wrapped or name not in KNOWN} == set()


def test_every_row_beyond_the_document_has_a_reason_and_no_reason_is_stale() -> None:
    routes = {(facts["method"], facts["path"]) for facts in KNOWN.values()}
    beyond = {row.name for row in ROWS if row.spec_id is None}
    assert beyond == BEYOND_SPEC.keys()
    assert not [row.name for row in ROWS if row.spec_id is None and (row.method, row.path) in routes]
