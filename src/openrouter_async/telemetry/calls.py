"""`CallTelemetry`: a span for each call of a client, with its requests below it, and its measurements.

```
chat openai/gpt-5-mini                  CLIENT, from the first request to the end of the answer
├── POST (503, error.type=Overloaded)   CLIENT, each request, from its place in the limiter on
└── POST (200)
```

The span of a request is that of the running task while it is sent, and `traceparent` names it. The cost of a call that
broke off is known once its billed record is read: it is on the span of that look-up, which links to the call's.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import finalize

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanContext, SpanKind

from .._http.answer_facts import AnswerFacts, answer_facts
from .._http.observers import ABOUT, OBSERVERS, Attempt, Observer
from .._sansio.charges import charge_of
from .._sansio.prompt_cache import PromptCaches
from .._version import __version__
from ..types.account.generations import Generation
from ..types.common import Usage
from .answer_attributes import answer_attributes, cost_attributes, usage_counts
from .content import input_attributes, output_attributes
from .current import CurrentSpan, is_instrumented, tell_error
from .events import Events
from .features import RUN, Spans, links_of_call
from .metrics import metrics_of
from .request_attributes import Attributes, parameter_attributes, request_body
from .targets import Target, target_of

if TYPE_CHECKING:
    from .._http.transport import Transport
    from .._sansio.charges import Charge
    from .._sansio.request import RequestData
    from ..errors import OpenRouterError
    from ..protocols import Sender
    from .metrics import Metrics
    from .settings import Telemetry

__all__ = ["Budget", "CallSpan", "CallTelemetry", "PaidCallSpan", "TimedCallSpan"]

DOUBTS_KEPT = 1_000
"""Calls that broke off whose records are awaited; chosen: as many as `track()` lists."""


@runtime_checkable
class Budget(Protocol):
    """The result of `track()`."""

    budget: Decimal | None

    @property
    def cost(self) -> Decimal: ...
    @property
    def held(self) -> Decimal: ...


class CallTelemetry:
    """Tells OpenTelemetry of the calls of a client and of those derived from it."""

    def __init__(self, settings: Telemetry, transport: Transport) -> None:
        self.settings = settings
        self.library = transport.library
        self.tracer = trace.get_tracer("openrouter_async", __version__, settings.tracer_provider)
        self.metrics = metrics_of(settings.meter_provider)
        self.metrics.watch(transport)
        self.spans = Spans(self.tracer, settings, self.metrics)
        self.events = Events(settings)
        self.prompt_caches = PromptCaches()
        self._doubts: OrderedDict[str, SpanContext] = OrderedDict()
        self._late: deque[tuple[CallSpan, Attempt, int]] = deque()
        finalize(self, _end_late, self._late)  # at the latest with the program

    def observe(self, request: RequestData, sender: Sender, /) -> Observer | None:
        """Return the observer of a call; None where tracing is suppressed in this task."""
        if self._late:
            _end_late(self._late)
        if context.get_value("suppress_instrumentation"):
            return None
        kind = (
            CallSpan if not request.may_cost else TimedCallSpan if self.settings.chunk_times else PaidCallSpan
        )
        settings = sender.settings
        return kind(self, settings.base_url, settings.session_id)

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
    """The span of one call, and its metrics; where neither is wanted only `traceparent` is left to do."""

    __slots__ = (
        "_about", "_attempt_span", "_base_url", "_began_wait", "_charges", "_is_counted", "_is_doubtful",
        "_is_recorded", "_is_wanted", "_metrics", "_run", "_session_id", "_span", "_target", "_telemetry", "_waited",
    )  # fmt: skip

    def __init__(self, telemetry: CallTelemetry, base_url: str, session_id: str | None) -> None:
        self._telemetry = telemetry
        self._base_url = base_url
        self._session_id = session_id
        self._span: Span = trace.INVALID_SPAN
        self._attempt_span: Span | None = None
        self._target: Target | None = None
        self._metrics: Metrics | None = None
        self._about = ABOUT.get()
        self._run = RUN.get()
        self._charges: list[Charge] = []
        self._is_counted = self._is_doubtful = self._is_recorded = self._is_wanted = False
        self._began_wait = 0.0
        self._waited = 0.0

    async def started(self, attempt: Attempt) -> None:
        """Begin the span with the first request; each waits for its place from now on."""
        if self._target is None:
            self._begin(attempt)
        self._is_counted = False
        self._began_wait = time.monotonic()
        if self._metrics is not None:
            for factory in OBSERVERS.get():
                if isinstance(factory, Budget) and factory.budget is not None:
                    self._metrics.spent.set(float(factory.cost))
                    self._metrics.held.set(float(factory.held))

    def sent(self, attempt: Attempt) -> None:
        """It has its place."""
        waited = time.monotonic() - self._began_wait
        self._waited += waited
        if self._metrics is not None and self._target is not None:
            self._metrics.wait.record(waited, self._target.attributes)

    def around(
        self, attempt: Attempt, headers: MutableMapping[str, str], /
    ) -> AbstractContextManager[object]:
        """Make the span of the request that of the task while it is sent."""
        span = self._span
        if not span.get_span_context().is_valid:
            return nullcontext()
        telemetry = self._telemetry
        if self._is_recorded and telemetry.settings.attempts and not is_instrumented(telemetry.library):
            span = self._attempt_span = self._begin_attempt(attempt)
        return CurrentSpan(span, headers)

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None, /) -> None:
        """A request failed."""
        self._end_attempt(attempt)
        if wait is not None and self._metrics is not None and self._target is not None:
            self._metrics.retries.add(1, self._target.measured.with_error(error))

    def ended(self, attempt: Attempt) -> None:
        """The call is over."""
        if self._target is None:
            return  # refused before it began
        if not self._is_wanted:
            self._span.end()
        elif attempt.is_in_loop:
            self.finish(attempt)
        else:
            self._telemetry.end_later(self, attempt)  # exporters and metrics have locks

    def finish(self, attempt: Attempt, ended_ns: int | None = None) -> None:
        """Tell how the call ended, now or at a time before."""
        self._end_attempt(attempt, ended_ns)
        if self.reads:
            charge = self._charges[-1]
            facts = answer_facts(attempt.answer, attempt.error, charge, attempt.generation_id)
            counts = usage_counts(facts, charge)
            charges = self._charges
            costs = [each.cost for each in charges if each.cost is not None]
            cost = sum(costs, Decimal(0)) if len(costs) > 1 else costs[0] if costs else None
            if self._is_recorded:
                self._describe_end(attempt, facts, counts, cost)
            if self._metrics is not None and self._target is not None:
                self._metrics.measure(self._target, attempt, facts, counts, cost)
        elif isinstance(attempt.answer, Generation):
            self._settle(attempt.answer)
        if self._is_recorded:
            if attempt.outcome == "left":
                self._span.set_attribute("openrouter.outcome", "left")
            if attempt.error is not None and not (attempt.request.is_poll and attempt.status == 404):
                tell_error(self._span, attempt.error)
                if self._target is not None:
                    self._telemetry.events.failed(self._span, self._target.attributes, attempt.error)
        self._span.end(ended_ns)

    # The parts of these

    def _begin(self, attempt: Attempt) -> None:
        request, telemetry = attempt.request, self._telemetry
        model = request.model
        if model is None and self.reads:
            named = request_body(request).get("model")
            model = named if isinstance(named, str) else None
        self._target = target = target_of(self._base_url, request.path, request.operation, self.reads, model)
        self._span = telemetry.tracer.start_span(
            target.name, kind=SpanKind.CLIENT, attributes=target.attributes, links=links_of_call()
        )
        self._is_recorded = self._span.is_recording()
        self._metrics = telemetry.metrics if telemetry.metrics.is_on else None
        self._is_wanted = self._is_recorded or self._metrics is not None
        if self._is_recorded and target.kind is None:
            self._span.set_attribute("openrouter.operation", request.operation.name)

    def _begin_attempt(self, attempt: Attempt) -> Span:
        assert self._target is not None
        attributes = self._target.request
        if attempt.number > 1:
            attributes = {**attributes, "http.request.resend_count": attempt.number - 1}
        return self._telemetry.tracer.start_span(
            attempt.request.operation.method,
            context=trace.set_span_in_context(self._span),
            kind=SpanKind.CLIENT,
            attributes=attributes,
        )

    def _end_attempt(self, attempt: Attempt, ended_ns: int | None = None) -> None:
        """Count what a request cost, and end its span; nothing where that is done."""
        if self._is_counted:
            return
        self._is_counted = True
        if not self._is_wanted:
            return
        charge = _charge_of(attempt)
        self._charges.append(charge)
        if charge.cost is None and self.reads and attempt.may_have_been_billed:
            answered = attempt.outcome == "answered"
            self._is_doubtful = not answered or self._is_doubtful
            generation_id = attempt.generation_id or charge.generation_id
            if generation_id is not None and not answered:
                self._telemetry.doubt(generation_id, self._span.get_span_context())
        span, self._attempt_span = self._attempt_span, None
        if span is None:
            return
        if attempt.status is not None:
            told: Attributes = {"http.response.status_code": attempt.status}
            if attempt.http_version is not None:
                told["network.protocol.version"] = attempt.http_version
            span.set_attributes(told)
        if attempt.error is not None:
            tell_error(span, attempt.error)
        span.end(ended_ns)

    def _describe_end(
        self, attempt: Attempt, facts: AnswerFacts, counts: dict[str, int], cost: Decimal | None
    ) -> None:
        """Tell the request and its result, in one step: the SDK takes a lock for each."""
        assert self._target is not None
        settings = self._telemetry.settings
        told = answer_attributes(facts, attempt, counts)
        told["openrouter.queue.duration"] = self._waited
        if self._is_doubtful:
            told["openrouter.may_have_been_billed"] = True
        if cost is not None:
            told |= cost_attributes(cost, settings.cost_names)
        byok_cost = sum([charge.byok_cost for charge in self._charges], Decimal(0))
        if byok_cost:
            told["openrouter.usage.byok_cost"] = float(byok_cost)
        body = request_body(attempt.request) if self._target.kind is not None else {}
        if self._target.kind is not None:
            told |= parameter_attributes(body)
            told["gen_ai.request.stream"] = attempt.is_streamed
        if self._session_id is not None:
            told.setdefault("gen_ai.conversation.id", self._session_id)
        for name, value in self._about.items():
            told[f"openrouter.{name}"] = value
        if settings.content and self._target.kind is not None:
            whole = told | input_attributes(body) | output_attributes(attempt.answer)
            if settings.content is True:
                told = whole
            elif self._telemetry.events.is_on:
                self._telemetry.events.details(self._span, self._target.attributes | whole)
        self._span.set_attributes(told)
        conversation = told.get("gen_ai.conversation.id", self._run)
        if isinstance(conversation, str) and attempt.outcome == "answered":
            self._look_for_collapse(conversation, attempt, facts, counts)

    def _look_for_collapse(
        self, conversation: str, attempt: Attempt, facts: AnswerFacts, counts: dict[str, int]
    ) -> None:
        collapse = self._telemetry.prompt_caches.saw(
            conversation,
            facts.model,
            facts.provider,
            counts,
            content=attempt.request.content or b"{}",
            now=time.monotonic(),
        )
        if collapse is None or self._target is None:
            return
        told: Attributes = {
            **self._target.attributes,
            "gen_ai.conversation.id": conversation,
            "openrouter.prompt_cache.missed_tokens": collapse.missed,
            "openrouter.prompt_cache.established_tokens": collapse.established,
            "openrouter.prompt_cache.reason": collapse.reason,
        }
        if collapse.first_difference is not None:
            told["openrouter.prompt_cache.first_difference"] = collapse.first_difference
        if facts.model is not None:
            told["gen_ai.response.model"] = facts.model
        if facts.provider is not None:
            told["openrouter.provider.name"] = facts.provider
        self._telemetry.events.collapsed(self._span, told)

    def _settle(self, record: Generation) -> None:
        """Tell the cost of a call that broke off, where this one has read its record."""
        call = self._telemetry.settled(record.id)
        if call is None:
            return
        cost = max(record.total_cost, Decimal(0)) if record.usage is None else record.usage
        self._span.add_link(call)
        self._span.set_attributes(cost_attributes(cost, self._telemetry.settings.cost_names))
        if self._metrics is not None and self._target is not None:
            self._metrics.count_cost(cost, self._target.attributes)


class PaidCallSpan(CallSpan):
    """The span of a call that may cost money, whose answers are looked into for that."""

    __slots__ = ()

    reads = True


class TimedCallSpan(PaidCallSpan):
    """The same, where the times between the chunks of streams are measured."""

    __slots__ = ("_latest",)

    def __init__(self, telemetry: CallTelemetry, base_url: str, session_id: str | None) -> None:
        super().__init__(telemetry, base_url, session_id)
        self._latest: float | None = None

    async def started(self, attempt: Attempt) -> None:
        """The chunks of an attempt follow one another."""
        self._latest = None
        await super().started(attempt)

    def saw(self, attempt: Attempt, data: bytes, /) -> None:
        """Measure how long after the one before this chunk came."""
        if not attempt.is_streamed or self._metrics is None or self._target is None or data == b"[DONE]":
            return
        now = time.monotonic()
        if self._latest is not None:
            self._metrics.chunk.record(now - self._latest, self._target.attributes)
        self._latest = now


def _charge_of(attempt: Attempt) -> Charge:
    """Return what a request cost; by the usage of its answer where that was read and is of it alone."""
    if attempt.number == 1 and attempt.unread is not None and attempt.outcome == "answered":
        usage = getattr(attempt.answer, "usage", None)
        if isinstance(usage, Usage) and usage.cost is not None:
            return charge_of(usage)
    return attempt.charge
