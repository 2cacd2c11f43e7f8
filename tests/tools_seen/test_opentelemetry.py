"""OpenTelemetry's instrumentation of httpx: a span a request, and its context in the request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Telemetry
from tests.tools_seen.base import BASE
from tests.tools_seen.needed import tool
from tests.tools_seen.service import KEY, Parser, both_parsers, client, plain, service, streamed

instrumentation = tool("opentelemetry.instrumentation.httpx")
trace = tool("opentelemetry.sdk.trace")
export = tool("opentelemetry.sdk.trace.export")
in_memory = tool("opentelemetry.sdk.trace.export.in_memory_span_exporter")


@pytest.fixture
def spans() -> Any:
    return in_memory.InMemorySpanExporter()


@pytest.fixture
def instrumentor(spans: Any) -> Iterator[Any]:
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentor = getattr(instrumentation, f"{BASE.upper()}ClientInstrumentor")()
    instrumentor.instrument(tracer_provider=provider)
    yield instrumentor
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


@pytest.mark.loopback
@both_parsers
async def test_each_call_is_a_span_whose_context_the_service_gets(
    spans: Any, instrumentor: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
    finished = spans.get_finished_spans()
    assert [span.name for span in finished] == ["POST", "POST"]
    for span, request in zip(finished, server.requests, strict=True):
        assert span.attributes["http.url"] == f"{server.url}/chat/completions"
        assert span.attributes["http.status_code"] == 200
        context = span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-"
        assert request.headers["traceparent"].startswith(parent)


@pytest.mark.loopback
@both_parsers
async def test_a_client_made_before_is_traced_until_tracing_ends(
    spans: Any, instrumentor: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrumentor.uninstrument()
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            for is_traced in (False, True, False):
                if is_traced:
                    provider = trace.TracerProvider()
                    provider.add_span_processor(export.SimpleSpanProcessor(spans))
                    instrumentor.instrument(tracer_provider=provider)
                await openrouter.chat.create("Hi", model="acme/model")
                if is_traced:
                    instrumentor.uninstrument()
    assert ["traceparent" in request.headers for request in server.requests] == [False, True, False]
    assert len(spans.get_finished_spans()) == 1
    assert server.connections == 1


@pytest.mark.loopback
async def test_a_client_of_httpx2_that_was_given_is_seen_by_the_form_for_httpx2(
    spans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ours tell of the call alone, for its requests are told of already."""
    httpx2 = tool("httpx2")
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentor = instrumentation.HTTPX2ClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with service(monkeypatch):
            async with (
                httpx2.AsyncClient() as given,
                AsyncOpenRouter(
                    KEY, http_client=given, telemetry=Telemetry(tracer_provider=provider)
                ) as openrouter,
            ):
                await openrouter.chat.create("Hi", model="acme/model")
    finally:
        instrumentor.uninstrument()
    request, call = spans.get_finished_spans()
    assert (request.name, request.instrumentation_scope.name) == (
        "POST",
        "opentelemetry.instrumentation.httpx",
    )
    assert (call.name, call.instrumentation_scope.name) == ("chat acme/model", "openrouter_async")
    assert request.parent.span_id == call.context.span_id
