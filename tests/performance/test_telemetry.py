"""The function calls of our own that telemetry adds to calls and chunks; those of the SDK are not counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import FrameType

import pytest

from openrouter_async import AsyncOpenRouter, Telemetry
from tests.performance.counting import MODEL, Reads, calls_of, text_stream
from tests.support.loopback import LoopbackServer, Reply, serve_responses

if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
    pytest.skip("needs OpenTelemetry's SDK", allow_module_level=True)

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

COMPLETION = {
    "id": "gen-1",
    "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60, "cost": 0.0001},
}


def traced() -> Telemetry:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanProcessor())
    return Telemetry(tracer_provider=provider, meter_provider=MeterProvider(shutdown_on_exit=False))


def unsampled() -> Telemetry:
    return Telemetry(tracer_provider=TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False))


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        yield server


async def own_functions(server: LoopbackServer, telemetry: Telemetry | bool) -> float:
    """Return how many functions of this library a call calls."""
    count = 0

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call" and "openrouter_async" in frame.f_code.co_filename

    async with AsyncOpenRouter(
        "sk-or-v1-0000", base_url=server.url, default_model=MODEL, telemetry=telemetry
    ) as client:
        for _ in range(3):
            await client.chat.create("Hi")
        sys.setprofile(profile)
        for _ in range(10):
            await client.chat.create("Hi")
        sys.setprofile(None)
    return count / 10


async def test_a_traced_call_calls_few_functions_of_our_own(server: LoopbackServer) -> None:
    plain = await own_functions(server, False)
    assert 5 < await own_functions(server, traced()) - plain < 60
    assert 5 < await own_functions(server, unsampled()) - plain < 25


async def test_a_chunk_of_a_traced_stream_takes_nothing() -> None:
    counts = []
    for telemetry in (False, traced()):
        for chunks in (1_000, 3_000):
            async with AsyncOpenRouter(
                "sk-or-v1-0000",
                base_url="http://127.0.0.1:1/api/v1",
                default_model=MODEL,
                transport=Reads(text_stream(chunks)),
                telemetry=telemetry,
            ) as client:

                async def read() -> None:
                    async with client.chat.stream("Hi") as stream:
                        assert len([piece async for piece in stream.text()]) == chunks  # noqa: B023  # it is awaited here

                counts.append(await calls_of(read, times=1))
    plain, seen = counts[1] - counts[0], counts[3] - counts[2]
    assert (seen - plain) / 2_000 < 0.1  # a read has a hundred chunks, of which one is looked at
