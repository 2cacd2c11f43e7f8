"""`CallTelemetry`: a span for each call of a client, with its requests below it, and what is measured of it.

```
chat openai/gpt-5-mini                  CLIENT, from the first request to the end of the answer
├── POST (503, error.type=Overloaded)   CLIENT, each request, from its place in the limiter on
└── POST (200)
```

The span of a request is that of the running task while it is sent, and `traceparent` names it. What a call cost that
broke off is known once its billed record is read: it then stands on the span of that look, which links to the call's.
"""

from __future__ import annotations

import sys
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import finalize

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode

from .._http.answer_facts import AnswerFacts, answer_facts
from .._http.observers import OBSERVERS, Attempt, Observer
from .._version import __version__
from ..types.account.generations import Generation
from ..types.chat.completion import ChatCompletion
from .answer_attributes import answer_attributes, cost_attributes, usage_counts
from .content import input_attributes, output_attributes
from .features import Spans, links_of_call
from .metrics import metrics_of
from .request_attributes import OPERATIONS, Attributes, parameter_attributes, request_body, server_attributes

if TYPE_CHECKING:
    from .._http.transport import Transport
    from .._sansio.charges import Charge
    from .._sansio.request import RequestData
    from ..errors import OpenRouterError
    from ..protocols import Sender
    from .settings import Telemetry

__all__ = ["Budget", "CallSpan", "CallTelemetry", "PaidCallSpan"]

DOUBTS_KEPT = 1_000
"""Calls that broke off whose records are awaited; chosen: as many as `track()` tells of."""


@runtime_checkable
class Budget(Protocol):
    """What `track()` gives."""

    budget: Decimal | None

    @property
    def cost(self) -> Decimal: ...
    @property
    def held(self) -> Decimal: ...


class CallTelemetry:
    """Tells OpenTelemetry of the calls of a client and of those derived from it."""

    def __init__(self, settings: Telemetry, transport: Transport) -> None:
        self.settings = settings
        self.tracer = trace.get_tracer("openrouter_async", __version__, settings.tracer_provider)
        self.metrics = metrics_of(settings.meter_provider)
        self.metrics.watch(transport)
        self.spans = Spans(self.tracer, settings, self.metrics)
        self._doubts: OrderedDict[str, SpanContext] = OrderedDict()
        self._late: deque[tuple[CallSpan, Attempt, int]] = deque()
        finalize(self, _end_late, self._late)  # at the latest with the program

    def observe(self, request: RequestData, sender: Sender, /) -> Observer | None:
        """Return the observer of a call; None where tracing is suppressed in this task."""
        if self._late:
            _end_late(self._late)
        if context.get_value("suppress_instrumentation"):
            return None
        kind = PaidCallSpan if request.may_cost else CallSpan
        return kind(self, sender.settings.base_url, sender.settings.session_id)

    def doubt(self, generation_id: str, call: SpanContext) -> None:
        """Remember a call whose cost is not known."""
        self._doubts[generation_id] = call
        if len(self._doubts) > DOUBTS_KEPT:
            self._doubts.popitem(last=False)

    def settled(self, generation_id: str | None) -> SpanContext | None:
        """Return the call whose cost a record says, once; None where it was known before."""
        return None if generation_id is None else self._doubts.pop(generation_id, None)

    def end_later(self, call: CallSpan, attempt: Attempt) -> None:
        """Keep the end of a stream that was collected as garbage, in the midst of anything, for a better moment."""
        self._late.append((call, attempt, time.time_ns()))


def _end_late(late: deque[tuple[CallSpan, Attempt, int]]) -> None:
    while late:
        call, attempt, ended_ns = late.popleft()
        call.finish(attempt, ended_ns)


class CallSpan(Observer):
    """The span of one call."""

    __slots__ = (
        "_attempt_span", "_attributes", "_base_url", "_began_wait", "_charges", "_is_counted", "_is_doubtful",
        "_session_id", "_span", "_telemetry", "_waited",
    )  # fmt: skip

    def __init__(self, telemetry: CallTelemetry, base_url: str, session_id: str | None) -> None:
        self._telemetry = telemetry
        self._base_url = base_url
        self._session_id = session_id
        self._span: Span = trace.INVALID_SPAN
        self._attempt_span: Span | None = None
        self._attributes: Attributes = {}
        self._charges: list[Charge] = []
        self._is_counted = self._is_doubtful = False
        self._began_wait = 0.0
        self._waited = 0.0

    async def started(self, attempt: Attempt) -> None:
        """Begin the span with the first request; each waits for its place from now on."""
        if not self._attributes:
            self._begin(attempt)
        self._is_counted = False
        self._began_wait = time.monotonic()
        for factory in OBSERVERS.get():
            if isinstance(factory, Budget) and factory.budget is not None:
                self._telemetry.metrics.spent.set(float(factory.cost))
                self._telemetry.metrics.held.set(float(factory.held))

    def sent(self, attempt: Attempt) -> None:
        """It has its place."""
        waited = time.monotonic() - self._began_wait
        self._waited += waited
        self._telemetry.metrics.wait.record(waited, self._attributes)

    def around(
        self, attempt: Attempt, headers: MutableMapping[str, str], /
    ) -> AbstractContextManager[object]:
        """Make the span of the request that of the task while it is sent."""
        if not self._span.get_span_context().is_valid:
            return nullcontext()
        span = self._span
        if self._telemetry.settings.attempts and not _httpx_is_instrumented():
            span = self._attempt_span = self._begin_attempt(attempt)
        return _current(span, headers)

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None, /) -> None:
        """A request failed."""
        self._end_attempt(attempt)
        if wait is not None:
            kind = {"error.type": type(error).__name__}
            self._telemetry.metrics.retries.add(1, {**self._attributes, **kind})

    def ended(self, attempt: Attempt) -> None:
        """The call is over."""
        if not self._attributes:
            return  # refused before it began
        if attempt.is_in_loop:
            self.finish(attempt)
        else:
            self._telemetry.end_later(self, attempt)  # exporters and metrics have locks

    def finish(self, attempt: Attempt, ended_ns: int | None = None) -> None:
        """Tell how the call ended, now or at a time before."""
        self._end_attempt(attempt, ended_ns)
        facts = answer_facts(attempt.answer, attempt.error, attempt.charge, attempt.generation_id)
        counts = usage_counts(facts, attempt)
        cost = self._cost()
        if self._span.is_recording():
            self._describe_end(attempt, facts, counts, cost)
        self._settle(attempt)
        self._measure(attempt, facts, counts, cost)
        self._span.end(ended_ns)

    # The parts of these

    def _begin(self, attempt: Attempt) -> None:
        request, telemetry = attempt.request, self._telemetry
        body = request_body(request)
        operation = OPERATIONS.get(request.path) if request.may_cost else None
        named = request.model or body.get("model")
        self._attributes = {"gen_ai.provider.name": "openrouter", **server_attributes(self._base_url)}
        if operation is not None:
            self._attributes["gen_ai.operation.name"] = operation
        if isinstance(named, str):
            self._attributes["gen_ai.request.model"] = named
        name = " ".join(each for each in (operation, named) if isinstance(each, str))
        self._span = telemetry.tracer.start_span(
            name if operation is not None else request.operation.name,
            kind=SpanKind.CLIENT,
            attributes=self._attributes,
            links=links_of_call(),
        )
        if self._span.is_recording():
            told = parameter_attributes(body) if operation is not None else {}
            if operation is not None:
                told["gen_ai.request.stream"] = attempt.is_streamed
            else:
                told["openrouter.operation"] = request.operation.name
            if self._session_id is not None:
                told.setdefault("gen_ai.conversation.id", self._session_id)
            if telemetry.settings.content:
                told |= input_attributes(body)
            self._span.set_attributes(told)

    def _begin_attempt(self, attempt: Attempt) -> Span:
        request = attempt.request
        attributes: Attributes = {
            **server_attributes(self._base_url),
            "http.request.method": request.operation.method,
            "url.full": self._base_url + request.path,
        }
        if attempt.number > 1:
            attributes["http.request.resend_count"] = attempt.number - 1
        return self._telemetry.tracer.start_span(
            request.operation.method,
            context=trace.set_span_in_context(self._span),
            kind=SpanKind.CLIENT,
            attributes=attributes,
        )

    def _end_attempt(self, attempt: Attempt, ended_ns: int | None = None) -> None:
        """Count what a request cost, and end its span; nothing where that is done."""
        if self._is_counted:
            return
        self._is_counted = True
        self._charges.append(attempt.charge)
        if attempt.charge.cost is None and attempt.request.may_cost and attempt.may_have_been_billed:
            answered = attempt.outcome == "answered"
            self._is_doubtful = not answered or self._is_doubtful
            generation_id = attempt.generation_id or attempt.charge.generation_id
            if generation_id is not None and not answered:
                self._telemetry.doubt(generation_id, self._span.get_span_context())
        span, self._attempt_span = self._attempt_span, None
        if span is None:
            return
        if attempt.status is not None:
            span.set_attribute("http.response.status_code", attempt.status)
        if attempt.error is not None:
            _tell_error(span, attempt.error)
        span.end(ended_ns)

    def _cost(self) -> Decimal | None:
        """Return what all requests cost, as far as their answers said it."""
        known = [charge.cost for charge in self._charges if charge.cost is not None]
        return sum(known, Decimal(0)) if known else None

    def _describe_end(
        self, attempt: Attempt, facts: AnswerFacts, counts: dict[str, int], cost: Decimal | None
    ) -> None:
        span, settings = self._span, self._telemetry.settings
        if attempt.request.may_cost:
            told = answer_attributes(facts, attempt, counts)
            told["openrouter.queue.duration"] = self._waited
            if self._is_doubtful:
                told["openrouter.may_have_been_billed"] = True
            if cost is not None:
                told |= cost_attributes(cost, settings.cost_names)
            byok = sum((charge.byok_cost for charge in self._charges), Decimal(0))
            if byok:
                told["openrouter.usage.byok_cost"] = float(byok)
            if settings.content and isinstance(attempt.answer, ChatCompletion):
                told |= output_attributes(attempt.answer)
            span.set_attributes(told)
        if attempt.outcome == "left":
            span.set_attribute("openrouter.outcome", "left")
        if attempt.error is not None and not (attempt.request.is_poll and attempt.status == 404):
            _tell_error(span, attempt.error)

    def _settle(self, attempt: Attempt) -> None:
        """Tell the cost of a call that broke off, where this one has read its record."""
        record = attempt.answer
        if not isinstance(record, Generation):
            return
        call = self._telemetry.settled(record.id)
        if call is None:
            return
        cost = max(record.total_cost, Decimal(0)) if record.usage is None else record.usage
        self._span.add_link(call)
        self._span.set_attributes(cost_attributes(cost, self._telemetry.settings.cost_names))
        self._telemetry.metrics.count_cost(cost, self._attributes)

    def _measure(
        self, attempt: Attempt, facts: AnswerFacts, counts: dict[str, int], cost: Decimal | None
    ) -> None:
        operation = self._attributes.get("gen_ai.operation.name")
        if operation is None and cost is None:
            return
        metrics, attributes = self._telemetry.metrics, {**self._attributes}
        if facts.model is not None:
            attributes["gen_ai.response.model"] = facts.model
        if cost is not None:
            metrics.count_cost(cost, attributes)
        if operation in ("chat", "text_completion"):
            for name, counter in metrics.tokens.items():
                if name in counts or name in ("input_tokens", "output_tokens"):
                    counter.add(counts.get(name, 0), {**attributes, "gen_ai.token.modality": "unknown"})
        kind = {} if attempt.error is None else {"error.type": type(attempt.error).__name__}
        duration = metrics.operation if operation == "embeddings" else metrics.inference
        if operation is not None:
            duration.record(attempt.elapsed, {**attributes, **kind})
        if attempt.to_first_piece is not None and operation is not None:
            metrics.first_chunk.record(attempt.to_first_piece, attributes)


class PaidCallSpan(CallSpan):
    """The span of a call that may cost money, whose answers are looked into for that."""

    __slots__ = ()

    reads = True


@contextmanager
def _current(span: Span, headers: MutableMapping[str, str]) -> Iterator[None]:
    """Make a span that of the task, and name it in the headers unless the caller has named one."""
    token = context.attach(trace.set_span_in_context(span))
    try:
        if "traceparent" not in headers:
            propagate.inject(headers)
        yield
    finally:
        context.detach(token)


def _tell_error(span: Span, error: OpenRouterError) -> None:
    """Say what failed by its class alone: messages may hold a part of what was sent."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


def _httpx_is_instrumented() -> bool:
    """Whether OpenTelemetry's instrumentation of httpx makes a span of each request."""
    module = sys.modules.get("opentelemetry.instrumentation.httpx")
    return module is not None and module.HTTPXClientInstrumentor().is_instrumented_by_opentelemetry
