"""`Seen`: providers that keep spans and metrics in memory, and clients that tell them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openrouter_async import AsyncOpenRouter, Retries, Telemetry
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL

__all__ = ["Seen"]


class Seen:
    """What was told to OpenTelemetry."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)

    def client(self, emulator: Emulator, **settings: Any) -> AsyncOpenRouter:
        """Return a client whose calls are told here."""
        telemetry = Telemetry(
            tracer_provider=self.tracer_provider, meter_provider=self.meter_provider, **settings
        )
        return AsyncOpenRouter(
            emulator.key,
            base_url=emulator.base_url,
            default_model=MODEL,
            retries=Retries(attempts=3, base=0.001),
            telemetry=telemetry,
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that ended, in the order of their ends."""
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        """Those of a name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """The only one of a name."""
        (span,) = self.named(name)
        return span

    @property
    def everything(self) -> str:
        """All that the spans and metrics say, as text."""
        spans = "\n".join(span.to_json() for span in self.spans)
        data = self._reader.get_metrics_data()
        return spans + ("" if data is None else data.to_json())

    @property
    def cost(self) -> Decimal:
        """The sum of what the spans say of costs."""
        told = [dict(span.attributes or {}).get("gen_ai.usage.cost.amount") for span in self.spans]
        return sum((Decimal(repr(cost)) for cost in told if cost is not None), Decimal(0))

    def metrics(self) -> dict[str, list[Any]]:
        """Return the data points by the name of their metric."""
        data = self._reader.get_metrics_data()
        found: dict[str, list[Any]] = {}
        for resource in [] if data is None else data.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found.setdefault(metric.name, []).extend(metric.data.data_points)
        return found
