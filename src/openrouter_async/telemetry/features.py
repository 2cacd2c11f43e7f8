"""The spans of runs, of the tools that they call, and of batches: `invoke_agent`, `execute_tool`, `openrouter.batch`.

Calls that are made while one of the first two is that of the task are below it. The calls of a batch have traces of
their own, which link to its span: backends cannot show a trace of a hundred thousand spans.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer

from .answer_attributes import counts_of
from .current import tell_error

if TYPE_CHECKING:
    from decimal import Decimal

    from opentelemetry.metrics import Histogram

    from ..types.chat.tool_calls import ToolCall
    from ..types.common import Usage
    from .metrics import Metrics
    from .request_attributes import Attributes
    from .settings import Telemetry

__all__ = ["RUN", "EndedBatch", "EndedRun", "EndedTool", "Spans", "links_of_call"]

RUN: ContextVar[str | None] = ContextVar("openrouter_async.run_span", default=None)
"""The run that they are made for, where there is one."""

_BATCH: ContextVar[Span | None] = ContextVar("openrouter_async.batch", default=None)
"""Where a worker of a batch has the span of the batch."""


class Spans:
    """Begins them."""

    def __init__(self, tracer: Tracer, settings: Telemetry, metrics: Metrics) -> None:
        self._tracer = tracer
        self._settings = settings
        self._metrics = metrics

    @contextmanager
    def run(self, model: str | None, session_id: str | None) -> Iterator[EndedRun]:
        """Make the span of a run that of the task."""
        attributes: Attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "openrouter",
        }
        if model is not None:
            attributes["gen_ai.request.model"] = model
        told = attributes if session_id is None else {**attributes, "gen_ai.conversation.id": session_id}
        with self._current("invoke_agent", told, self._metrics.agent, attributes) as span:
            before = RUN.get()
            RUN.set(f"{span.get_span_context().span_id:016x}")
            try:
                yield EndedRun(span)
            finally:
                RUN.set(before)

    @contextmanager
    def tool(self, call: ToolCall) -> Iterator[EndedTool]:
        """Make the span of a call of a tool that of the task."""
        attributes: Attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.name}
        told: Attributes = {**attributes, "gen_ai.tool.type": "function", "gen_ai.tool.call.id": call.id}
        has_content = self._settings.content is True
        if has_content:
            told["gen_ai.tool.call.arguments"] = call.arguments
        with self._current(f"execute_tool {call.name}", told, self._metrics.tool, attributes) as span:
            yield EndedTool(span, has_content=has_content)

    def batch(self) -> EndedBatch:
        """Begin the span of a batch."""
        return EndedBatch(self._tracer.start_span("openrouter.batch"))

    @contextmanager
    def _current(
        self, name: str, attributes: Attributes, duration: Histogram, measured: Attributes
    ) -> Iterator[Span]:
        """Make a span that of the task, and measure its time; an exception inside is its error."""
        began = time.monotonic()
        span = self._tracer.start_span(name, kind=SpanKind.INTERNAL, attributes=attributes)
        token = context.attach(trace.set_span_in_context(span))
        try:
            yield span
        except Exception as error:
            tell_error(span, error)
            measured = {**measured, "error.type": type(error).__name__}
            raise
        finally:
            context.detach(token)
            duration.record(time.monotonic() - began, measured)
            span.end()


class EndedRun:
    """Told how a run ended."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def ended(self, usage: Usage, steps: int, error: BaseException | None) -> None:
        """Tell what all replies used, under another name than that of a call: nothing counts twice."""
        attributes: Attributes = {
            f"gen_ai.aggregated_usage.{name}": n for name, n in counts_of(usage).items()
        }
        if usage.cost is not None:
            attributes["gen_ai.aggregated_usage.cost.amount"] = float(usage.cost)
        self._span.set_attributes({**attributes, "openrouter.run.steps": steps})
        if isinstance(error, Exception):
            tell_error(self._span, error)


class EndedTool:
    """Told how a call of a tool ended."""

    def __init__(self, span: Span, *, has_content: bool) -> None:
        self._span = span
        self._has_content = has_content

    def ended(self, content: object, error: str | None) -> None:
        """Tell the result, with content only, and whether it failed."""
        if self._has_content:
            self._span.set_attribute("gen_ai.tool.call.result", str(content))
        if error is not None:
            self._span.set_attribute("error.type", "tool_error")
            self._span.set_status(Status(StatusCode.ERROR))


class EndedBatch:
    """The span of a batch."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def work(self) -> None:
        """Link the calls that the running task makes from now on."""
        context.attach(trace.set_span_in_context(trace.INVALID_SPAN))
        _BATCH.set(self._span)

    def ended(self, done: int, failed: int, resumed: int, cost: Decimal) -> None:
        """Tell what became of the items; those that the journal had are among the `done`."""
        self._span.set_attributes(
            {
                "openrouter.batch.items": done + failed,
                "openrouter.batch.cost": float(cost),
                "openrouter.batch.done": done,
                "openrouter.batch.failed": failed,
                "openrouter.batch.resumed": resumed,
            }
        )
        self._span.end()


def links_of_call() -> list[Link]:
    """Return the links of a call that begins now: to the batch that it is made for."""
    batch = _BATCH.get()
    if batch is None or trace.get_current_span().get_span_context().is_valid:
        return []
    return [Link(batch.get_span_context())]
