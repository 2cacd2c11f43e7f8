"""Logfire's integration of httpx, which also captures headers and bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools_seen.base import BASE
from tests.tools_seen.needed import tool
from tests.tools_seen.service import KEY, MODEL, Parser, both_parsers, plain, service, streamed

logfire = tool("logfire")
otel_httpx = tool("opentelemetry.instrumentation.httpx")
testing = tool("logfire.testing")


@pytest.fixture
def exporter() -> Iterator[Any]:
    exporter = testing.TestExporter()
    logfire.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[testing.SimpleSpanProcessor(exporter)],
        metrics=False,
    )
    yield exporter
    getattr(otel_httpx, f"{BASE.upper()}ClientInstrumentor")().uninstrument()


@pytest.mark.loopback
@both_parsers
async def test_each_call_is_a_span_whose_context_the_service_gets(
    exporter: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    logfire.instrument_httpx()
    with service(monkeypatch) as server:
        assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
    spans = [span for span in exporter.exported_spans_as_dict() if span["name"] == "POST"]
    assert [span["attributes"]["http.status_code"] for span in spans] == [200, 200]
    for span, request in zip(spans, server.requests, strict=True):
        assert f"{span['context']['span_id']:016x}" in request.headers["traceparent"]


@pytest.mark.loopback
@both_parsers
async def test_captures_bodies_and_hides_the_key(
    exporter: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    logfire.instrument_httpx(capture_all=True)
    with service(monkeypatch):
        assert await plain(parser) == "Paris"
    told = json.dumps(exporter.exported_spans_as_dict(), default=str)
    assert "The capital of France?" in told
    assert KEY not in told


@pytest.mark.loopback
async def test_our_spans_are_there_with_nothing_else_set_and_tell_the_cost_as_logfire_reads_it(
    exporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch), logfire.span("mine"):
        assert await plain("h11") == "Paris"
    by_name = {span["name"].partition(" ")[0]: span for span in exporter.exported_spans_as_dict()}
    assert set(by_name) == {"mine", "chat", "POST"}
    assert by_name["chat"]["parent"]["span_id"] == by_name["mine"]["context"]["span_id"]
    assert by_name["POST"]["parent"]["span_id"] == by_name["chat"]["context"]["span_id"]
    told = by_name["chat"]["attributes"]
    assert told["gen_ai.operation.name"] == "chat"
    assert (told["operation.cost"], told["gen_ai.usage.input_tokens"]) == (1e-06, 5)


@pytest.mark.loopback
async def test_our_spans_have_the_names_that_logfire_writes_and_reads(
    exporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tool("logfire._internal.integrations.llm_providers.semconv")  # of the version that nox pins
    with service(monkeypatch):
        assert await plain("h11") == "Paris"
    (told,) = [
        span["attributes"] for span in exporter.exported_spans_as_dict() if span["name"].startswith("chat")
    ]
    expected = {
        names.PROVIDER_NAME: "openrouter",
        names.OPERATION_NAME: "chat",
        names.REQUEST_MODEL: MODEL,
        names.RESPONSE_MODEL: MODEL,
        names.RESPONSE_ID: "gen-1",
        names.INPUT_TOKENS: 5,
        names.OUTPUT_TOKENS: 1,
    }
    assert expected.items() <= told.items()
    assert list(told[names.RESPONSE_FINISH_REASONS]) == ["stop"]
