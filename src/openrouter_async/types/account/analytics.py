"""Queries of an account's usage, and their answers. Source: `getAnalyticsMeta` and `queryAnalytics`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeBool, MaybeFloat, MaybeInt, MaybeStr, MaybeWords, WithoutNulls
from ..requests.fields import Between, ByKind, NonEmptyText, OneOfOrText, closed
from .key_request import Moment

__all__ = [
    "AnalyticsDimension",
    "AnalyticsFilter",
    "AnalyticsMeta",
    "AnalyticsMetric",
    "AnalyticsOperator",
    "AnalyticsOrder",
    "AnalyticsParams",
    "AnalyticsRun",
    "AnalyticsTable",
    "AnalyticsTime",
    "ClassifierDimensions",
    "ClassifierFilter",
    "ClassifierFilters",
]

_Value: TypeAlias = Annotated[str | float | Sequence[str | float], ByKind()]
_Operator: TypeAlias = Annotated[
    Literal["eq", "neq", "in", "not_in", "gt", "gte", "lt", "lte"] | str, OneOfOrText()
]


@closed
class ClassifierFilter(TypedDict):
    """Only generations with a certain tag."""

    field: str
    """A dimension of the classifier, such as `department`."""
    operator: Annotated[Literal["eq", "neq", "in", "not_in"] | str, OneOfOrText()]
    value: _Value
    """A list for `in` and `not_in`."""


@closed
class AnalyticsFilter(TypedDict, total=False):
    """Only rows where a dimension has a certain value."""

    field: Required[str]
    operator: Required[_Operator]
    value: Required[_Value]
    """Ids, not names for people; a list for `in` and `not_in`."""
    include_unset: bool
    """With `in` and `not_in`: also rows that have no value there."""


@closed
class AnalyticsOrder(TypedDict):
    """How rows are ordered."""

    field: str
    """A metric or dimension of the query, `request_count`, or `date`."""
    direction: Annotated[Literal["asc", "desc"] | str, OneOfOrText()]


@closed
class ClassifierDimensions(TypedDict, total=False):
    """Rows by the tags of a classifier."""

    classifier_id: Required[NonEmptyText]
    dimension_names: Annotated[Sequence[str], Field(max_length=2)]
    include_nulls: bool
    """Whether generations without a tag count too. Default: no."""


@closed
class ClassifierFilters(TypedDict):
    """Only generations with certain tags of a classifier."""

    classifier_id: NonEmptyText
    filters: Annotated[Sequence[ClassifierFilter], Field(min_length=1, max_length=10)]


@closed
class AnalyticsTime(TypedDict):
    """The time of a query."""

    start: Moment
    end: Moment


@closed
class AnalyticsParams(TypedDict, total=False):
    """Keyword arguments of `client.analytics.query`."""

    dimensions: Annotated[Sequence[str], Field(max_length=2)]
    """A row for each of their values, such as `model`."""
    granularity: NonEmptyText
    """A row for each `minute`, `hour`, `day`, `week` or `month`. Default: one for the whole time."""
    filters: Annotated[Sequence[AnalyticsFilter], Field(max_length=20)]
    order_by: AnalyticsOrder
    limit: Annotated[int, Between(1)]
    """Rows at most. Default: 1,000, or more for rows by time."""
    group_limit: Annotated[int, Between(1)]
    """Rows at most for each value of `dimensions`."""
    classifier_dimensions: ClassifierDimensions
    classifier_filters: ClassifierFilters


class AnalyticsMetric(WireType):
    """A quantity."""

    name: str
    """As in `metrics` of a query."""
    display_label: MaybeStr = None
    display_format: Annotated[
        Literal["number", "currency", "percent", "latency", "throughput"] | str | None, Lenient()
    ] = None
    """Its unit: `percent` is 0 to 1, `currency` is US dollars."""
    is_rate: MaybeBool = None
    """Whether it is a mean; do not add its rows."""


class AnalyticsDimension(WireType):
    """A property that divides rows, or a step of time."""

    name: str
    """As in `dimensions` or `granularity` of a query."""
    display_label: MaybeStr = None


class AnalyticsOperator(WireType):
    """How a filter compares."""

    name: str
    value_type: Annotated[Literal["scalar", "array"] | str | None, Lenient()] = None
    """Whether it takes a list."""


class AnalyticsMeta(WireType):
    """The vocabulary of queries."""

    metrics: Annotated[list[AnalyticsMetric], WithoutNulls()]
    dimensions: Annotated[list[AnalyticsDimension] | None, Lenient()] = None
    granularities: Annotated[list[AnalyticsDimension] | None, Lenient()] = None
    operators: Annotated[list[AnalyticsOperator] | None, Lenient()] = None


class AnalyticsRun(WireType):
    """How a query was answered."""

    query_time_ms: MaybeFloat = None
    row_count: MaybeInt = None
    truncated: MaybeBool = None
    """Whether there were more rows."""


class AnalyticsTable(WireType):
    """The answer to a query."""

    data: list[JsonObject]
    """The rows as they came: by metric and dimension, with names for people where there are any. Counts may be text,
    where they are too large for JavaScript."""
    metadata: Annotated[AnalyticsRun | None, Lenient()] = None
    warnings: MaybeWords = None
    """Filters that the service did not understand and ignored."""
    cached_at: Annotated[float | None, Lenient(), Field(alias="cachedAt")] = None
    """When it was computed, where the answer was kept; the service does not say in which unit."""
