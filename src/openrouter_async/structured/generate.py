"""`StructuredChat`: asks a model for a value: chooses the path, asks, reads, asks again, changes the path.

```
choose ──> native ──> reply ──> read ──> value
  │           │                  └──> does not fit: shown to the model, asked again, `attempts` times in all
  │           └── the service says that it cannot, or no reply fits ──┐
  └────────────────> prompted <───────────────────────────────────────┘ the same once more, with words
```

A refusal, and a reply cut off by the token limit, end the call at once: asking again would give the same. A reply that
calls tools is returned as it is, without a value.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, TypeAlias

from ..errors import ConfigurationError, OpenRouterError, Refused, ReplyTruncated, StructuredOutputError
from ..spending.next_cost import NextCost
from ..types.chat import OutputT, with_billed
from .asking import asked_again, asked_models, check_call, native_call, prompted_call
from .choose import Choice, choose, why_it_cannot
from .completion import Attempt, StructuredCompletion, all_billed, structured_completion
from .native_models import NativeModels
from .output import as_output
from .reading.reply import read_output
from .stream import PathSource, StructuredStream

if TYPE_CHECKING:
    from .._sansio.chat_call import ChatCall
    from ..options import RequestOptions
    from ..protocols import ChatCompleter
    from ..spending.forecast import PriceList
    from ..streaming.stream import EventStream, OnBadEvent
    from .output import Output, OutputLike, Path

__all__ = ["StructuredChat", "StructuredChats"]


Prices: TypeAlias = "Callable[[], Awaitable[PriceList]]"
"""Gives the prices of models; asked only where a call has a limit of its cost."""


@dataclass
class _Progress:
    """What has been tried so far."""

    attempts: list[Attempt] = field(default_factory=list)
    next_cost: NextCost | None = None

    async def may_ask(self, limit: Decimal, body: Mapping[str, object]) -> bool:
        """Whether another request should stay within the limit: by what is foreseen, and by the dearest so far."""
        foreseen = Decimal(0) if self.next_cost is None else await self.next_cost.of(body)
        if not self.attempts:
            return True
        paid = [None if usage is None else usage.paid for usage in all_billed(self.attempts)]
        known = [cost for cost in paid if cost is not None]
        if len(known) < len(paid):
            return False
        return sum(known) + max(foreseen, *known, Decimal(0)) <= limit

    def failed(self, error: OpenRouterError) -> None:
        """Tell an error what the attempts before it used."""
        error.billed = all_billed(self.attempts) + error.billed


class StructuredChats:
    """Gives the `StructuredChat` of each output that a client is asked for."""

    def __init__(self, chat: ChatCompleter[str], natives: NativeModels, prices: Prices | None = None) -> None:
        self._chat = chat
        self._natives = natives
        self._prices = prices

    def of(self, output: OutputLike[OutputT]) -> StructuredChat[OutputT]:
        """Return what asks for an output; raises `ConfigurationError` where it has no schema."""
        return StructuredChat(self._chat, as_output(output), self._natives, self._prices)


class StructuredChat(Generic[OutputT]):
    """A `ChatCompleter` whose replies have a value."""

    def __init__(
        self,
        chat: ChatCompleter[str],
        output: Output[OutputT],
        natives: NativeModels,
        prices: Prices | None = None,
    ) -> None:
        self._chat = chat
        self._output = output
        self._natives = natives
        self._prices = prices

    def with_options(self, options: RequestOptions | None) -> StructuredChat[OutputT]:
        """Return the same with these options; itself where there are none."""
        if options is None:
            return self
        return StructuredChat(self._chat.with_options(options), self._output, self._natives, self._prices)

    @property
    def default_model(self) -> str | None:
        """The model of calls that name none."""
        return self._chat.default_model

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of requests that do not give them themselves."""
        return self._chat.params

    async def create(self, call: ChatCall) -> StructuredCompletion[OutputT]:
        """Return the reply with its value.

        Raises:
            StructuredOutputError: no reply gave it; the error is of the last one.
            OpenRouterError: as every call.
        """
        call = self._completed(call)
        progress = _Progress()
        if self._output.max_cost is not None and self._prices is not None:
            progress.next_cost = NextCost(await self._prices())
        choice = await self._choose(call)
        try:
            return await self._on_path(call, choice, progress)
        except OpenRouterError as error:
            other = await self._other_path(error, progress, call) if choice.path == "native" else None
            if other is None:
                raise
            error.__traceback__ = None  # it is kept, and would keep every frame of the call
        return await self._on_path(call, other, progress)

    def stream(self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise") -> StructuredStream[OutputT]:
        """Return the reply as a stream, whose last value is the value."""
        call = self._completed(call)

        def open_(path: Path) -> EventStream:
            return self._chat.stream(self._request(call, path, streaming=True), on_bad_event=on_bad_event)

        return StructuredStream(
            PathSource(lambda: self._choose(call), open_, can_change=self._output.path == "auto"),
            self._output,
            on_bad_event=on_bad_event,
        )

    def _completed(self, call: ChatCall) -> ChatCall:
        """Return the call with what the client says: what is added to a parameter must not replace the client's."""
        check_call(call)
        return call.with_defaults(self._chat.default_model, self._chat.params)

    async def _choose(self, call: ChatCall) -> Choice:
        """Return the path; asks for the model list only where it decides."""
        output = self._output
        problem = output.schema.strict_problem if output.path != "prompted" else None
        if problem is not None and output.path == "native":
            raise ConfigurationError(
                f"the schema {output.schema.name!r} has no strict form: {problem}; use path='prompted' or 'auto'"
            )
        is_open = output.path == "auto" and problem is None
        models = asked_models(call)
        return choose(
            output.path,
            models=models,
            supports=tuple([await self._natives.supports(each) for each in models]) if is_open else (),
            strict_problem=problem,
            accepts="same"
            if problem is not None or output.path == "prompted"
            else output.schema.strict.accepts,
        )

    async def _other_path(self, error: OpenRouterError, progress: _Progress, call: ChatCall) -> Choice | None:
        """Return the choice of the other path where the native one leads nowhere; None where its error is the end."""
        if self._output.path != "auto" or isinstance(error, Refused | ReplyTruncated):
            return None
        if isinstance(error, StructuredOutputError):
            if not await self._may_ask(call, "prompted", progress):
                return None
            count = sum(attempt.path == "native" for attempt in progress.attempts)
            return Choice(
                "prompted", f"{count} replies to the schema did not fit, the last: {error.message[:200]}"
            )
        reason = why_it_cannot(error)
        if reason is None:
            return None
        error.billed = error.billed[
            len(all_billed(progress.attempts)) :
        ]  # what the ones before used is told there
        progress.attempts.append(Attempt("native", None, error))
        return Choice("prompted", reason)

    async def _on_path(
        self, call: ChatCall, choice: Choice, progress: _Progress
    ) -> StructuredCompletion[OutputT]:
        """Ask on one path until a reply fits, `attempts` times at most."""
        if not progress.attempts:
            await self._may_ask(call, choice.path, progress)  # the first is made, and learnt from
        for number in range(1, self._output.attempts + 1):
            try:
                reply = await self._chat.create(self._request(call, choice.path, streaming=False))
            except OpenRouterError as error:
                progress.failed(error)
                raise
            if progress.next_cost is not None:
                progress.next_cost.was(reply.usage)
            try:
                reading = read_output(
                    reply,
                    self._output.schema,
                    is_native=choice.path == "native",
                    repair=self._output.repair,
                )
            except StructuredOutputError as error:
                progress.attempts.append(Attempt(choice.path, reply, error))
                error.attempts = len(progress.attempts)
                is_last = number == self._output.attempts
                hopeless = isinstance(error, Refused) or (
                    isinstance(error, ReplyTruncated) and reply.finish_reason == "length"
                )
                again = asked_again(call, reply, error)
                if is_last or hopeless or not await self._may_ask(again, choice.path, progress):
                    error.billed = all_billed(progress.attempts)
                    error.completion = with_billed(reply, error.billed)
                    raise
                call = again
                error.__traceback__ = None  # as above
                continue
            progress.attempts.append(Attempt(choice.path, reply))
            return structured_completion(reply, reading, reason=choice.reason, attempts=progress.attempts)
        raise AssertionError("attempts is at least 1")

    async def _may_ask(self, call: ChatCall, path: Path, progress: _Progress) -> bool:
        """Whether the limit of the cost has room for this request."""
        if self._output.max_cost is None:
            return True
        return await progress.may_ask(self._output.max_cost, self._request(call, path, streaming=False).sent)

    def _request(self, call: ChatCall, path: Path, *, streaming: bool) -> ChatCall:
        if path == "native":
            return native_call(self._output, call, streaming=streaming)
        return prompted_call(self._output, call)
