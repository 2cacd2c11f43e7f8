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
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias

from ..errors import ConfigurationError, OpenRouterError, Refused, ReplyTruncated, StructuredOutputError
from ..spending.next_cost import NextCost
from ..types.chat.completion import OutputT, with_billed
from ..types.chat.messages import wire_messages
from .asking import asked_again, asked_models, check_params, native_messages, native_params, prompted_messages
from .choose import Choice, choose, why_it_cannot
from .completion import Attempt, StructuredCompletion, all_billed, structured_completion
from .native_models import NativeModels
from .output import as_output
from .reading.reply import read_output
from .stream import PathSource, StructuredStream

if TYPE_CHECKING:
    from ..options import RequestOptions
    from ..protocols import ChatCompleter
    from ..spending.forecast import PriceList
    from ..streaming.stream import EventStream, OnBadEvent
    from ..types.chat.messages import MessagesLike
    from .output import Output, OutputLike, Path

__all__ = ["StructuredChat", "StructuredChats"]


Prices: TypeAlias = "Callable[[], Awaitable[PriceList]]"
"""Gives the prices of models; asked only where a call has a limit of its cost."""


class _Call(NamedTuple):
    """What the caller asked."""

    messages: MessagesLike
    model: str | None
    params: Mapping[str, object]
    extra_body: Mapping[str, object] | None
    options: RequestOptions | None


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

    def __init__(
        self,
        chat: ChatCompleter[str],
        natives: NativeModels,
        default_model: Callable[[RequestOptions | None], str | None],
        prices: Prices | None = None,
    ) -> None:
        self._chat = chat
        self._natives = natives
        self._default_model = default_model
        self._prices = prices

    def of(self, output: OutputLike[OutputT], options: RequestOptions | None) -> StructuredChat[OutputT]:
        """Return what asks for an output; raises `ConfigurationError` where it has no schema."""
        model = self._default_model(options)
        return StructuredChat(self._chat, as_output(output), self._natives, model, self._prices)


class StructuredChat(Generic[OutputT]):
    """A `ChatCompleter` whose replies have a value."""

    def __init__(
        self,
        chat: ChatCompleter[str],
        output: Output[OutputT],
        natives: NativeModels,
        default_model: str | None,
        prices: Prices | None = None,
    ) -> None:
        self._chat = chat
        self._output = output
        self._natives = natives
        self._default_model = default_model
        self._prices = prices

    def params(self, options: RequestOptions | None) -> Mapping[str, object]:
        """Return the parameters of requests that do not give them themselves."""
        return self._chat.params(options)

    async def create(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
    ) -> StructuredCompletion[OutputT]:
        """Return the reply with its value.

        Raises:
            StructuredOutputError: no reply gave it; the error is of the last one.
            OpenRouterError: as every call.
        """
        check_params(params, extra_body)
        params = self._with_defaults(params, options)
        call = _Call(messages, model, params, extra_body, options)
        progress = _Progress()
        if self._output.max_cost is not None and self._prices is not None:
            progress.next_cost = NextCost(await self._prices())
        choice = await self._choose(model, params, extra_body)
        try:
            return await self._on_path(call, choice, progress)
        except OpenRouterError as error:
            other = await self._other_path(error, progress, call) if choice.path == "native" else None
            if other is None:
                raise
            error.__traceback__ = None  # it is kept, and would keep every frame of the call
        return await self._on_path(call, other, progress)

    def stream(
        self,
        messages: MessagesLike,
        *,
        model: str | None,
        params: Mapping[str, object],
        extra_body: Mapping[str, object] | None,
        options: RequestOptions | None,
        on_bad_event: OnBadEvent,
    ) -> StructuredStream[OutputT]:
        """Return the reply as a stream, whose last value is the value."""
        check_params(params, extra_body)
        params = self._with_defaults(params, options)
        call = _Call(messages, model, params, extra_body, options)

        async def choice() -> Choice:
            return await self._choose(model, params, extra_body)

        def open_(path: Path) -> EventStream:
            asked, asked_params = self._request(call, call.messages, path, streaming=True)
            return self._chat.stream(
                asked,
                model=model,
                params=asked_params,
                extra_body=extra_body,
                options=options,
                on_bad_event=on_bad_event,
            )

        return StructuredStream(
            PathSource(choice, open_, can_change=self._output.path == "auto"),
            self._output,
            on_bad_event=on_bad_event,
        )

    def _with_defaults(
        self, params: Mapping[str, object], options: RequestOptions | None
    ) -> Mapping[str, object]:
        """Return the parameters with those of the client: what is added to one of them must not replace it."""
        return {**self._chat.params(options), **params}

    async def _choose(
        self, model: str | None, params: Mapping[str, object], extra_body: Mapping[str, object] | None
    ) -> Choice:
        """Return the path; asks for the model list only where it decides."""
        output = self._output
        problem = output.schema.strict_problem if output.path != "prompted" else None
        if problem is not None and output.path == "native":
            raise ConfigurationError(
                f"the schema {output.schema.name!r} has no strict form: {problem}; use path='prompted' or 'auto'"
            )
        is_open = output.path == "auto" and problem is None
        models = asked_models(model or self._default_model, params, extra_body)
        return choose(
            output.path,
            models=models,
            supports=tuple([await self._natives.supports(each) for each in models]) if is_open else (),
            strict_problem=problem,
            accepts="same"
            if problem is not None or output.path == "prompted"
            else output.schema.strict.accepts,
        )

    async def _other_path(self, error: OpenRouterError, progress: _Progress, call: _Call) -> Choice | None:
        """Return the choice of the other path where the native one leads nowhere; None where its error is the end."""
        if self._output.path != "auto" or isinstance(error, Refused | ReplyTruncated):
            return None
        if isinstance(error, StructuredOutputError):
            if not await self._may_ask(call, call.messages, "prompted", progress):
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
        self, call: _Call, choice: Choice, progress: _Progress
    ) -> StructuredCompletion[OutputT]:
        """Ask on one path until a reply fits, `attempts` times at most."""
        messages = call.messages
        if not progress.attempts:
            await self._may_ask(call, messages, choice.path, progress)  # the first is made, and learnt from
        for number in range(1, self._output.attempts + 1):
            asked, params = self._request(call, messages, choice.path, streaming=False)
            try:
                reply = await self._chat.create(
                    asked, model=call.model, params=params, extra_body=call.extra_body, options=call.options
                )
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
                again = asked_again(messages, reply, error)
                if is_last or hopeless or not await self._may_ask(call, again, choice.path, progress):
                    error.billed = all_billed(progress.attempts)
                    error.completion = with_billed(reply, error.billed)
                    raise
                messages = again
                error.__traceback__ = None  # as above
                continue
            progress.attempts.append(Attempt(choice.path, reply))
            return structured_completion(reply, reading, reason=choice.reason, attempts=progress.attempts)
        raise AssertionError("attempts is at least 1")

    async def _may_ask(self, call: _Call, messages: MessagesLike, path: Path, progress: _Progress) -> bool:
        """Whether the limit of the cost has room for a request with these messages."""
        if self._output.max_cost is None:
            return True
        asked, params = self._request(call, messages, path, streaming=False)
        body = {
            **params,
            "model": call.model or self._default_model,
            "messages": wire_messages(asked),
            **(call.extra_body or {}),
        }
        return await progress.may_ask(self._output.max_cost, body)

    def _request(
        self, call: _Call, messages: MessagesLike, path: Path, *, streaming: bool
    ) -> tuple[MessagesLike, Mapping[str, object]]:
        if path == "native":
            return native_messages(self._output, messages), native_params(
                self._output, call.params, streaming=streaming
            )
        return prompted_messages(self._output, messages), call.params
