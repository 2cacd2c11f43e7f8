"""`OutputRequest`: asks a model for a value: chooses the mode, asks, reads, asks again, changes the mode.

```
decide ──> native ──> reply ──> read ──> value
  │           │                  └──> does not fit: sent back, asked again, `attempts` times in all
  │           └── the service says that it cannot, or no reply fits ──┐
  └────────────────> prompted <───────────────────────────────────────┘ the same again, with a prompt
```

A refusal, and a reply cut off by the token limit, end the call immediately: another request would give the same
result. A reply that calls tools is returned unchanged, without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, Protocol

from .._http.observers import ABOUT
from ..errors import ConfigurationError, OpenRouterError, Refused, ReplyTruncated, StructuredOutputError
from ..protocols import Completer, FeatureSpans
from ..spending.next_cost import NextCost
from ..types.chat.completion import OutputT
from ..types.chat.model_reply import with_billed
from ..types.common import reported
from .completion import Attempt, all_billed, structured_reply
from .modes import ModeDecision, SchemaModels, decide_mode, models_asked, schema_rejection
from .output import KEPT, as_output
from .prompt import check_call, with_feedback, with_output
from .reading.reply import read_output
from .stream import FallbackSource, StructuredStream, asked_for

if TYPE_CHECKING:
    from .._sansio.request import ModelCall
    from ..options import RequestOptions
    from ..spending.forecast import Prices
    from ..streaming.source import StreamSource
    from ..streaming.stream import OnBadEvent
    from .completion import StructuredReply
    from .output import Mode, Output, OutputLike
    from .stream import ValueStream

__all__ = ["OutputRequest", "OutputRequests", "OutputSource"]


@dataclass
class _Progress:
    """The attempts so far."""

    attempts: list[Attempt] = field(default_factory=list)
    next_cost: NextCost | None = None

    async def may_ask(self, limit: Decimal, body: Mapping[str, object]) -> bool:
        """Whether another request should stay within the limit: by what is foreseen, and by the dearest so far."""
        foreseen = Decimal(0) if self.next_cost is None else await self.next_cost.of(body)
        if not self.attempts:
            return True
        paid = [None if usage is None else usage.paid for usage in all_billed(self.attempts)]
        known = [cost for cost in paid if cost is not None]
        return len(known) == len(paid) and sum(known) + max(foreseen, *known, Decimal(0)) <= limit


class OutputSource(Completer[str], Protocol):
    """Asks a model, and can give what a stream is read from."""

    def with_options(self, options: RequestOptions | None) -> OutputSource: ...

    def open(self, call: Any, /) -> StreamSource: ...


@dataclass(frozen=True)
class OutputRequests:
    """Creates the `OutputRequest` for each output of a client."""

    chat: OutputSource
    models: SchemaModels
    prices: Prices | None = None
    stream: type[ValueStream[Any]] = StructuredStream
    """The stream of the dialect."""

    def of(self, output: OutputLike[OutputT]) -> OutputRequest[OutputT]:
        """Return what asks for an output; raises `ConfigurationError` where it has no schema."""
        if isinstance(output, type):
            return self._of_class(output)
        return OutputRequest(self.chat, as_output(output), self.models, self.prices, self.stream)

    @cached_property
    def _of_class(self) -> Callable[[type], OutputRequest[Any]]:
        """What asks for a class, which is made once."""
        return lru_cache(maxsize=KEPT)(
            lambda wanted: OutputRequest(self.chat, as_output(wanted), self.models, self.prices, self.stream)
        )


@dataclass(frozen=True)
class OutputRequest(Generic[OutputT]):
    """A `Completer` whose replies have a value."""

    chat: OutputSource
    output: Output[OutputT]
    models: SchemaModels
    prices: Prices | None = None
    made: type[ValueStream[Any]] = StructuredStream
    """What its streams are."""

    @property
    def kind(self) -> type[ModelCall]:
        """The type of a call of the dialect."""
        return self.chat.kind

    def with_options(self, options: RequestOptions | None) -> OutputRequest[OutputT]:
        """Return the same with these options; itself without options."""
        return self if options is None else replace(self, chat=self.chat.with_options(options))

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none."""
        return self.chat.default_model

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        return self.chat.params

    @property
    def session_id(self) -> str | None:
        """What groups requests, and keeps them with one provider."""
        return self.chat.session_id

    @property
    def spans(self) -> FeatureSpans | None:
        """What begins the spans of features."""
        return self.chat.spans

    async def create(self, call: ModelCall) -> StructuredReply[OutputT]:
        """Return the reply with its value.

        Raises:
            StructuredOutputError: no reply had a value; the error is that of the last one.
            OpenRouterError: as every call.
        """
        call = self._completed(call)
        progress = _Progress()
        if self.output.max_cost is not None and self.prices is not None:
            progress.next_cost = NextCost(await self.prices())
        decision = await self._decide(call)
        try:
            return await self._in_mode(call, decision, progress)
        except OpenRouterError as error:
            other = await self._other_mode(error, progress, call) if decision.mode == "native" else None
            if other is None:
                raise
            error.__traceback__ = None  # it is kept, and would keep every frame of the call
        return await self._in_mode(call, other, progress)

    def stream(self, call: ModelCall, *, on_bad_event: OnBadEvent = "raise") -> ValueStream[OutputT]:
        """Return the reply as a stream, whose last value is the value."""
        call = self._completed(call)

        def open_(mode: Mode) -> StreamSource:
            return self.chat.open(with_output(self.output, call, mode, streaming=True))

        source = FallbackSource(lambda: self._decide(call), open_, can_change=self.output.path == "auto")
        return self.made(source, self.output, on_bad_event=on_bad_event)

    def _completed(self, call: ModelCall) -> ModelCall:
        """Return the call with the client's parameters: additions to a parameter must not replace the client's."""
        if call.params or call.extra_body:
            check_call(call)
        return call.with_defaults(self.chat.default_model, self.chat.params)

    async def _decide(self, call: ModelCall) -> ModeDecision:
        """Return the mode; asks for the model list only where it decides."""
        wanted, schema = self.output.path, self.output.schema
        problem = schema.strict_problem if wanted != "prompted" else None
        if problem is not None and wanted == "native":
            raise ConfigurationError(
                f"the schema {schema.name!r} has no strict form: {problem}; use path='prompted' or 'auto'"
            )
        models = models_asked(call)
        supports: list[bool | None] = []
        if wanted == "auto" and problem is None:
            for model in models:
                supports.append(await self.models.supports(model))  # noqa: PERF401  # as a comprehension it is a call
        accepts = "same" if problem is not None or wanted == "prompted" else schema.strict.accepts
        return decide_mode(wanted, models, tuple(supports), problem, accepts)

    async def _other_mode(
        self, error: OpenRouterError, progress: _Progress, call: ModelCall
    ) -> ModeDecision | None:
        """Return the decision to prompt where the native mode leads nowhere; None where its error is the end."""
        if self.output.path != "auto" or isinstance(error, Refused | ReplyTruncated):
            return None
        if isinstance(error, StructuredOutputError):
            if not await self._may_ask(call, "prompted", progress):
                return None
            count = sum(attempt.path == "native" for attempt in progress.attempts)
            reason = f"{count} replies to the schema did not fit, the last: {error.message[:200]}"
            return ModeDecision("prompted", reason)
        rejection = schema_rejection(error)
        if rejection is None:
            return None
        error.billed = error.billed[len(all_billed(progress.attempts)) :]  # the ones before are told there
        progress.attempts.append(Attempt("native", None, error))
        return ModeDecision("prompted", rejection)

    async def _in_mode(
        self, call: ModelCall, decision: ModeDecision, progress: _Progress
    ) -> StructuredReply[OutputT]:
        """Ask in one mode until a reply fits, `attempts` times at most."""
        mode, attempts = decision.mode, progress.attempts
        if not attempts and self.output.max_cost is not None:
            await self._may_ask(call, mode, progress)  # the first is made, and learnt from
        for number in range(1, self.output.attempts + 1):
            before = ABOUT.get()
            ABOUT.set(asked_for(mode, len(attempts) + 1))
            try:
                reply = await self.chat.create(with_output(self.output, call, mode, streaming=False))
            except OpenRouterError as error:
                error.billed = all_billed(attempts) + error.billed
                raise
            finally:
                ABOUT.set(before)
            if progress.next_cost is not None:
                progress.next_cost.was(reported(reply.usage))
            try:
                reading = read_output(
                    reply, self.output.schema, is_native=mode == "native", repair=self.output.repair
                )
            except StructuredOutputError as error:
                attempts.append(Attempt(mode, reply, error))
                error.attempts = len(attempts)
                is_hopeless = isinstance(error, Refused) or (
                    isinstance(error, ReplyTruncated) and reply.finish_reason == "length"
                )
                call = with_feedback(call, reply, error)
                is_last = number == self.output.attempts or is_hopeless
                if is_last or not await self._may_ask(call, mode, progress):
                    error.billed = all_billed(attempts)
                    error.completion = with_billed(reply, error.billed)
                    raise
                error.__traceback__ = None  # as above
                continue
            attempts.append(Attempt(mode, reply))
            return structured_reply(
                self.made.replies, reply, reading, reason=decision.reason, attempts=attempts
            )
        raise AssertionError("attempts is at least 1")

    async def _may_ask(self, call: ModelCall, mode: Mode, progress: _Progress) -> bool:
        """Whether the limit of the cost has room for this request."""
        if self.output.max_cost is None:
            return True
        asked = with_output(self.output, call, mode, streaming=False)
        return await progress.may_ask(self.output.max_cost, asked.sent)
