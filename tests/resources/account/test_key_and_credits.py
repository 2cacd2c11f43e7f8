"""Credits and the current key: which key asks, and what comes of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    Retries,
    errors,
)
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MANAGEMENT_KEY = "sk-or-v1-fedcba9876543210fedcba9876543210"
CURRENT_KEY = Reply(json={"data": {"label": "sk-or-v1-012...def", "usage": 2.5}})


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY"):
        monkeypatch.delenv(name, raising=False)


def client_of(server: LoopbackServer, **keys: str) -> AsyncOpenRouter:
    return AsyncOpenRouter(base_url=server.url, retries=Retries(attempts=1), **keys)  # type: ignore[arg-type]  # names of keys only


async def test_credits_without_a_management_key_are_not_asked_for() -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server, api_key=KEY) as client:
            with pytest.raises(ConfigurationError, match=r"credits\.get needs a management key"):
                await client.credits.get()
    assert server.requests == []


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
            await client.key.get()
    assert server.requests[0].headers["authorization"] == f"Bearer {asks}"
