"""Public statistics of the service's traffic, and benchmarks of models.

Whoever republishes these must name their source: `citation` of benchmarks, "OpenRouter (openrouter.ai/rankings)" with
`as_of` for the others. Source: the tags Datasets, Benchmarks and Classifications of the service's OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Tag
from typing_extensions import TypedDict

from .._base import WireType
from ..common import (
    Lenient,
    Listing,
    MaybeDate,
    MaybeDecimal,
    MaybeFloat,
    MaybeInt,
    MaybeMoment,
    MaybeStr,
    WithoutNulls,
)
from ..requests.fields import NonEmptyText, OneOfOrText, closed

__all__ = [
    "AppRanking",
    "AppRankings",
    "ArenaScore",
    "BenchmarkFilters",
    "BenchmarkPrices",
    "BenchmarkScore",
    "Benchmarks",
    "BenchmarksAbout",
    "DatasetAbout",
    "Evaluation",
    "IndexScore",
    "MacroCategory",
    "ModelDay",
    "ModelRankings",
    "Placements",
    "RankingFilters",
    "SearchEvaluation",
    "SearchRun",
    "SessionCost",
    "SessionCosts",
    "SessionCostsAbout",
    "TaskClassification",
    "TaskModel",
    "TaskShares",
    "TurnRange",
]

TurnRange: TypeAlias = Literal["1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"] | str
"""How many turns a session had, bounds included."""


@closed
class RankingFilters(TypedDict, total=False):
    """Keyword arguments of `client.datasets.models`, besides dates.

    `modality` and `context_bucket` go together; with `category` or `language_type`, which stand alone, tokens are
    estimated from a sample, by week.
    """

    period: Annotated[Literal["day", "week", "month"] | str, OneOfOrText()]
    """The time of one row. Default: a day; with `category` or `language_type` a week."""
    modality: Annotated[
        Literal["text", "image", "image_output", "audio", "tool_calling"] | str, OneOfOrText()
    ]
    context_bucket: Annotated[Literal["1K", "10K", "100K", "1M", "10M"] | str, OneOfOrText()]
    """Only requests whose context had about so many tokens."""
    category: NonEmptyText
    """The subject of requests, such as `programming`."""
    language_type: Annotated[Literal["natural", "programming"] | str, OneOfOrText()]


@closed
class BenchmarkFilters(TypedDict, total=False):
    """Keyword arguments of `client.datasets.benchmarks`."""

    source: Annotated[Literal["artificial-analysis", "design-arena", "openrouter"] | str, OneOfOrText()]
    task_type: Annotated[Literal["coding", "intelligence", "agentic", "search"] | str, OneOfOrText()]
    benchmark_type: NonEmptyText
    """One benchmark of OpenRouter, such as `gpqa_diamond` or `search_hle`."""
    arena: Annotated[Literal["models", "builders", "agents"] | str, OneOfOrText()]
    """Of Design Arena only."""
    category: NonEmptyText
    """Within that arena, such as `gamedev`."""
    search_engine: NonEmptyText
    """Of benchmarks of searches only."""
    search_surface: Annotated[Literal["server-tool", "plugin"] | str, OneOfOrText()]
    include_run_config: bool
    """Whether rows of searches say how they were run."""


class DatasetAbout(WireType):
    """The time of a dataset."""

    as_of: MaybeMoment = None
    """To be named with it."""
    start_date: MaybeDate = None
    """By UTC; like `end_date` within the dataset."""
    end_date: MaybeDate = None
    version: MaybeStr = None


class ModelDay(WireType):
    """The usage of one model on one day, or in one week or month."""

    date: MaybeDate = None
    """By UTC; of weeks and months the first day."""
    model_permaslug: MaybeStr = None
    """Its permanent name, perhaps with a variant such as `:free`; `other` is all that are not among the first 50."""
    total_tokens: MaybeInt = None
    """Prompts and completions, each by the provider's own count."""


class ModelRankings(Listing[ModelDay]):
    """The models that are used most."""

    meta: Annotated[DatasetAbout | None, Lenient()] = None


class AppRanking(WireType):
    """The usage of one app."""

    rank: MaybeInt = None
    """From 1; also where apps were passed over."""
    app_id: MaybeInt = None
    app_name: MaybeStr = None
    total_tokens: MaybeInt = None
    total_requests: MaybeInt = None


class AppRankings(Listing[AppRanking]):
    """A page of apps."""

    meta: Annotated[DatasetAbout | None, Lenient()] = None


class SessionCost(WireType):
    """The cost of a session of one app with one model."""

    app_slug: MaybeStr = None
    app_name: MaybeStr = None
    model_permaslug: MaybeStr = None
    turn_range: Annotated[TurnRange | None, Lenient()] = None
    median_session_cost_usd: MaybeDecimal = None
    """US dollars."""


class SessionCostsAbout(WireType):
    """The time of the costs, which the service computes each week."""

    as_of: MaybeMoment = None
    window_days: MaybeInt = None
    window_end_date: MaybeDate = None
    version: MaybeStr = None


class SessionCosts(Listing[SessionCost]):
    """A page of costs."""

    meta: Annotated[SessionCostsAbout | None, Lenient()] = None


class TaskModel(WireType):
    """The share of one model in a kind of task."""

    id: MaybeStr = None
    """Its permanent name."""
    tag_usage_share: MaybeFloat = None
    """Of requests, 0 to 1."""
    tag_token_share: MaybeFloat = None
    """Of tokens, 0 to 1."""


class TaskClassification(WireType):
    """The share of one kind of task; shares are 0 to 1, without requests of unknown kind."""

    tag: MaybeStr = None
    """Such as `code:general_impl`."""
    display_name: MaybeStr = None
    macro_category: MaybeStr = None
    usage_share: MaybeFloat = None
    """Of all requests."""
    token_share: MaybeFloat = None
    """Of all tokens."""
    category_usage_share: MaybeFloat = None
    """Of the requests of its `macro_category`."""
    category_token_share: MaybeFloat = None
    models: Annotated[list[TaskModel] | None, Lenient()] = None
    """The ones that are used most."""


class MacroCategory(WireType):
    """The share of several kinds of tasks together."""

    key: MaybeStr = None
    """`code`, `data`, `agent`, `general`."""
    label: MaybeStr = None
    usage_share: MaybeFloat = None
    token_share: MaybeFloat = None


class TaskShares(WireType):
    """The shares of kinds of tasks, from a sample."""

    as_of: MaybeMoment = None
    """To be named with it."""
    window_days: MaybeInt = None
    classifications: Annotated[list[TaskClassification], WithoutNulls()]
    macro_categories: Annotated[list[MacroCategory] | None, Lenient()] = None


class BenchmarkPrices(WireType):
    """US dollars a token."""

    prompt: MaybeDecimal = None
    completion: MaybeDecimal = None


class _Score(WireType):
    source: MaybeStr = None
    """Who measured."""
    model_permaslug: MaybeStr = None
    display_name: MaybeStr = None


class IndexScore(_Score):
    """Indices by Artificial Analysis; more is better."""

    intelligence_index: MaybeFloat = None
    coding_index: MaybeFloat = None
    agentic_index: MaybeFloat = None
    pricing: Annotated[BenchmarkPrices | None, Lenient()] = None


class Placements(WireType):
    """How often a model was which in a tournament."""

    first_place: MaybeInt = None
    second_place: MaybeInt = None
    third_place: MaybeInt = None
    fourth_place: MaybeInt = None
    total: MaybeInt = None


class ArenaScore(_Score):
    """The preference of people in Design Arena."""

    arena: MaybeStr = None
    category: MaybeStr = None
    elo: MaybeFloat = None
    win_rate: MaybeFloat = None
    """Percent."""
    avg_generation_time_ms: MaybeFloat = None
    tournament_stats: Annotated[Placements | None, Lenient()] = None
    pricing: Annotated[BenchmarkPrices | None, Lenient()] = None


class _Evaluation(_Score):
    benchmark_type: MaybeStr = None
    avg_cost_per_task: MaybeDecimal = None
    """US dollars."""
    last_run_timestamp: MaybeMoment = None
    total_tasks: MaybeInt = None


class Evaluation(_Evaluation):
    """A benchmark by OpenRouter."""

    accuracy: MaybeFloat = None
    """0 to 1."""
    accuracy_stddev: MaybeFloat = None
    """Of several runs; None where there was one."""


class SearchRun(WireType):
    """How a benchmark of searches was run."""

    max_agent_turns: MaybeInt = None
    reasoning_effort: MaybeStr = None
    temperature: MaybeFloat = None


class SearchEvaluation(_Evaluation):
    """A benchmark of searches by OpenRouter."""

    search_engine: MaybeStr = None
    search_surface: Annotated[Literal["server-tool", "plugin"] | str | None, Lenient()] = None
    primary_metric: Annotated[Literal["accuracy", "f1_by_item"] | str | None, Lenient()] = None
    """What `primary_score` is."""
    primary_score: MaybeFloat = None
    """0 to 1."""
    avg_latency_per_task_ms: MaybeFloat = None
    run_config: Annotated[SearchRun | None, Lenient()] = None
    """Only with `include_run_config=True`."""


def _kind_of_score(row: object) -> str:
    known = row if isinstance(row, dict) else vars(row) if isinstance(row, _Score) else {}
    if known.get("source") == "design-arena":
        return "arena"
    if known.get("source") == "artificial-analysis":
        return "index"
    return "search" if "primary_score" in known else "evaluation"


BenchmarkScore: TypeAlias = Annotated[
    Annotated[IndexScore, Tag("index")]
    | Annotated[ArenaScore, Tag("arena")]
    | Annotated[SearchEvaluation, Tag("search")]
    | Annotated[Evaluation, Tag("evaluation")],
    Discriminator(_kind_of_score),
]
"""The score of one model in one benchmark, by who measured it."""


class BenchmarksAbout(WireType):
    """The source of the scores."""

    as_of: MaybeMoment = None
    citation: MaybeStr = None
    """To be named with them; None where there are several sources, which are named one by one."""
    model_count: MaybeInt = None
    source: MaybeStr = None
    """The one asked for; None: all."""
    source_url: MaybeStr = None
    task_type: MaybeStr = None
    version: MaybeStr = None


class Benchmarks(Listing[BenchmarkScore]):
    """Scores of models."""

    meta: Annotated[BenchmarksAbout | None, Lenient()] = None
