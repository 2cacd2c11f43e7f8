"""Lists that come whole: activity, providers, endpoints, and the counts and lists below `/models`."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pydantic import JsonValue

from openrouter_async import ConfigurationError

from ..mocked import KEY, mocked

ENDPOINT: dict[str, JsonValue] = {
    "name": "OpenAI | openai/gpt-4o",
    "model_id": "openai/gpt-4o",
    "provider_name": "OpenAI",
    "tag": "openai",
    "pricing": {"prompt": "0.0000025", "completion": "0.00001"},
    "context_length": 128000,
    "max_completion_tokens": None,
    "quantization": None,
    "status": 0,
    "uptime_last_30m": 99.9,
    "latency_last_30m": {"p50": 410, "p75": 500, "p90": 900, "p99": 2000},
    "throughput_last_30m": None,
    "supported_parameters": ["tools"],
}


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        pytest.param({"date": datetime.date(2026, 8, 24)}, "date=2026-08-24", id="day"),
        pytest.param({"date": "2026-08-24"}, "date=2026-08-24", id="day as text"),
        pytest.param({"api_key_hash": "ab"}, "api_key_hash=ab", id="key"),
        pytest.param(
            {"user_id": "u", "workspace_id": "w"}, "user_id=u&workspace_id=w", id="member, workspace"
        ),
        pytest.param({"by_workspace": True}, "group_by=workspace", id="by workspace"),
    ],
)
async def test_activity_can_be_narrowed(filters: dict[str, Any], query: str) -> None:
    async with mocked({"data": []}) as service:
        await service.client.activity.list(**filters)
        assert service.line == f"GET /activity?{query}"


async def test_activity_comes_whole() -> None:
    async with mocked({"data": [{"model": "a/b"}]}) as service:
        assert [row.model async for row in service.client.activity.list()] == ["a/b"]
        assert len(service.requests) == 1


@pytest.mark.parametrize("date", ["yesterday", 5, "2026-13-01"], ids=repr)
async def test_a_day_that_is_none_is_refused(date: Any) -> None:
    async with mocked({"data": []}) as service:
        with pytest.raises(ConfigurationError, match=r"date is .*; expected a date"):
            service.client.activity.list(date=date)


async def test_providers_are_told_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    async with mocked({"data": []}, api_key=None) as service:
        await service.client.providers.list()
        assert service.key is None


async def test_an_endpoint_with_parts_of_another_type_is_still_read() -> None:
    odd: JsonValue = {**ENDPOINT, "pricing": "free", "status": "?", "latency_last_30m": 3, "tag": None}
    async with mocked({"data": [odd]}) as service:
        (endpoint,) = await service.client.endpoints.zdr()
    assert (endpoint.pricing.prompt, endpoint.status, endpoint.latency_last_30m) == (None, None, None)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        pytest.param({}, "", id="text"),
        pytest.param({"output_modalities": "all"}, "?output_modalities=all", id="all"),
        pytest.param({"output_modalities": ["image", "audio"]}, "?output_modalities=image%2Caudio", id="two"),
    ],
)
async def test_models_are_counted(asked: dict[str, Any], query: str) -> None:
    async with mocked({"data": {"count": 344}}) as service:
        assert await service.client.models.count(**asked) == 344
        assert service.line == f"GET /models/count{query}"


async def test_the_models_an_account_may_use() -> None:
    pages: list[JsonValue] = [
        {
            "data": [{"id": "a/b"}],
            "total_count": 2,
            "links": {"next": "/api/v1/models/user?offset=1&limit=1"},
        },
        {"data": [{"id": "c/d"}], "total_count": 2, "links": {"next": None}},
    ]
    async with mocked(*pages) as service:
        ids = [model.id async for model in service.client.models.user(sort="newest", limit=1)]
        assert [str(request.url.query, "ascii") for request in service.requests] == [
            "sort=newest&limit=1",
            "sort=newest&limit=1&offset=1",
        ]
        assert service.key == KEY
    assert ids == ["a/b", "c/d"]


async def test_filters_that_only_the_public_list_has_are_refused() -> None:
    filters: dict[str, Any] = {"category": "science"}
    async with mocked({"data": []}) as service:
        with pytest.raises(ConfigurationError, match="no parameter 'category'"):
            service.client.models.user(**filters)
