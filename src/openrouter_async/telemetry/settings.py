"""`Telemetry`: the settings of a client's spans, events and metrics."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .. import _checks
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

__all__ = ["CostName", "Telemetry"]

CostName: TypeAlias = Literal["gen_ai", "operation.cost"]
"""The name of a call's cost: `gen_ai.usage.cost.*` of the conventions, or `operation.cost`, which Logfire and
pydantic-ai use."""

_COST_NAMES: tuple[CostName, ...] = ("gen_ai", "operation.cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Settings of the spans, events and metrics of a client; needs the extra `otel`.

    ```python
    from openrouter_async import AsyncOpenRouter, Telemetry

    client = AsyncOpenRouter("sk-or-v1-...", telemetry=Telemetry(content=True))
    ```

    Each call is a span, from its beginning to its end, with its retries inside. No attribute contains a key.
    """

    content: bool | Literal["events"] = False
    """Whether prompts, replies, and arguments and results of tools are in the spans; or, as `"events"`, prompts and
    replies in a log record for each call, `gen_ai.client.inference.operation.details`, and not in its span."""
    chunk_times: bool = False
    """Whether the time between two chunks of a stream is measured: about 4 µs of CPU for each."""
    attempts: bool = True
    """Whether each request of a call is a span below it. While OpenTelemetry's instrumentation of httpx is on, its
    spans replace them."""
    cost_names: Collection[CostName] = _COST_NAMES
    """Under which names a span tells its cost."""
    tracer_provider: TracerProvider | None = None
    """Default: the one that the program has set."""
    meter_provider: MeterProvider | None = None
    """Default: the one that the program has set."""
    logger_provider: LoggerProvider | None = None
    """Of events. Default: the one that the program has set."""

    def __post_init__(self) -> None:
        if self.content != "events":
            _checks.flag("Telemetry.content", self.content)
        _checks.flag("Telemetry.chunk_times", self.chunk_times)
        _checks.flag("Telemetry.attempts", self.attempts)
        for name in _checks.names("Telemetry.cost_names", self.cost_names):
            if name not in _COST_NAMES:
                raise ConfigurationError(
                    f"Telemetry.cost_names has {name!r}; expected names among {', '.join(_COST_NAMES)}"
                )
