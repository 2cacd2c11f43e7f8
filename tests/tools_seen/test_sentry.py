"""Sentry's integration of httpx, which patches the client: spans, and trace headers in the request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async._http.library import httpx
from tests.tools_seen.base import BASE
from tests.tools_seen.needed import tool
from tests.tools_seen.service import Parser, both_parsers, client, plain, service, streamed

sentry_sdk = tool("sentry_sdk")
integration = tool(f"sentry_sdk.integrations.{BASE}")


def start(events: list[Any]) -> None:
    """Begin to trace, and write to `events` what would be sent."""

    def keep(event: Any, _hint: object) -> None:
        events.append(event)

    sentry_sdk.init(
        dsn="http://public@127.0.0.1:1/1",
        traces_sample_rate=1.0,
        before_send_transaction=keep,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[getattr(integration, f"{BASE.capitalize()}Integration")()],
    )


@pytest.fixture
def events() -> Iterator[list[Any]]:
    """The transactions that would be sent. What Sentry patches stays so for the process, and is idle without it."""
    yield []
    sentry_sdk.init()


@pytest.mark.loopback
@both_parsers
async def test_each_call_is_a_span_whose_trace_the_service_gets(
    events: list[Any], parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(events)
    with service(monkeypatch) as server, sentry_sdk.start_transaction(name="job") as transaction:
        assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
    (event,) = events
    spans = [span for span in event["spans"] if span["op"] == "http.client"]
    assert [span["description"] for span in spans] == [f"POST {server.url}/chat/completions"] * 2
    assert [span["data"]["http.response.status_code"] for span in spans] == [200, 200]
    for span, request in zip(spans, server.requests, strict=True):
        assert request.headers["sentry-trace"] == f"{transaction.trace_id}-{span['span_id']}-1"


@pytest.mark.loopback
@both_parsers
async def test_a_client_made_before_it_starts_is_traced(
    events: list[Any], parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            await openrouter.chat.create("Hi", model="acme/model")
            start(events)
            with sentry_sdk.start_transaction(name="job"):
                await openrouter.chat.create("Hi", model="acme/model")
    assert "sentry-trace" in server.requests[1].headers
    assert httpx.AsyncClient.send.__module__.startswith("sentry_sdk")
