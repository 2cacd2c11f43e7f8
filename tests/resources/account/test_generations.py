"""`client.generations`: records that are not there at first, what is kept of a call, and feedback."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import ConfigurationError, NotFound, ServerError
from openrouter_async.resources.account import generations

from ..mocked import mocked

RECORD: dict[str, JsonValue] = {
    "id": "gen-1",
    "total_cost": 0.00123,
    "usage": 0.00123,
    "model": "openai/gpt-4o",
    "provider_name": "OpenAI",
    "created_at": "2026-08-24T10:30:00.000Z",
    "native_tokens_prompt": 12,
    "latency": 812,
    "cancelled": False,
    "api_type": "something new",
    "provider_responses": [
        {"provider_name": "Azure", "status": 503},
        {"provider_name": "OpenAI", "status": 200},
    ],
}
MISSING: JsonValue = {"error": {"code": 404, "message": "Generation gen-1 not found"}}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; time passes by them only."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    clock = SimpleNamespace(sleep=sleep, current_time=lambda: sum(made))
    monkeypatch.setattr(generations, "anyio", clock)
    return made


async def test_without_waiting_a_missing_record_is_not_found(pauses: list[float]) -> None:
    async with mocked(MISSING, status=404) as service:
        with pytest.raises(NotFound):
            await service.client.generations.get("gen-1")
        assert len(service.requests) == 1
    assert pauses == []


async def test_a_record_is_waited_for_with_growing_pauses(pauses: list[float]) -> None:
    async with mocked() as service:
        missing = httpx.Response(404, json=MISSING)
        service.router.route().mock(side_effect=[*[missing] * 5, httpx.Response(200, json={"data": RECORD})])
        record = await service.client.generations.get("gen-1", wait=True)
    assert record.id == "gen-1"
    assert pauses == [0.25, 0.5, 1.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        pytest.param(True, 30.0, id="yes"),
        pytest.param(1.0, 1.0, id="seconds"),
        pytest.param(0, 0.0, id="none"),
    ],
)
async def test_patience_has_an_end(wait: bool | float, seconds: float, pauses: list[float]) -> None:
    async with mocked(MISSING, status=404) as service:
        with pytest.raises(NotFound):
            await service.client.generations.get("gen-1", wait=wait)
    assert sum(pauses) == seconds


async def test_a_service_that_is_away_for_a_moment_is_waited_for_too(pauses: list[float]) -> None:
    """What a call has cost is not lost because a look met a failure."""
    for failures in (1, 2, 3):
        async with mocked() as service:
            away = httpx.Response(503, headers={"x-should-retry": "false"})
            found = httpx.Response(200, json={"data": RECORD})
            missing = httpx.Response(404, json=MISSING)
            service.router.route().mock(side_effect=[missing, *[away] * failures, found])
            looked = service.client.generations.get("gen-1", wait=True)
            if failures <= 2:
                assert (await looked).id == "gen-1"
            else:
                with pytest.raises(ServerError):
                    await looked


@pytest.mark.parametrize("wait", [-1, float("nan"), "30", None], ids=repr)
async def test_a_wait_that_is_none_is_refused(wait: Any) -> None:
    async with mocked(MISSING, status=404) as service:
        with pytest.raises(ConfigurationError, match="wait is"):
            await service.client.generations.get("gen-1", wait=wait)
        assert service.requests == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param({"id": "", "category": "latency"}, "generation_id is ''", id="no id"),
        pytest.param({"id": "gen-1", "category": ""}, "category is ''", id="no category"),
        pytest.param(
            {"id": "gen-1", "category": "other", "comment": "x" * 1001}, "1,001 characters", id="too long"
        ),
        pytest.param({"id": "gen-1", "category": "other", "comment": 5}, "comment is 5", id="no text"),
    ],
)
async def test_wrong_feedback_is_refused(arguments: dict[str, Any], told: str) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=told):
            await service.client.generations.feedback(**arguments)
        assert service.requests == []
