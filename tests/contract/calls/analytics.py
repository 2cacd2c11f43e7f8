"""Queries of what the account used."""

from __future__ import annotations

from ..call import Call

ID = "550e8400-e29b-41d4-a716-446655440000"

CALLS = [
    Call("analytics.meta", lambda c: c.analytics.meta()),
    Call(
        "analytics.query",
        lambda c: c.analytics.query(
            ["request_count"],
            start="2026-11-01T00:00:00Z",
            end="2026-11-08T00:00:00Z",
            dimensions=["model", "user"],
            granularity="day",
            filters=[{"field": "model", "operator": "in", "value": ["a/b", 1], "include_unset": True}],
            order_by={"field": "date", "direction": "asc"},
            limit=100,
            group_limit=10,
            classifier_dimensions={
                "classifier_id": ID,
                "dimension_names": ["department"],
                "include_nulls": True,
            },
            classifier_filters={
                "classifier_id": ID,
                "filters": [{"field": "department", "operator": "eq", "value": "sales"}],
            },
        ),
        part=lambda reply: reply["data"],
    ),
]
