"""The part of `differences` about observability destinations and private endpoints."""

from __future__ import annotations

from typing import Any

__all__ = ["ORGANIZATION_BOUNDS", "ORGANIZATION_DIFFERENCES"]

_DECIMAL = {"pattern": r"^[0-9]+(\.[0-9]+)?$"}

ORGANIZATION_BOUNDS: dict[str, dict[str, Any]] = {
    **{
        f"{change}ObservabilityDestinationRequest.sampling_rate": {"min": 0.0001, "max": 1}
        for change in ("Create", "Update")
    },
    **{
        f"PrivateEndpointPricing.{what}": _DECIMAL
        for what in ("cache_read", "cache_write", "completion", "prompt")
    },
}
"""The document gives the first in words; prices are decimals in text."""

_KINDS = [
    "Arize",
    "Braintrust",
    "Clickhouse",
    "Datadog",
    "Grafana",
    "Langfuse",
    "Langsmith",
    "Newrelic",
    "Opik",
    "OtelCollector",
    "Posthog",
    "Ramp",
    "S3",
    "Sentry",
    "Snowflake",
    "Weave",
    "Webhook",
]

ORGANIZATION_DIFFERENCES: dict[str, str] = {
    **{
        f"untyped Observability{kind}DestinationConfig": "one type stands for all kinds of destinations"
        for kind in _KINDS
    },
    "untyped ObservabilityFilterRulesConfig": "kept as it came; what is sent is typed",
    **{
        f"extra {name}": "an endpoint in a list, by itself and after a change is one type"
        for name in [
            "ManagedPrivateEndpoint.base_url",
            "ManagedPrivateEndpoint.pricing",
            "ManagedPrivateEndpoint.provider_slug",
            "ManagedPrivateEndpoint.upstream_model_id",
            "PrivateEndpoint.created_at",
        ]
    },
    **{
        f"extra {schema}.{name}": "of the draft that the error to a creation carries"
        for schema in ("ManagedPrivateEndpoint", "PrivateEndpoint")
        for name in ("error", "validation")
    },
}
