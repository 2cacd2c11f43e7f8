"""What is read of credits and keys is what was sent, or the answer is no such thing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.types.account.keys import Credits, CurrentKey
from openrouter_async.types.common import Envelope
from tests.support.strategies import damaged

T = TypeVar("T")

KEY: dict[str, Any] = {
    "data": {
        "label": "sk-or-v1-012...def",
        "limit": None,
        "usage": 0.5,
        "is_management_key": False,
        "expires_at": "2030-01-01T00:00:00Z",
        "budgets": [{"scope": "member", "limit_usd": 5, "resets_at": None}],
        "free_model_daily_requests": {"limit": 50, "used": 1, "remaining": 49},
    }
}


def read(into: type[T], reply: dict[str, Any]) -> T | str:
    """Return the reply as an `into`, or the reason why it is none."""
    try:
        return parse(into, json.dumps(reply).encode())
    except ParseFailure as error:
        return error.reason


@given(damaged(KEY))
def test_a_key_is_read_whatever_its_details_are(reply: dict[str, Any]) -> None:
    """Only what it has used is needed."""
    found = read(Envelope[CurrentKey], reply)
    if isinstance(found, str):
        assert found.startswith(("data: ", "data.usage: "))
    else:
        assert isinstance(found.data.usage, Decimal)


def test_what_was_sent_whole_is_read() -> None:
    """A reader that always refused would pass the tests of damaged ones."""
    key = read(Envelope[CurrentKey], KEY)
    assert not isinstance(key, str)
    assert key.data.usage == Decimal(str(KEY["data"]["usage"]))
    found = read(Envelope[Credits], {"data": {"total_credits": 1, "total_usage": 0.25}})
    assert not isinstance(found, str)
    assert found.data.remaining == Decimal("0.75")


@given(damaged({"data": {"total_credits": 1, "total_usage": 0.5}}))
def test_credits_are_amounts_or_the_answer_is_none(reply: dict[str, Any]) -> None:
    found = read(Envelope[Credits], reply)
    if isinstance(found, str):
        assert found.startswith("data")
    else:
        assert isinstance(found.data.remaining, Decimal)


@given(st.decimals(0, 10**6, places=6), st.decimals(0, 10**6, places=6))
def test_what_remains_is_exact(bought: Decimal, used: Decimal) -> None:
    body = f'{{"total_credits": {bought}, "total_usage": {used}}}'
    assert parse(Credits, body.encode()).remaining == bought - used


@pytest.mark.parametrize("moment", ["soon", "2030-01-01T00:00:00", 5, None], ids=str)
def test_a_moment_without_a_zone_is_not_known(moment: Any) -> None:
    body = json.dumps({"usage": 0, "expires_at": moment})
    found = parse(CurrentKey, body.encode()).expires_at
    assert found is None or found.tzinfo is not None
