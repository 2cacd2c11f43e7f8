"""`client.analytics`: rows as they came, and a time that is given whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openrouter_async import ConfigurationError, Retries

from ..mocked import mocked

ROW: dict[str, Any] = {
    "date": "2026-11-01",
    "model": "GPT-5",
    "request_count": "9007199254740993",
    "cost": 0.25,
}
ANSWER: dict[str, Any] = {
    "data": {"data": [ROW], "metadata": {"row_count": 1, "truncated": True}, "cachedAt": 1.5}
}


async def test_rows_come_as_they_are() -> None:
    async with mocked(ANSWER) as service:
        table = await service.client.analytics.query(
            ["request_count", "cost"],
            start=datetime(2026, 11, 1, tzinfo=UTC),
            end="2026-11-08T00:00:00Z",
            filters=[{"field": "model", "operator": "in", "value": ("a/b", "c/d")}],
        )
        assert service.body == {
            "metrics": ["request_count", "cost"],
            "time_range": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"},
            "filters": [{"field": "model", "operator": "in", "value": ["a/b", "c/d"]}],
        }
    assert table.data == [ROW]
    assert table.metadata is not None
    assert table.metadata.truncated
    assert table.cached_at == 1.5


@pytest.mark.parametrize(
    ("metrics", "params", "told"),
    [
        ([], {}, "metrics is .*; expected at least one name"),
        ("cost", {}, "metrics is 'cost'; expected a list of names"),
        (["cost"], {"start": "2026-11-01T00:00:00Z"}, "end is None; give both, or neither"),
        (["cost"], {"start": "soon", "end": "2026-11-01"}, "start is 'soon'; expected a moment"),
        (["cost"], {"start": datetime(2026, 11, 1), "end": "2026-11-02"}, "start .*time zone"),
        (["cost"], {"dimensions": ["a", "b", "c"]}, "dimensions"),
        (["cost"], {"limit": 0}, "limit is 0"),
    ],
)
async def test_a_query_is_checked_before_it_is_sent(metrics: Any, params: Any, told: str) -> None:
    async with mocked(ANSWER) as service:
        with pytest.raises(ConfigurationError, match=told):
            await service.client.analytics.query(metrics, **params)
        assert service.requests == []


async def test_a_query_only_reads_so_it_is_asked_again() -> None:
    async with mocked() as service:
        service.answer({"error": {"code": 500, "message": "down"}}, status=500)
        client = service.client.with_options(retries=Retries(attempts=3, base=0.001))
        with pytest.raises(Exception, match="down"):
            await client.analytics.query(["cost"])
        assert len(service.requests) == 3
