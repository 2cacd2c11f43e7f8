"""`run_tools` and `stream_tools`: runs over anything that completes chats, with plain requests or streamed ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from pydantic import JsonValue

from ..errors import OpenRouterError
from ..resources._attachments import encode_attachments
from ..spending.next_cost import NextCost
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.chat.messages import wire_messages
from .approval import PausedRun
from .events import ToolEvent
from .loop import RunLoop
from .pinning import ProviderPin, encrypting_provider
from .settings import split_params
from .stream import RunStream
from .toolbox import open_toolbox

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from ..options import RequestOptions
    from ..protocols import ChatCompleter
    from ..spending.forecast import PriceList
    from ..streaming.stream import EventStream
    from ..types.chat.messages import Message, MessagesLike
    from ..types.common import Usage
    from .result import Run

__all__ = ["Prices", "run_tools", "stream_tools"]

Prices: TypeAlias = "Callable[[], Awaitable[PriceList]]"
"""Gives the prices of models."""


async def run_tools(
    completer: ChatCompleter[OutputT],
    messages: MessagesLike | PausedRun,
    *,
    model: str | None = None,
    params: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None = None,
    options: RequestOptions | None = None,
    provider: str | None = None,
    spend: Callable[[Usage], None] | None = None,
    on_broken: Callable[[Run[object]], None] | None = None,
    prices: Prices | None = None,
) -> Run[OutputT]:
    """Ask, run the tools the model calls, and ask again, until there is an answer; see `client.chat.run`.

    Args:
        params: See `RunParams`.
        provider: The one whose encrypted reasoning stands in `messages`.
        spend: Told what each reply used, as soon as it is there.
        on_broken: Told what was done where the run fails or is cancelled.
        prices: Gives the prices of models; asked only where the stop condition goes by the cost.
    """
    async with _begin(completer, messages, params, options, provider, spend, prices) as loop:
        try:
            while True:
                if loop.has_calls:
                    await loop.run_calls(_ignore)
                await loop.foresee(model, extra_body)
                request = loop.next_request()
                if request is None:
                    return loop.result()
                loop.take(await _ask(completer, loop, model, request, extra_body, options))
        except BaseException as error:
            run = loop.broken(error)
            if isinstance(error, OpenRouterError):
                error.run = run
            if on_broken is not None:
                on_broken(run)
            raise


async def _ask(
    completer: ChatCompleter[OutputT],
    loop: RunLoop[OutputT],
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None,
    options: RequestOptions | None,
) -> ChatCompletion[OutputT]:
    try:
        return await completer.create(
            loop.messages, model=model, params=params, extra_body=extra_body, options=options
        )
    except OpenRouterError as error:
        unpinned = loop.without_pin(error, params)
        if unpinned is None:
            raise
        return await completer.create(
            loop.messages, model=model, params=unpinned, extra_body=extra_body, options=options
        )


def stream_tools(
    completer: ChatCompleter[OutputT],
    messages: MessagesLike | PausedRun,
    *,
    model: str | None = None,
    params: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None = None,
    options: RequestOptions | None = None,
    provider: str | None = None,
    spend: Callable[[Usage], None] | None = None,
    prices: Prices | None = None,
) -> RunStream[OutputT]:
    """Return the same as a stream; see `client.chat.run_stream`. Arguments are as for `run_tools`."""

    def begin() -> AbstractAsyncContextManager[RunLoop[OutputT]]:
        return _begin(completer, messages, params, options, provider, spend, prices)

    def open_reply(loop: RunLoop[OutputT], request: Mapping[str, object]) -> EventStream[OutputT]:
        return completer.stream(
            [*loop.messages],
            model=model,
            params=request,
            extra_body=extra_body,
            options=options,
            on_bad_event="raise",
        )

    async def foresee(loop: RunLoop[OutputT]) -> None:
        await loop.foresee(model, extra_body)

    return RunStream(begin, open_reply, foresee)


@asynccontextmanager
async def _begin(
    completer: ChatCompleter[OutputT],
    messages: MessagesLike | PausedRun,
    params: Mapping[str, object],
    options: RequestOptions | None,
    provider: str | None,
    spend: Callable[[Usage], None] | None,
    prices: Prices | None,
) -> AsyncIterator[RunLoop[OutputT]]:
    """Give the loop of a run, its MCP servers open.

    Raises:
        ConfigurationError: messages, tools or settings are wrong, or a server cannot be reached.
    """
    tools, settings, request = split_params(params)
    start: Sequence[Message] | PausedRun
    if isinstance(messages, PausedRun):
        start = messages
    else:
        encoded = await encode_attachments(messages)
        start = wire_messages(encoded)
        provider = provider or encrypting_provider(_completions(encoded))
    default = completer.params(options).get("provider")
    pin = ProviderPin(request, earlier=provider, default=default, is_on=settings.keep_provider)
    next_cost = None
    if settings.stop.asks_cost and prices is not None:
        next_cost = NextCost(await prices())
    async with open_toolbox(tools) as toolbox:
        loop: RunLoop[OutputT] = RunLoop(
            start,
            toolbox=toolbox,
            settings=settings,
            params=request,
            pin=pin,
            spend=spend,
            next_cost=next_cost,
        )
        try:
            yield loop
        finally:
            loop.leave()


def _completions(messages: object) -> list[ChatCompletion[object]]:
    each = messages if isinstance(messages, list | tuple) else [messages]
    return [message for message in each if isinstance(message, ChatCompletion)]


async def _ignore(_event: ToolEvent) -> None:
    return
