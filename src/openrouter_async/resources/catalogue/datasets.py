"""Public statistics of the service, and benchmarks of models."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from ... import operations
from ..._checks import day, whole
from ..._sansio.pagination import OffsetPaging
from ..._sansio.request import QueryValue
from ...options import RequestOptions
from ...types.catalogue.datasets import (
    AppRanking,
    AppRankings,
    BenchmarkFilters,
    Benchmarks,
    ModelRankings,
    RankingFilters,
    SessionCost,
    SessionCosts,
    TaskShares,
    TurnRange,
)
from ...types.common import Envelope
from ...types.requests.check import check_params
from .._base import Resource
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["DatasetsResource"]

MOST_SESSION_COSTS = 500
LAST_SESSION_COST = 5_000
LAST_APP = 100
"""The largest offsets that the service takes; a list ends there."""


class DatasetsResource(Resource):
    """`/datasets`, `/benchmarks` and `/classifications`; needs a key of either kind.

    ```python
    rankings = await client.datasets.models(start="2026-11-01")
    for row in rankings.data:
        print(row.date, row.model_permaslug, row.total_tokens)
    ```

    Requests cost nothing; the service takes 30 a minute with one key, and 500 a day for an account. The datasets are
    published under CC BY 4.0: who republishes them names OpenRouter, and `meta.as_of`.
    """

    async def models(
        self,
        *,
        start: datetime.date | str | None = None,
        end: datetime.date | str | None = None,
        options: RequestOptions | None = None,
        **filters: Unpack[RankingFilters],
    ) -> ModelRankings:
        """Return how many tokens the 50 models that are used most took, by day, and all others together.

        Args:
            start: The first day, by UTC, from 2025-01-01. Default: 30 days before `end`.
            end: The last day, by UTC. Default: yesterday.
            options: See `RequestOptions`.
            filters: See `RankingFilters`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: filters do not go together.
            OpenRouterError: any other failure of a call.
        """
        query = _query(RankingFilters, filters, start=start, end=end)
        return await self._send(
            operations.LIST_MODEL_RANKINGS, into=ModelRankings, query=query, options=options
        )

    def apps(
        self,
        *,
        category: str | None = None,
        subcategory: str | None = None,
        sort: str | None = None,
        start: datetime.date | str | None = None,
        end: datetime.date | str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[AppRanking]:
        """Return the public apps that use most tokens.

        Args:
            category: `coding`, `creative`, `productivity` or `entertainment`.
            subcategory: Such as `cli-agent`, of that category.
            sort: `popular`, the default, or `trending`, by growth.
            start: The first day, by UTC, from 2025-01-01. Default: 30 days before `end`.
            end: The last day, by UTC. Default: yesterday.
            offset: Apps to pass over, at most 100.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {
            "category": category,
            "subcategory": subcategory,
            "sort": sort,
            "start_date": _day("start", start),
            "end_date": _day("end", end),
            "offset": offset,
            "limit": limit,
        }
        return self._pages(
            operations.LIST_APP_RANKINGS,
            into=AppRankings,
            query=query,
            paging=OffsetPaging(max_offset=LAST_APP),
            options=options,
        )

    def session_costs(
        self,
        *,
        app_slug: str | None = None,
        model: str | None = None,
        turn_range: TurnRange | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[SessionCost]:
        """Return the median cost of a session, by app, model and number of turns.

        Args:
            app_slug: Only this app.
            model: Only this model, by its permanent name.
            turn_range: Only sessions of so many turns.
            offset: Rows to pass over, at most 5,000.
            limit: How many a page has, 1 to 500. Default: 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {
            "app_slug": app_slug,
            "model": model,
            "turn_range": turn_range,
            "offset": offset,
            "limit": limit,
        }
        return self._pages(
            operations.LIST_SESSION_COSTS,
            into=SessionCosts,
            query=query,
            paging=OffsetPaging(max_offset=LAST_SESSION_COST),
            most=MOST_SESSION_COSTS,
            options=options,
        )

    async def tasks(
        self, *, window: Literal["7d"] | str | None = None, options: RequestOptions | None = None
    ) -> TaskShares:
        """Return the shares of kinds of tasks, and of models in each kind, from a sample of requests.

        Args:
            window: How much of the past; the service knows only `7d`.
            options: See `RequestOptions`.

        Raises:
            OpenRouterError: any failure of a call.
        """
        return await self._send_data(
            operations.GET_TASK_SHARES, into=Envelope[TaskShares], query={"window": window}, options=options
        )

    async def benchmarks(
        self,
        *,
        max_results: int | None = None,
        options: RequestOptions | None = None,
        **filters: Unpack[BenchmarkFilters],
    ) -> Benchmarks:
        """Return scores of models in benchmarks, by Artificial Analysis, Design Arena and OpenRouter.

        ```python
        for score in (await client.datasets.benchmarks(source="artificial-analysis")).data:
            match score:
                case IndexScore(model_permaslug=model, coding_index=index):
                    print(model, index)
        ```

        Args:
            max_results: Rows at most. Default: all.
            options: See `RequestOptions`.
            filters: See `BenchmarkFilters`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        query = _query(BenchmarkFilters, filters)
        if max_results is not None:
            query["max_results"] = whole("max_results", max_results)
        return await self._send(operations.LIST_BENCHMARKS, into=Benchmarks, query=query, options=options)


def _query(
    owner: type,
    filters: Mapping[str, object],
    *,
    start: datetime.date | str | None = None,
    end: datetime.date | str | None = None,
) -> dict[str, QueryValue]:
    """Return the query; filters are texts and booleans."""
    checked = check_params(owner, filters, elsewhere={}, where="a dataset", way_out="options")
    query = {name: value for name, value in checked.items() if isinstance(value, str | bool)}
    return {"start_date": _day("start", start), "end_date": _day("end", end), **query}


def _day(name: str, value: datetime.date | str | None) -> str | None:
    return None if value is None else day(name, value)
