"""`client.datasets`: totals that are text, lists that end at an offset, and scores of four kinds."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pydantic import JsonValue

from openrouter_async import BadRequest, ConfigurationError
from openrouter_async.types.catalogue.datasets import ArenaScore, Evaluation, IndexScore, SearchEvaluation

from ..mocked import mocked


async def test_totals_are_whole_numbers_however_large() -> None:
    row = {"date": "2026-11-01", "model_permaslug": "other", "total_tokens": "9223372036854775808123"}
    async with mocked({"data": [row, None], "meta": {"as_of": "2026-11-28T00:00:00Z"}}) as service:
        rankings = await service.client.datasets.models(end=datetime.datetime(2026, 11, 3, 23, 59))
        assert service.line == "GET /datasets/rankings-daily?end_date=2026-11-03"
        assert [each.total_tokens for each in rankings.data] == [9223372036854775808123]


async def test_a_list_ends_at_the_largest_offset_that_the_service_takes() -> None:
    page: JsonValue = {"data": [{"rank": 1}] * 60}
    async with mocked(page) as service:
        assert len(await service.client.datasets.apps().all()) == 120
        queries = [request.url.query.decode() for request in service.requests]
        assert queries == ["", "offset=60"]
    async with mocked({"data": [{"app_slug": "a"}] * 500}) as service:
        assert len(await service.client.datasets.session_costs(offset=4_500, limit=500).all()) == 1_000


async def test_scores_are_told_apart_by_who_measured() -> None:
    rows: JsonValue = [
        {"source": "artificial-analysis", "coding_index": 65.8, "pricing": {"prompt": "0.000003"}},
        {"source": "design-arena", "elo": 1423, "tournament_stats": {"total": 3}},
        {"source": "openrouter", "benchmark_type": "gpqa_diamond", "accuracy": 0.7},
        {"source": "openrouter", "benchmark_type": "search_hle", "primary_score": 0.7},
        {"source": "somebody-new", "glory": 1},
        None,
    ]
    async with mocked({"data": rows, "meta": {"citation": None}}) as service:
        scores = (await service.client.datasets.benchmarks()).data
    kinds = [IndexScore, ArenaScore, Evaluation, SearchEvaluation, Evaluation]
    assert [type(score) for score in scores] == kinds
    assert scores[-1].model_extra == {"glory": 1}


@pytest.mark.parametrize("start", ["yesterday", 5, "2026-13-01"])
async def test_what_is_no_day_is_refused(start: Any) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=r"start is .*; expected a date"):
            await service.client.datasets.models(start=start)
        assert service.requests == []


async def test_filters_are_checked_by_name_here_and_by_sense_by_the_service() -> None:
    refusal = {"error": {"code": 400, "message": "category cannot be combined with modality"}}
    async with mocked(refusal, status=400) as service:
        datasets: Any = service.client.datasets
        with pytest.raises(ConfigurationError, match="modalities"):
            await datasets.models(modalities="text")
        with pytest.raises(ConfigurationError, match="limit is 501; expected a whole number of 1 to 500"):
            datasets.session_costs(limit=501)
        with pytest.raises(BadRequest, match="cannot be combined"):
            await datasets.models(category="legal", modality="text")
        assert len(service.requests) == 1
