"""Datadog's integration of httpx, which patches the client twice: spans, and trace headers in the request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools_seen.base import BASE
from tests.tools_seen.needed import tool
from tests.tools_seen.service import Parser, both_parsers, client, plain, service, streamed

ddtrace = tool("ddtrace")
of_trace = tool("ddtrace.trace")
integration = tool(f"ddtrace.contrib.internal.{BASE}.patch")


@pytest.fixture
def spans() -> Iterator[list[Any]]:
    """The finished spans; none is sent."""
    finished: list[Any] = []

    class Keep(of_trace.TraceFilter):  # type: ignore[misc, name-defined]
        def process_trace(self, trace: list[Any]) -> None:
            finished.extend(trace)

    of_trace.tracer.configure(trace_processors=[Keep()])
    ddtrace.patch(**{BASE: True})
    yield finished
    integration.unpatch()


@pytest.mark.loopback
@both_parsers
async def test_each_call_is_a_span_whose_trace_the_service_gets(
    spans: list[Any], parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser):
            assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
    assert [span.name for span in spans] == ["http.request"] * 2
    assert [span.get_tag("http.url") for span in spans] == [f"{server.url}/chat/completions"] * 2
    for span, request in zip(spans, server.requests, strict=True):
        assert request.headers["x-datadog-parent-id"] == str(span.span_id)
