"""`run_tools` and `stream_tools`: runs over anything that completes chats, with plain requests or streamed ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, cast
from uuid import uuid4

from ..errors import OpenRouterError
from ..resources.chat.attachments import encode_attachments
from ..spending.next_cost import NextCost
from ..types.chat.model_reply import ModelReply
from ..types.common import OutputT
from .approval import PausedRun
from .events import ToolEvent
from .execute import tools_told_to
from .loop import RunLoop
from .pinning import ProviderPin, encrypting_provider
from .result import Resumption
from .settings import split_params
from .stream import RunStream
from .toolbox import open_toolbox

if TYPE_CHECKING:
    from .._sansio.request import ModelCall
    from ..options import RequestOptions
    from ..protocols import Completer
    from ..spending.forecast import Prices
    from ..types.common import Usage
    from .result import Run

__all__ = ["RunCall", "changed_call", "names_session", "run_tools", "stream_tools"]


@dataclass(frozen=True, slots=True)
class RunCall:
    """The request of a run: a call with the parameters of runs, see `RunParams`; or a paused run to resume."""

    messages: object
    """The messages so far, in a form of the dialect, or a `PausedRun`."""
    model: str | None
    params: Mapping[str, object]
    extra_body: Mapping[str, object] | None
    provider: str | None = None
    """The provider whose encrypted reasoning is in the messages."""
    has_session: bool = False
    """Whether it was decided before to which session the requests belong, if to any."""


def names_session(options: RequestOptions | None) -> bool:
    """Return whether options of a call name its session, or say by None that it has none."""
    return options is not None and "session_id" in options


def _sticky(completer: Completer[OutputT], call: RunCall) -> Completer[OutputT]:
    """Return what asks with a session of the run's own, so the provider that has its prompt cached gets the next
    request."""
    params = {**completer.params, **call.params, **(call.extra_body or {})}
    if call.has_session or completer.session_id is not None or "session_id" in params:
        return completer
    return completer.with_options({"session_id": uuid4().hex})


async def run_tools(
    completer: Completer[OutputT],
    call: RunCall,
    *,
    spend: Callable[[Usage], None] | None = None,
    on_broken: Callable[[Run[object, ModelReply[object]]], None] | None = None,
    prices: Prices | None = None,
    resumption: Resumption | None = None,
) -> Run[OutputT, ModelReply[OutputT]]:
    """Ask, run the tools the model calls, and ask again, until there is an answer; see `client.chat.run`.

    Args:
        spend: Told what each reply used, as soon as it is there.
        on_broken: Told what was done where the run fails or is cancelled.
        prices: Gives the prices of models; asked only where the stop condition goes by the cost.
        resumption: What `run.resume` calls. Default: the same run again, from where it broke off.
    """
    completer = _sticky(completer, call)
    resumption = resumption or _Resumption(completer, call, spend, prices)
    async with _begin(completer, call, spend, prices) as loop:
        try:
            while True:
                if loop.has_calls:
                    await loop.run_calls(_ignore)
                await loop.foresee()
                request = loop.next_request()
                if request is None:
                    return replace(loop.result(), resumption=resumption)
                loop.take(await _ask(completer, loop, request))
        except BaseException as error:
            run = replace(loop.broken(error), resumption=resumption)
            if isinstance(error, OpenRouterError):
                error.run = run
            if on_broken is not None:
                on_broken(run)
            raise


async def _ask(
    completer: Completer[OutputT], loop: RunLoop[OutputT], request: ModelCall
) -> ModelReply[OutputT]:
    try:
        return await completer.create(request)
    except OpenRouterError as error:
        unpinned = loop.without_pin(error, request)
        if unpinned is None:
            raise
        return await completer.create(unpinned)


def stream_tools(
    completer: Completer[OutputT],
    call: RunCall,
    *,
    spend: Callable[[Usage], None] | None = None,
    prices: Prices | None = None,
    resumption: Resumption | None = None,
    on_over: Callable[[Run[OutputT, ModelReply[OutputT]]], None] | None = None,
) -> RunStream[OutputT, ModelReply[OutputT]]:
    """Return a run whose events can be read while it runs; see `client.chat.run_stream`.

    `spend` receives the usage of each reply; `prices` returns those of models, if the stop condition depends on the
    cost; `resumption` is what `run.resume` calls; `on_over` receives the run as soon as it is over.
    """
    completer = _sticky(completer, call)
    resumption = resumption or _Resumption(completer, call, spend, prices)
    return RunStream(completer, lambda: _begin(completer, call, spend, prices), resumption, on_over)


@dataclass(frozen=True, slots=True)
class _Resumption(Resumption, Generic[OutputT]):
    """Resumes a run with the arguments that it was begun with."""

    completer: Completer[OutputT]
    call: RunCall
    spend: Callable[[Usage], None] | None
    prices: Prices | None

    async def run(
        self, paused: PausedRun | None, changes: Mapping[str, object]
    ) -> Run[OutputT, ModelReply[OutputT]]:
        completer, call = changed_call(self.completer, self.call, paused, changes)
        return await run_tools(completer, call, spend=self.spend, prices=self.prices)

    def stream(
        self, paused: PausedRun | None, changes: Mapping[str, object]
    ) -> RunStream[OutputT, ModelReply[OutputT]]:
        completer, call = changed_call(self.completer, self.call, paused, changes)
        return stream_tools(completer, call, spend=self.spend, prices=self.prices)


def changed_call(
    completer: Completer[OutputT], call: RunCall, paused: PausedRun | None, changes: Mapping[str, object]
) -> tuple[Completer[OutputT], RunCall]:
    """Return what asks for the rest of a run, which is all of it where `paused` is None."""
    params = {**call.params, **changes}
    options = cast("RequestOptions | None", params.pop("options", None))
    model = cast("str | None", params.pop("model", None)) or call.model
    messages = call.messages if paused is None else paused
    call = replace(
        call,
        messages=messages,
        model=model,
        params=params,
        has_session=call.has_session or names_session(options),
    )
    return completer.with_options(options), call


@asynccontextmanager
async def _begin(
    completer: Completer[OutputT],
    call: RunCall,
    spend: Callable[[Usage], None] | None,
    prices: Prices | None,
) -> AsyncIterator[RunLoop[OutputT]]:
    """Give the loop of a run, its MCP servers open.

    Raises:
        ConfigurationError: messages, tools or settings are wrong, or a server cannot be reached.
    """
    tools, settings, params = split_params(call.params)
    first, provider, paused = (
        completer.kind((), call.model, params, call.extra_body),
        call.provider,
        None,
    )
    if isinstance(call.messages, PausedRun):
        paused = call.messages
    else:
        encoded = await encode_attachments(call.messages)
        first = replace(first, messages=first.wire(encoded))
        provider = provider or encrypting_provider(_replies(encoded))
    default = completer.params.get("provider")
    pin = ProviderPin(params, earlier=provider, default=default, is_on=settings.keep_provider)
    next_cost = None
    if settings.stop.asks_cost and prices is not None:
        next_cost = NextCost(await prices())
    spans = completer.spans
    model = call.model or completer.default_model
    with (
        nullcontext() if spans is None else spans.run(model, completer.session_id) as span,
        tools_told_to(spans),
    ):
        async with open_toolbox(tools) as toolbox:
            loop: RunLoop[OutputT] = RunLoop(
                first,
                paused=paused,
                toolbox=toolbox,
                settings=settings,
                pin=pin,
                spend=spend,
                next_cost=next_cost,
            )
            try:
                yield loop
            finally:
                loop.leave()
                if span is not None:
                    run = loop.so_far()
                    span.ended(run.usage, len(run.steps), loop.failure)


def _replies(messages: object) -> list[ModelReply[object]]:
    each = messages if isinstance(messages, list | tuple) else [messages]
    return [message for message in each if isinstance(message, ModelReply)]


async def _ignore(_event: ToolEvent) -> None:
    return
