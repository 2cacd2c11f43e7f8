"""What an answer says of the cache of the service."""

from __future__ import annotations

import pytest

from openrouter_async.types.reply_cache import ReplyCache, reply_cache


def test_a_kept_answer_says_since_when_and_for_how_long() -> None:
    said = reply_cache(
        {
            "x-openrouter-cache-status": " hit",
            "x-openrouter-cache-age": "12",
            "x-openrouter-cache-ttl": "288",
        }
    )
    assert said == ReplyCache(is_hit=True, where="service", age=12.0, ttl=288.0)


@pytest.mark.parametrize("odd", ["", "soon", "-1", "1.5", "١", "9" * 400])
def test_an_odd_age_is_left_out(odd: str) -> None:
    said = reply_cache({"x-openrouter-cache-status": "MISS", "x-openrouter-cache-age": odd})
    assert said == ReplyCache(is_hit=False)


@pytest.mark.parametrize("status", ["", "BYPASS"])
def test_without_a_status_that_is_known_nothing_is_said(status: str) -> None:
    assert reply_cache({"x-openrouter-cache-status": status, "x-openrouter-cache-age": "12"}) is None
