"""This library with OpenTelemetry's SDK: spans and metrics are made, and go nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import wire
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from openrouter_async import AsyncOpenRouter, Telemetry

from .ours import PACKAGES as OURS
from .ours import Ours

PACKAGES = [*OURS, "opentelemetry-sdk"]


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    tracers = TracerProvider()
    tracers.add_span_processor(SpanProcessor())
    telemetry = Telemetry(tracer_provider=tracers, meter_provider=MeterProvider())
    async with AsyncOpenRouter(
        wire.KEY, base_url=base_url, default_model=wire.MODEL, telemetry=telemetry
    ) as client:
        yield Ours(client)
