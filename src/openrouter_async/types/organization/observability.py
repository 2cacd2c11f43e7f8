"""Observability destinations: other services that receive the requests of a workspace.

One type stands for all kinds of destinations: `type` names the kind, and `config` has the settings of that kind.
Source: `createObservabilityDestination` and its like in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeBool, MaybeFloat, MaybeMoment, MaybeStr, MaybeWords
from ..requests.fields import Between, NonEmptyText, OneOfOrText, closed

__all__ = [
    "DestinationChanges",
    "DestinationConfig",
    "DestinationFields",
    "DestinationType",
    "FilterGroup",
    "FilterRule",
    "FilterRules",
    "NewDestination",
    "ObservabilityDestination",
]

DestinationType: TypeAlias = (
    Literal[
        "arize",
        "braintrust",
        "clickhouse",
        "datadog",
        "grafana",
        "langfuse",
        "langsmith",
        "newrelic",
        "opik",
        "otel-collector",
        "posthog",
        "ramp",
        "s3",
        "sentry",
        "snowflake",
        "weave",
        "webhook",
    ]
    | str
)

DestinationConfig: TypeAlias = Mapping[str, object]
"""The settings of a destination, by the names that the service's page about its type has, such as `apiKey`.

The values are JSON, or a `SecretStr` in place of a text.
"""

_Region: TypeAlias = Annotated[Literal["global", "europe", "eu", "us"] | str, OneOfOrText()]


@closed
class FilterRule(TypedDict, total=False):
    """A condition on a request."""

    field: Required[
        Annotated[
            Literal[
                "model",
                "provider",
                "session_id",
                "user_id",
                "api_key_name",
                "finish_reason",
                "input",
                "output",
                "total_cost",
                "total_tokens",
                "prompt_tokens",
                "completion_tokens",
            ]
            | str,
            OneOfOrText(),
        ]
    ]
    operator: Required[
        Annotated[
            Literal[
                "equals",
                "not_equals",
                "contains",
                "not_contains",
                "regex",
                "starts_with",
                "ends_with",
                "gt",
                "lt",
                "gte",
                "lte",
                "exists",
                "not_exists",
            ]
            | str,
            OneOfOrText(),
        ]
    ]
    value: str | float
    """Not with `exists` and `not_exists`. Costs are in US dollars."""


@closed
class FilterGroup(TypedDict, total=False):
    """Conditions, and how they are joined."""

    logic: Annotated[Literal["and", "or"] | str, OneOfOrText()]
    """Default: `and`."""
    rules: Required[Sequence[FilterRule]]


@closed
class FilterRules(TypedDict, total=False):
    """The requests that a destination receives."""

    enabled: bool
    """Default: yes."""
    groups: Required[Sequence[FilterGroup]]


@closed
class DestinationFields(TypedDict, total=False):
    """The fields of a destination."""

    enabled: bool
    """Default: yes."""
    privacy_mode: bool
    """Whether prompts and replies are left out. Default: no."""
    sampling_rate: Annotated[float, Between(0.0001, 1)]
    """The share of requests that the destination receives; 1 is all of them, which is the default."""
    api_key_hashes: Annotated[Sequence[NonEmptyText], Field(min_length=1)] | None
    """Only requests with these keys; the `hash` of an `APIKey` each. None: all keys."""
    filter_rules: FilterRules | None
    """Only requests that meet these. None: all."""
    regions: Sequence[_Region]
    """Only requests in these regions. The service reads `eu` back as `europe`."""
    broadcast_generation_cost: bool
    """Whether the destination receives the cost of each request. Default: no, as for the next three."""
    broadcast_generation_cost_allocation: bool
    broadcast_generation_identity: bool
    broadcast_generation_request_context: bool


class NewDestination(DestinationFields, total=False):
    """Keyword arguments of `client.observability.create`."""

    workspace_id: NonEmptyText
    """The workspace whose requests it receives. Default: the default workspace."""


class DestinationChanges(DestinationFields, total=False):
    """Keyword arguments of `client.observability.update`; fields that are not given keep their value."""

    name: NonEmptyText


class ObservabilityDestination(WireType):
    """A destination; see `DestinationFields`."""

    id: str
    type: Annotated[DestinationType | None, Lenient()] = None
    name: MaybeStr = None
    """For people."""
    config: Annotated[JsonObject | None, Field(repr=False), Lenient()] = None
    """The settings, with the middle of each secret left out; in no repr."""
    enabled: MaybeBool = None
    privacy_mode: MaybeBool = None
    sampling_rate: MaybeFloat = None
    api_key_hashes: MaybeWords = None
    filter_rules: Annotated[JsonObject | None, Lenient()] = None
    """As in `FilterRules`."""
    regions: MaybeWords = None
    """`global`, `europe` or `us`."""
    broadcast_generation_cost: MaybeBool = None
    broadcast_generation_cost_allocation: MaybeBool = None
    broadcast_generation_identity: MaybeBool = None
    broadcast_generation_request_context: MaybeBool = None
    workspace_id: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None
