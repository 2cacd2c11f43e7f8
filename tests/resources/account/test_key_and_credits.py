"""Credits and the current key: which key asks, and what comes of the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    PermissionDenied,
    Retries,
    errors,
    response_meta,
)
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MANAGEMENT_KEY = "sk-or-v1-fedcba9876543210fedcba9876543210"
CREDITS = Reply(json={"data": {"total_credits": 100.5, "total_usage": 25.75}})
CURRENT_KEY = Reply(
    json={
        "data": {
            "label": "sk-or-v1-012...def",
            "limit": 10,
            "limit_remaining": 7.5,
            "limit_reset": "monthly",
            "usage": 2.5,
            "is_free_tier": False,
            "is_management_key": False,
            "expires_at": "2030-01-01T00:00:00Z",
            "rate_limit": {"requests": -1, "interval": "10s", "note": "deprecated"},
            "budgets": [{"scope": "workspace", "limit_usd": 5, "reset_interval": "hourly"}],
        }
    }
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY"):
        monkeypatch.delenv(name, raising=False)


def client_of(server: LoopbackServer, **keys: str) -> AsyncOpenRouter:
    return AsyncOpenRouter(base_url=server.url, retries=Retries(attempts=1), **keys)  # type: ignore[arg-type]  # names of keys only


async def test_credits_are_read_with_the_management_key() -> None:
    with LoopbackServer(serve_responses([CREDITS])) as server:
        async with client_of(server, api_key=KEY, management_key=MANAGEMENT_KEY) as client:
            credits = await client.credits.get()
    assert credits.remaining == Decimal("74.75")
    assert (credits.total_credits, credits.total_usage) == (Decimal("100.5"), Decimal("25.75"))
    assert response_meta(credits).attempts == 1
    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/api/v1/credits")
    assert request.headers["authorization"] == f"Bearer {MANAGEMENT_KEY}"


async def test_credits_without_a_management_key_are_not_asked_for() -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server, api_key=KEY) as client:
            with pytest.raises(ConfigurationError, match=r"credits\.get needs a management key"):
                await client.credits.get()
    assert server.requests == []


async def test_a_refusal_is_raised() -> None:
    refusal = Reply(403, json={"error": {"code": 403, "message": "Only management keys"}})
    with LoopbackServer(serve_responses([refusal])) as server:
        async with client_of(server, management_key=KEY) as client:
            with pytest.raises(PermissionDenied, match="Only management keys"):
                await client.credits.get()


@pytest.mark.parametrize(
    "data", [None, {}, {"total_credits": 1}, {"total_credits": 1, "total_usage": "x"}], ids=str
)
async def test_credits_without_an_amount_are_an_invalid_answer(data: Any) -> None:
    with LoopbackServer(serve_responses([Reply(json={"data": data})])) as server:
        async with client_of(server, management_key=KEY) as client:
            with pytest.raises(errors.InvalidResponseError):
                await client.credits.get()


@pytest.mark.parametrize(
    ("keys", "asks"),
    [
        ({"api_key": KEY}, KEY),
        ({"api_key": KEY, "management_key": MANAGEMENT_KEY}, KEY),
        ({"management_key": MANAGEMENT_KEY}, MANAGEMENT_KEY),
    ],
    ids=["inference", "both", "management"],
)
async def test_the_key_asks_about_itself(keys: dict[str, str], asks: str) -> None:
    with LoopbackServer(serve_responses([CURRENT_KEY])) as server:
        async with client_of(server, **keys) as client:
            key = await client.key.get()
    assert server.requests[0].path == "/api/v1/key"
    assert server.requests[0].headers["authorization"] == f"Bearer {asks}"
    assert (key.limit, key.limit_remaining, key.usage) == (Decimal(10), Decimal("7.5"), Decimal("2.5"))
    assert key.limit_reset == "monthly"
    assert key.expires_at is not None
    assert key.expires_at.year == 2030
    assert key.budgets is not None
    assert (key.budgets[0].limit_usd, key.budgets[0].reset_interval) == (Decimal(5), "hourly")
    assert key.model_extra == {"rate_limit": {"requests": -1, "interval": "10s", "note": "deprecated"}}
