"""Options and errors as a caller writes them; read by type checkers, never run."""

from __future__ import annotations

from typing import assert_type

from openrouter_async import App, Limits, LocalCache, RequestOptions, ResponseCache, Retries, Timeouts
from openrouter_async.errors import APIStatusError, OpenRouterError, RateLimited, RequestTimeout, TimeoutPhase


async def fresh_key() -> str:
    return "sk-or-v1-example"


patient: RequestOptions = {
    "api_key": fresh_key,
    "app": App(title="Example", referer="https://example.com", categories=["cli-agent"]),
    "timeouts": Timeouts(total=20, event=None),
    "retries": Retries(attempts=5, retry_ambiguous=True),
    "cache": ResponseCache(ttl=600),
    "local_cache": LocalCache("answers.sqlite", ttl=3_600, variant="b"),
    "coalesce": True,
    "headers": {"x-example": "1"},
}
limits = Limits(concurrency=50)

assert_type(limits.concurrency, int)


def explain(error: OpenRouterError) -> str:
    match error:
        case RateLimited(retry_after=float(seconds)):
            return f"again in {seconds:g} s"
        case APIStatusError():
            assert_type(error.status, int)
            return error.message
        case RequestTimeout():
            assert_type(error.phase, TimeoutPhase)
            return error.phase
        case _:
            assert_type(error.may_have_been_billed, bool | None)
            return error.message
