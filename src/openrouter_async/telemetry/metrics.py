"""`Metrics`: the instruments, made once for each provider of meters, and observations of clients that live.

Names and buckets are those of the GenAI conventions v0.1.0; names of our own begin with `openrouter`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakSet

from opentelemetry.metrics import (
    CallbackOptions,
    MeterProvider,
    Observation,
    get_meter_provider,
)

from .._version import __version__

if TYPE_CHECKING:
    from decimal import Decimal

    from opentelemetry.metrics import Histogram, Meter

    from .._http.answer_facts import AnswerFacts
    from .._http.observers import Attempt
    from .._http.transport import Transport
    from .request_attributes import Attributes
    from .targets import Target

__all__ = ["Metrics", "metrics_of"]

DURATION_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
"""Seconds; those that the conventions advise for durations, of which all here are some."""

TOKEN_COUNTERS = (
    "input_tokens",
    "output_tokens",
    "cache_read.input_tokens",
    "cache_write.input_tokens",
    "reasoning.output_tokens",
)
_ALWAYS = TOKEN_COUNTERS[:2]
"""Counted for calls that used none, too."""


class Metrics:
    """The instruments of one provider."""

    def __init__(self, meter: Meter, provider: MeterProvider | None) -> None:
        self._provider = provider
        self._is_on = False
        self._transports: WeakSet[Transport] = WeakSet()

        def seconds(name: str, description: str) -> Histogram:
            return meter.create_histogram(
                name,
                unit="s",
                description=description,
                explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
            )

        self.inference = seconds("gen_ai.client.inference.duration", "Duration of inference calls.")
        self.operation = seconds("gen_ai.client.operation.duration", "Duration of other GenAI calls.")
        self.first_chunk = seconds(
            "gen_ai.client.inference.time_to_first_chunk", "Time to the first chunk of streams."
        )
        self.chunk = seconds(
            "gen_ai.client.inference.time_per_output_chunk", "Time between two chunks of streams."
        )
        self.tool = seconds("gen_ai.execute_tool.duration", "Duration of calls of tools.")
        self.agent = seconds("gen_ai.invoke_agent.duration", "Duration of runs.")
        self.tokens = {
            name: meter.create_counter(f"gen_ai.client.inference.usage.{name}", unit="{token}")
            for name in TOKEN_COUNTERS
        }
        self.cost = meter.create_counter(
            "openrouter.client.cost", unit="{USD}", description="US dollars charged to the account."
        )
        self.retries = meter.create_counter(
            "openrouter.client.retries", unit="{request}", description="Requests that were sent again."
        )
        self.wait = seconds("openrouter.limiter.wait", "Time that requests waited for their place.")
        self.spent = meter.create_gauge(
            "openrouter.budget.spent",
            unit="{USD}",
            description="Spent of the innermost budget when the newest call began.",
        )
        self.held = meter.create_gauge(
            "openrouter.budget.held",
            unit="{USD}",
            description="Held then for calls that run or are in doubt.",
        )
        for name, unit, observe in (
            ("openrouter.limiter.in_flight", "{request}", self._in_flight),
            ("openrouter.connections.open", "{connection}", self._open),
            ("openrouter.connections.idle", "{connection}", self._idle),
        ):
            meter.create_observable_up_down_counter(name, [observe], unit=unit)
        meter.create_observable_gauge("openrouter.limiter.rate", [self._rates], unit="{request}/s")

    @property
    def is_on(self) -> bool:
        """Whether anybody measures: the providers that the API has of its own do nothing."""
        if not self._is_on:
            provider = self._provider or get_meter_provider()
            self._is_on = not type(provider).__module__.startswith("opentelemetry.metrics")
        return self._is_on

    def measure(
        self,
        target: Target,
        attempt: Attempt,
        facts: AnswerFacts,
        counts: Mapping[str, int],
        cost: Decimal | None,
    ) -> None:
        """Measure a call that is over."""
        measured = target.answered_by(facts.model)
        if cost is not None:
            self.count_cost(cost, measured.attributes)
        if target.kind is None:
            return
        if target.kind != "embeddings":
            for name, counter in self.tokens.items():
                count = counts.get(name)
                if count or name in _ALWAYS:
                    counter.add(count or 0, measured.tokens)
        duration = self.operation if target.kind == "embeddings" else self.inference
        duration.record(attempt.elapsed, measured.with_error(attempt.error))
        if attempt.to_first_piece is not None:
            self.first_chunk.record(attempt.to_first_piece, measured.attributes)

    def watch(self, transport: Transport) -> None:
        """Observe a client for as long as it lives."""
        self._transports.add(transport)

    def count_cost(self, cost: Decimal, attributes: Attributes) -> None:
        """Add a cost."""
        self.cost.add(float(cost), attributes)

    # Called by the exporter, in a thread of its own

    def _in_flight(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(sum(each.limiter.in_use for each in self._transports))

    def _open(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(sum(each.connections[0] for each in self._transports))

    def _idle(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(sum(each.connections[1] for each in self._transports))

    def _rates(self, _: CallbackOptions) -> Iterable[Observation]:
        for transport in self._transports:
            for model, rate in transport.limiter.rates.items():
                if rate < math.inf:
                    yield Observation(rate, {"gen_ai.request.model": model or ""})


_MADE: dict[int, tuple[MeterProvider, Metrics]] = {}
"""By the identity of the provider, which is kept with them: Logfire's cannot be hashed. A program has one or two."""


def metrics_of(given: MeterProvider | None) -> Metrics:
    """Return the instruments of a provider; they are made once, since a second one of a name is refused."""
    provider = given or get_meter_provider()
    made = _MADE.get(id(provider))
    if made is None:
        meter = provider.get_meter("openrouter_async", __version__)
        made = _MADE[id(provider)] = provider, Metrics(meter, given)
    return made[1]
