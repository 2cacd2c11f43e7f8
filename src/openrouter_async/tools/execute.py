"""Runs the calls of one turn: together, within limits, and so that whatever goes wrong is a result for the model."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import anyio

from ..errors import ToolError
from ..types.tool_calls import ToolCall
from .arguments import InvalidArguments
from .content import encoded_content
from .events import ToolEvent, ToolFinished, ToolProgress, ToolStarted
from .result import ToolResult
from .tool import Tool
from .toolbox import Toolbox

__all__ = ["Emit", "OnToolError", "PreparedCall", "execute_calls", "failed_result", "prepare_call"]

LOGGER = logging.getLogger("openrouter_async")

MAX_ERROR_LENGTH = 2_000
"""Characters of an exception's text that the model is told."""

OnToolError: TypeAlias = Literal["report", "raise"]

Emit: TypeAlias = Callable[[ToolEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call that can be run."""

    call: ToolCall
    tool: Tool[..., object]
    arguments: Mapping[str, object]


def prepare_call(call: ToolCall, toolbox: Toolbox, on_error: OnToolError) -> PreparedCall | ToolResult:
    """Return the call with its tool and its arguments as Python values, or what the model did wrong.

    Raises:
        ToolError: there is no such tool, and errors are raised.
    """
    tool = toolbox.get(call.name)
    if tool is None:
        told = f"there is no tool {call.name!r}; the tools are {toolbox.names!r}"
        if on_error == "raise":
            raise ToolError(
                f"the model called a tool that is not there: {told}", tool=call.name, call_id=call.id
            )
        return failed_result(call, told)
    if not call.complete:
        return failed_result(
            call, "the call was cut off before its arguments were whole; call again, with less"
        )
    try:
        return PreparedCall(call, tool, tool.read_arguments(call.arguments))
    except InvalidArguments as error:
        return failed_result(call, f"wrong arguments for {call.name!r}: {error}")


def failed_result(call: ToolCall, reason: str, seconds: float = 0.0) -> ToolResult:
    """Return the result that tells the model why a call gave none."""
    return ToolResult(call, f"error: {reason}", reason, seconds)


async def execute_calls(
    calls: Sequence[PreparedCall],
    *,
    concurrency: int,
    timeout: float | None,
    on_error: OnToolError,
    emit: Emit,
) -> list[ToolResult]:
    """Run the calls together, at most `concurrency` at once, and return their results in the order of the calls.

    No call is left running, however it ends: a failure that is raised cancels the others, and so does a
    cancellation from outside; only functions in worker threads cannot be stopped.

    Raises:
        ToolError: a call failed, and errors are raised.
    """
    places = anyio.Semaphore(concurrency)
    results: list[ToolResult | None] = [None] * len(calls)
    failure: list[ToolError] = []

    async def run(index: int, prepared: PreparedCall) -> None:
        try:
            result = await _run_one(prepared, timeout, on_error, emit)
        except ToolError as error:
            failure.append(error)
            group.cancel_scope.cancel()
            return
        finally:
            places.release()
        results[index] = result
        await emit(ToolFinished(result))

    async with anyio.create_task_group() as group:
        for index, prepared in enumerate(calls):
            await places.acquire()  # here, so that calls begin in their order
            group.start_soon(run, index, prepared, name=f"tool {prepared.tool.name}")
    if failure:
        raise failure[0]
    return [result for result in results if result is not None]


async def _run_one(
    prepared: PreparedCall, timeout: float | None, on_error: OnToolError, emit: Emit
) -> ToolResult:
    call, tool = prepared.call, prepared.tool
    limit = timeout if tool.timeout is None else tool.timeout
    await emit(ToolStarted(call))
    begun = anyio.current_time()

    async def progress(value: object) -> None:
        await emit(ToolProgress(call, value))

    cause: BaseException | None = None
    with anyio.move_on_after(limit) as scope:
        try:
            content = await encoded_content(await tool.invoke(prepared.arguments, progress))
            return ToolResult(call, content, None, anyio.current_time() - begun)
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
        said = str(cause)[:MAX_ERROR_LENGTH]
        reason = f"the tool {tool.name!r} failed: {type(cause).__name__}" + (f": {said}" if said else "")
    if on_error == "raise":
        raise ToolError(reason, tool=tool.name, call_id=call.id) from cause
    if cause is not None:
        # Neither its text nor its traceback, which may hold what was said.
        LOGGER.warning("the tool %r failed with %s; the model is told", tool.name, type(cause).__name__)
    return failed_result(call, reason, seconds)
