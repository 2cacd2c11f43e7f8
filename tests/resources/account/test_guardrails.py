"""`client.guardrails`: what is left out is told apart from null, and a key is no hash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import BadRequest, ConfigurationError

from ..mocked import mocked

RECORD: dict[str, Any] = {
    "id": "550e8400",
    "name": "interns",
    "limit_usd": 20.5,
    "reset_interval": "fortnightly",
    "content_filters": [{"pattern": "x", "action": "redact", "new": 1}],
    "created_at": "2026-08-24T10:30:00Z",
}


async def test_null_takes_a_restriction_away_and_what_is_not_named_is_not_sent() -> None:
    async with mocked({"data": RECORD}) as service:
        guardrail = await service.client.guardrails.update("550e8400", limit_usd=None, enforce_zdr_xai=True)
        assert service.line == "PATCH /guardrails/550e8400"
        assert service.body == {"limit_usd": None, "enforce_zdr_xai": True}
        assert (guardrail.limit_usd, guardrail.reset_interval) == (Decimal("20.5"), "fortnightly")
        assert guardrail.content_filters is not None
        assert guardrail.content_filters[0].action == "redact"


@pytest.mark.parametrize(
    ("hashes", "told"),
    [
        ([], "key_hashes has 0 ids; expected at least one id"),
        ("f01d", "key_hashes is text of 4 characters; expected a list of ids"),
        (["sk-or-v1-0123456789"], "key_hashes has a key in it; expected the `hash` of each key"),
        ([""], "an id in key_hashes is ''"),
        ([5], "an id in key_hashes is 5"),
    ],
)
async def test_hashes_are_checked_before_anything_is_sent(hashes: Any, told: str) -> None:
    async with mocked({"assigned_count": 1}) as service:
        with pytest.raises(ConfigurationError, match=told) as caught:
            await service.client.guardrails.assign_keys("550e8400", hashes)
        assert "0123456789" not in str(caught.value)
        assert service.requests == []


async def test_a_pattern_that_the_service_cannot_compile_is_its_error() -> None:
    async with mocked({"error": {"code": 400, "message": "Invalid regex: ("}}, status=400) as service:
        with pytest.raises(BadRequest, match=r"Invalid regex"):
            await service.client.guardrails.create("x", content_filters=[{"pattern": "(", "action": "block"}])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"limit_usd": -1}, "limit_usd is -1; expected a number of at least 0"),
        ({"allowed_models": []}, "allowed_models"),
        ({"content_filters": [{"action": "block"}]}, r"content_filters\[0\].pattern"),
        ({"enforce_zdr_xai": 1}, "enforce_zdr_xai is 1; expected True or False"),
        ({"limit": 1}, "'limit'"),
    ],
)
async def test_fields_are_checked_before_anything_is_sent(fields: Any, told: str) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=told):
            await service.client.guardrails.create("x", **fields)
        with pytest.raises(ConfigurationError, match="name is text of 201 characters"):
            await service.client.guardrails.create("x" * 201)
        assert service.requests == []
