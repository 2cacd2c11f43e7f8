"""When telemetry is on, what it costs to be off, and how it stands beside the instrumentation of httpx."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Telemetry
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL
from tests.support.folders import ROOT
from tests.support.loopback import LoopbackServer, Reply, client_tls, serve_responses, server_tls
from tests.support.proxies import HTTPProxy
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.slow

CHAT = f"chat {MODEL}"

PROGRAM = """
import asyncio, sys
from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator

def call(**settings):
    async def main():
        with Emulator() as emulator:
            async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, **settings) as client:
                BEFORE
                await client.chat.create("Hi", model="openai/gpt-4.1-mini")
                AFTER
    asyncio.run(main())
"""

SET_PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
spans = InMemorySpanExporter()
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
"""


def run(before: str, after: str, settings: str = "", *, first: str = "") -> None:
    """Run a call in a program of its own, since a provider is set once."""
    inner = "\n                "
    program = PROGRAM.replace("BEFORE", before.strip().replace("\n", inner) or "pass")
    program = program.replace("AFTER", after.strip().replace("\n", inner))
    subprocess.run(
        [sys.executable, "-c", f"{first}\n{program}\ncall({settings})"], check=True, timeout=60, cwd=ROOT
    )


NAMES = "assert [span.name for span in spans.get_finished_spans()] == ['POST', 'chat openai/gpt-4.1-mini']"
NOTHING = "assert not spans.get_finished_spans()"


def test_it_is_on_by_itself_once_a_provider_is_set_also_after_the_client_was_made() -> None:
    run(SET_PROVIDER, NAMES)


def test_it_is_off_where_it_is_switched_off() -> None:
    run(SET_PROVIDER, NOTHING, "telemetry=False")


def test_without_a_provider_nothing_is_told_and_nothing_loaded() -> None:
    run("", "assert 'openrouter_async.telemetry.calls' not in sys.modules")
    run("import opentelemetry.trace", "assert 'openrouter_async.telemetry.calls' not in sys.modules")


def test_without_the_extra_it_says_what_to_install_where_it_is_asked_for() -> None:
    missing = "import sys; sys.modules['opentelemetry'] = None"
    run("", "pass", first=missing)
    expected = (
        "try: AsyncOpenRouter('x', telemetry=True)\n"
        "except Exception as error: assert 'openrouter-async[otel]' in str(error), error\n"
        "else: raise AssertionError"
    )
    run(expected, "pass", first=missing)


@pytest.mark.parametrize(
    ("telemetry", "message"),
    [("yes", "telemetry is 'yes'"), (1, "telemetry is 1")],
)
def test_what_is_no_telemetry_is_refused(telemetry: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        AsyncOpenRouter("x", telemetry=telemetry)  # type: ignore[arg-type]


def test_settings_are_checked_and_belong_to_the_client() -> None:
    with pytest.raises(ConfigurationError, match="cost_names has 'dollars'"):
        Telemetry(cost_names=["dollars"])  # type: ignore[list-item]
    with pytest.raises(ConfigurationError, match="content is 'yes'"):
        Telemetry(content="yes")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="telemetry belongs to the connections"):
        AsyncOpenRouter("x").with_options(telemetry=False)  # type: ignore[call-arg]


@pytest.mark.loopback
async def test_where_httpx_is_instrumented_its_spans_are_those_of_the_requests(
    emulator: Emulator, seen: Seen
) -> None:
    httpx = pytest.importorskip("opentelemetry.instrumentation.httpx")
    emulator.fail(503)
    emulator.reply("Hello", times=2)
    instrumentor = httpx.HTTPXClientInstrumentor()
    async with seen.client(emulator) as client:
        instrumentor.instrument(tracer_provider=seen.tracer_provider)
        try:
            await client.chat.create("Hi")
        finally:
            instrumentor.uninstrument()
        await client.chat.create("Hi")
    requests, calls = seen.named("POST"), seen.named(CHAT)
    assert len(requests) == 3
    assert [span.instrumentation_scope.name for span in requests if span.instrumentation_scope] == [
        "opentelemetry.instrumentation.httpx"
    ] * 2 + ["openrouter_async"]
    parents = [span.parent and span.parent.span_id for span in requests]
    assert parents == [calls[0].context.span_id] * 2 + [calls[1].context.span_id]
    sent = [request.headers["traceparent"].split("-")[2] for request in emulator.requests]
    assert sent == [f"{span.context.span_id:016x}" for span in requests]


@pytest.mark.loopback
async def test_other_hosts_are_not_told_of_the_trace(seen: Seen) -> None:
    """A redirect is not followed, so its host gets nothing."""
    with LoopbackServer(serve_responses([Reply(json={})])) as other:
        redirect = Reply(307, headers={"location": f"{other.url}/chat/completions"})
        with LoopbackServer(serve_responses([redirect])) as server:
            telemetry = Telemetry(tracer_provider=seen.tracer_provider, meter_provider=seen.meter_provider)
            async with AsyncOpenRouter("x", base_url=server.url, telemetry=telemetry) as client:
                with pytest.raises(Exception, match="307"):
                    await client.chat.create("Hi", model=MODEL)
            assert "traceparent" in server.requests[0].headers
    assert other.requests == []
    assert seen.one(CHAT).attributes is not None


@pytest.mark.direct("it brings a proxy of its own")
@pytest.mark.loopback
async def test_a_proxy_that_tunnels_is_not_told_of_the_trace(seen: Seen) -> None:
    """CONNECT is read by the proxy; what goes through the tunnel is not."""
    telemetry = Telemetry(tracer_provider=seen.tracer_provider, meter_provider=seen.meter_provider)
    with (
        LoopbackServer(serve_responses([Reply(json={})]), ssl_context=server_tls()) as server,
        LoopbackServer(HTTPProxy()) as proxy,
    ):
        async with AsyncOpenRouter(
            "x", base_url=server.url, proxy=proxy.origin, ssl_context=client_tls(), telemetry=telemetry
        ) as client:
            await client.request("GET", "/key", into=dict[str, str])
        (connect,) = proxy.requests
        (request,) = server.requests
    assert connect.method == "CONNECT"
    assert set(connect.headers) == {"host"}
    assert "traceparent" in request.headers
