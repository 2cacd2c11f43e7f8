"""This library without its telemetry, and at the same moments the same spans and metrics, written out by hand.

What OpenTelemetry's SDK takes for what a traced call tells: every attribute is a constant, and nothing is found out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager

import wire
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Tracer

from openrouter_async import AsyncOpenRouter
from openrouter_async._http.observers import Attempt, Observer
from openrouter_async._sansio.request import RequestData
from openrouter_async.protocols import Sender
from openrouter_async.telemetry.metrics import DURATION_BUCKETS

from .ours import Ours
from .ours_telemetry import PACKAGES as PACKAGES

SERVER = {"server.address": "127.0.0.1", "server.port": 8080}
CALL = {
    "gen_ai.provider.name": "openrouter",
    **SERVER,
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": wire.MODEL,
}
REQUEST = {**SERVER, "http.request.method": "POST", "url.full": "http://127.0.0.1:8080/chat/completions"}
ANSWER = {
    "gen_ai.usage.input_tokens": 9,
    "gen_ai.usage.output_tokens": 9,
    "gen_ai.response.id": "gen-1",
    "gen_ai.response.model": wire.MODEL,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.request.stream": False,
    "openrouter.generation.id": "gen-1",
    "openrouter.provider.name": "Acme",
    "openrouter.attempts": 1,
    "openrouter.queue.duration": 0.0,
    "gen_ai.usage.cost.amount": 0.0001,
    "gen_ai.usage.cost.currency": "USD",
    "gen_ai.usage.cost.source": "provider",
    "operation.cost": 0.0001,
}
MEASURED = {**CALL, "gen_ai.response.model": wire.MODEL}
TOKENS = {**MEASURED, "gen_ai.token.modality": "unknown"}


class ByHand(Observer):
    """A call and its only request, each with a span."""

    def __init__(self, tracer: Tracer, meters: Meters) -> None:
        self._tracer = tracer
        self._meters = meters

    async def started(self, _attempt: Attempt) -> None:
        self._span = self._tracer.start_span(f"chat {wire.MODEL}", kind=SpanKind.CLIENT, attributes=CALL)

    @contextmanager
    def around(self, _attempt: Attempt, headers: MutableMapping[str, str]) -> Iterator[None]:
        self._meters.wait.record(0.0, CALL)
        below = trace.set_span_in_context(self._span)
        self._request = self._tracer.start_span(
            "POST", context=below, kind=SpanKind.CLIENT, attributes=REQUEST
        )
        token = context.attach(trace.set_span_in_context(self._request))
        propagate.inject(headers)
        yield
        context.detach(token)

    def ended(self, _attempt: Attempt) -> None:
        self._request.set_attributes({"http.response.status_code": 200, "network.protocol.version": "1.1"})
        self._request.end()
        self._span.set_attributes(ANSWER)
        self._meters.cost.add(0.0001, MEASURED)
        for counter in self._meters.tokens:
            counter.add(9, TOKENS)
        self._meters.duration.record(0.5, MEASURED)
        self._span.end()


class Meters:
    """The instruments, and the factory of observers."""

    def __init__(self) -> None:
        tracers = TracerProvider()
        tracers.add_span_processor(SpanProcessor())
        self._tracer = tracers.get_tracer("by-hand")
        meter = MeterProvider().get_meter("by-hand")
        self.wait = meter.create_histogram("wait", explicit_bucket_boundaries_advisory=DURATION_BUCKETS)
        self.duration = meter.create_histogram(
            "duration", explicit_bucket_boundaries_advisory=DURATION_BUCKETS
        )
        self.tokens = [meter.create_counter("input"), meter.create_counter("output")]
        self.cost = meter.create_counter("cost")

    def observe(self, _request: RequestData, _sender: Sender) -> ByHand:
        return ByHand(self._tracer, self)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    async with AsyncOpenRouter(
        wire.KEY, base_url=base_url, default_model=wire.MODEL, telemetry=False
    ) as client:
        client._sender.transport.observers.append(Meters())
        yield Ours(client)
