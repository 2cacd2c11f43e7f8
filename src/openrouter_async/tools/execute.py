"""Runs the calls of one turn: concurrently and within limits; any failure becomes a result for the model."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import anyio

from ..errors import ToolError
from ..types.chat.tool_calls import ToolCall
from .arguments import InvalidArguments
from .content import encoded_content, sendable
from .events import ToolEvent, ToolFinished, ToolProgress, ToolStarted
from .settings import OnToolError, RunSettings
from .steps import ToolResult
from .tool import Tool
from .toolbox import Toolbox

if TYPE_CHECKING:
    from ..protocols import FeatureSpans

__all__ = ["Emit", "PreparedCall", "Ran", "execute_calls", "failed_result", "prepare_call", "tools_told_to"]

LOGGER = logging.getLogger("openrouter_async")

MAX_ERROR_LENGTH = 2_000
"""Characters of an exception's text that the model sees."""

Emit: TypeAlias = Callable[[ToolEvent], Awaitable[None]]

_SPANS: ContextVar[FeatureSpans | None] = ContextVar("openrouter_async.tool_spans", default=None)
"""What begins the spans of the tools of the running task."""

Ran: TypeAlias = dict[str, ToolResult | None]
"""The calls whose tools were started, by id, with their results; None while the result is missing."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call that can be run."""

    call: ToolCall
    tool: Tool[..., object]
    arguments: Mapping[str, object]


def prepare_call(call: ToolCall, toolbox: Toolbox, on_error: OnToolError) -> PreparedCall | ToolResult:
    """Return the call with its tool and its arguments as Python values, or the model's mistake.

    Raises:
        ToolError: the tool does not exist, and errors are raised.
    """
    tool = toolbox.find(call.name)
    if tool is None:
        told = f"there is no tool {call.name!r}; the tools are {[*toolbox.by_name]!r}"
        if on_error == "raise":
            raise ToolError(
                f"the model called a tool that is not there: {told}", tool=call.name, call_id=call.id
            )
        return failed_result(call, told)
    if call.name != tool.name:
        call = replace(call, name=tool.name)
    if not call.complete:
        return failed_result(
            call, "the call was cut off before its arguments were whole; call again, with less"
        )
    try:
        return PreparedCall(call, tool, tool.read_arguments(call.arguments))
    except InvalidArguments as error:
        return failed_result(call, f"wrong arguments for {call.name!r}: {error}")


def failed_result(call: ToolCall, reason: str, seconds: float = 0.0) -> ToolResult:
    """Return the result that explains to the model why a call failed."""
    reason = sendable(reason)
    return ToolResult(call, f"error: {reason}", reason, seconds)


@contextmanager
def tools_told_to(spans: FeatureSpans | None) -> Iterator[None]:
    """Let the calls of tools in this block, and in tasks that begin inside, have spans."""
    before = _SPANS.get()
    _SPANS.set(spans)
    try:
        yield
    finally:
        _SPANS.set(before)  # not by a token: a run may end in another context than its beginning


async def execute_calls(calls: Sequence[PreparedCall], settings: RunSettings, emit: Emit, ran: Ran) -> None:
    """Run the calls, a limited number concurrently; `ran` has each started call immediately, and its result.

    No call keeps running, however this ends: a raised failure cancels the others, and so does a cancellation from
    outside; only functions in worker threads cannot be stopped.

    Raises:
        ToolError: a call failed, and errors are raised.
    """
    places = anyio.Semaphore(settings.tool_concurrency)
    failure: list[ToolError] = []

    async def run(prepared: PreparedCall) -> None:
        spans = _SPANS.get()
        try:
            with nullcontext() if spans is None else spans.tool(prepared.call) as span:
                result = await _run_one(prepared, settings, emit, ran)
                if span is not None:
                    span.ended(result.content, result.error)
        except ToolError as error:
            failure.append(error)
            group.cancel_scope.cancel()
            return
        finally:
            places.release()
        await emit(ToolFinished(result))

    async with anyio.create_task_group() as group:
        for prepared in calls:
            await places.acquire()  # here, so that calls begin in their order
            group.start_soon(run, prepared, name=f"tool {prepared.tool.name}")
    if failure:
        raise failure[0]


async def _run_one(prepared: PreparedCall, settings: RunSettings, emit: Emit, ran: Ran) -> ToolResult:
    call, tool = prepared.call, prepared.tool
    limit = settings.tool_timeout if tool.timeout is None else tool.timeout
    await emit(ToolStarted(call))
    begun = anyio.current_time()

    async def progress(value: object) -> None:
        await emit(ToolProgress(call, value))

    cause: BaseException | None = None
    ran[call.id] = None
    with anyio.move_on_after(limit) as scope:
        try:
            content = await encoded_content(await tool.invoke(prepared.arguments, progress))
            ran[call.id] = result = ToolResult(call, content, None, anyio.current_time() - begun)
            return result
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is a result for the model, unless asked to raise
            cause = error
        except anyio.get_cancelled_exc_class() as error:
            if anyio.current_effective_deadline() == -math.inf:
                raise
            cause = error  # not the call was cancelled, but something that the tool waited for
    seconds = anyio.current_time() - begun
    if cause is None:
        assert scope.cancelled_caught
        reason = f"the tool {tool.name!r} took longer than {limit:g} s"
    else:
        said = _said(cause)
        reason = f"the tool {tool.name!r} failed: {type(cause).__name__}" + (f": {said}" if said else "")
    ran[call.id] = result = failed_result(call, reason, seconds)
    if settings.tool_errors == "raise":
        raise ToolError(result.error or reason, tool=tool.name, call_id=call.id) from cause
    if cause is not None:
        # Neither its text nor its traceback, which may hold what was said.
        LOGGER.warning(
            "the tool %r failed with %s; the model gets the error", tool.name, type(cause).__name__
        )
    return result


def _said(cause: BaseException) -> str:
    try:
        return str(cause)[:MAX_ERROR_LENGTH]
    except Exception as error:  # noqa: BLE001 - an error without words is told by its class
        return f"its text cannot be made, {type(error).__name__}"
