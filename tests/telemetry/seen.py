"""`Seen`: providers that keep spans and metrics in memory, and clients that tell them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openrouter_async import AsyncOpenRouter, Retries, Telemetry
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL
from tests.telemetry.table import Metric

__all__ = ["Seen"]


class Seen:
    """What was told to OpenTelemetry."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self._logs = InMemoryLogRecordExporter()
        loggers = LoggerProvider(shutdown_on_exit=False)
        loggers.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self.logger_provider: LoggerProvider | None = loggers

    def client(self, emulator: Emulator, **settings: Any) -> AsyncOpenRouter:
        """Return a client of an emulator whose calls are told here."""
        return self.client_at(emulator.base_url, emulator.key, **settings)

    def client_at(self, base_url: str, key: str = "sk-or-v1-seen", **settings: Any) -> AsyncOpenRouter:
        """Return a client whose calls are told here."""
        telemetry = Telemetry(
            tracer_provider=self.tracer_provider,
            meter_provider=self.meter_provider,
            logger_provider=self.logger_provider,
            **settings,
        )
        return AsyncOpenRouter(
            key,
            base_url=base_url,
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
    def events(self) -> list[ReadableLogRecord]:
        """The log records, in their order."""
        return list(self._logs.get_finished_logs())

    @property
    def everything(self) -> str:
        """All that spans, events and metrics say, as text."""
        told = [span.to_json() for span in self.spans] + [event.to_json() for event in self.events]
        data = self._reader.get_metrics_data()
        return "\n".join(told) + ("" if data is None else data.to_json())

    @property
    def cost(self) -> Decimal:
        """The sum of what the spans say of costs."""
        told = [dict(span.attributes or {}).get("gen_ai.usage.cost.amount") for span in self.spans]
        return sum((Decimal(repr(cost)) for cost in told if cost is not None), Decimal(0))

    def measured(self) -> dict[Metric, list[Any]]:
        """Return the data points of each metric; a gauge that has not changed is not among those of a second look."""
        data = self._reader.get_metrics_data()
        found: dict[Metric, list[Any]] = {}
        for resource in [] if data is None else data.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    name = Metric(metric.name, _kind(metric.data), metric.unit or "")
                    found.setdefault(name, []).extend(metric.data.data_points)
        return found

    def metrics(self) -> dict[str, list[Any]]:
        """Return the data points by the name of their metric."""
        return {metric.name: points for metric, points in self.measured().items()}


def _kind(data: object) -> str:
    if isinstance(data, Sum):
        return "counter" if data.is_monotonic else "up-down counter"
    return type(data).__name__.lower()
