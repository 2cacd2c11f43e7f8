"""This library with OpenTelemetry's SDK, whose sampler takes no span, and without a provider of meters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import wire
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from openrouter_async import AsyncOpenRouter, Telemetry

from .ours import Ours
from .ours_telemetry import PACKAGES as PACKAGES


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Ours]:
    telemetry = Telemetry(tracer_provider=TracerProvider(sampler=ALWAYS_OFF))
    async with AsyncOpenRouter(
        wire.KEY, base_url=base_url, default_model=wire.MODEL, telemetry=telemetry
    ) as client:
        yield Ours(client)
