"""What the service publishes of its traffic, and benchmarks."""

from __future__ import annotations

import datetime

from ..call import Call, number_text

_DATES = {
    "meta.start_date": "2026-11-01",
    "meta.end_date": "2026-11-27",
    "meta.as_of": "2026-11-28T12:00:00Z",
}

_WHOLE = "it is text for JavaScript, whose numbers are too small; a whole number here"

CALLS = [
    Call(
        "datasets.models",
        lambda c: c.datasets.models(
            start="2026-11-01",
            end=datetime.date(2026, 11, 27),
            period="week",
            modality="text",
            context_bucket="10K",
            category="programming",
            language_type="natural",
        ),
        unread={"reply.data[].total_tokens": _WHOLE},
        answered={**_DATES, "data[].total_tokens": "123", "data[].date": "2026-11-02"},
    ),
    Call(
        "datasets.apps",
        lambda c: c.datasets.apps(
            category="coding",
            subcategory="cli-agent",
            sort="trending",
            start="2026-11-01",
            end="2026-11-27",
            offset=5,
            limit=50,
        ),
        unread={"reply[].total_tokens": _WHOLE},
        answered={"data[].total_tokens": "123"},
    ),
    Call(
        "datasets.session_costs",
        lambda c: c.datasets.session_costs(
            app_slug="a", model="openai/gpt-5", turn_range="1-turn", offset=5_000, limit=500
        ),
    ),
    Call(
        "datasets.tasks",
        lambda c: c.datasets.tasks(window="7d"),
        answered={"data.as_of": "2026-11-28T12:00:00Z"},
    ),
    Call(
        "datasets.benchmarks",
        lambda c: c.datasets.benchmarks(
            source="openrouter",
            task_type="search",
            benchmark_type="search_hle",
            arena="models",
            category="gamedev",
            search_engine="exa",
            search_surface="plugin",
            include_run_config=True,
            max_results=10,
        ),
        answered={
            "data[].pricing.*": number_text,
            "data[].last_run_timestamp": "2026-11-28T12:00:00Z",
            "meta.as_of": "2026-11-28T12:00:00Z",
        },
    ),
]
