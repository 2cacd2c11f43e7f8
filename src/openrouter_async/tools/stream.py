"""`RunStream`: a running run, as one sequence of events.

Theory of operation. Events of a reply come straight from its stream, so they cost the same as there. Tools run in a
task group that is entered and left with the block, and their events arrive over a memory stream of limited size:
nothing is yielded inside a task group, and a slow reader slows the tools.

```
entered ── reply ── tools ── reply ── ... ── over         `_fill` puts the next events into the queue
              └────────┴────── left, failed, cancelled    the connection is closed, the tools are cancelled
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sized
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, cast

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from ..errors import ConfigurationError, OpenRouterError
from ..streaming.events import TextDelta
from ..streaming.lifecycle import QueuedItems
from ..types.common import OutputT
from .events import RunEvent, StepFinished, ToolEvent
from .steps import LastReplyT

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from typing import Self

    from .._sansio.request import ModelCall
    from ..protocols import Completer
    from ..streaming.stream import ReplyStream
    from ..types.chat.model_reply import ModelReply
    from .loop import RunLoop
    from .result import Resumption, Run

__all__ = ["RunStream"]

EVENTS_AHEAD = 64
"""Events of tools that wait for a slow reader; further ones make the tools wait."""


class RunStream(QueuedItems[RunEvent[LastReplyT]], Generic[OutputT, LastReplyT]):
    """A running run: the events of its replies, and of its tools, in the order in which they happen.

    ```python
    async with client.chat.run_stream("How is the weather in Oslo?", tools=[weather]) as stream:
        async for event in stream:
            ...
        run = await stream.final()
    ```

    Leaving the block closes the connection and cancels the tools that still run. One task at a time may read it.
    The errors of `client.chat.run` are raised where the events are read: `error.partial` has the text of a reply that
    was cut off, `error.run` the run so far.
    """

    _NOUN = "run"

    def __init__(
        self,
        completer: Completer[OutputT],
        begin: Callable[[], AbstractAsyncContextManager[RunLoop[OutputT]]],
        resumption: Resumption | None = None,
        on_over: Callable[[Run[OutputT, ModelReply[OutputT]]], None] | None = None,
    ) -> None:
        super().__init__()
        self._completer = completer
        self._begin = begin
        self._resumption = resumption
        self._on_over = on_over
        self._stack = AsyncExitStack()
        self._group: TaskGroup | None = None
        self._loop: RunLoop[OutputT] | None = None
        self._request: ModelCall | None = None
        self._reply: ReplyStream[object, ModelReply[OutputT]] | None = None
        self._has_events = False
        self._has_failed = False
        self._tools: MemoryObjectReceiveStream[ToolEvent] | None = None
        self._tool_failure: Exception | None = None
        self._step_is_whole = False
        self.result: Run[OutputT, LastReplyT] | None = None
        """The run, once it is over."""

    # The events

    async def text(self) -> AsyncIterator[str]:
        """Give the pieces of the text of all replies; fails as the events do."""
        async for event in self:
            if isinstance(event, TextDelta) and event.choice == 0:
                yield event.text

    async def final(self) -> Run[OutputT, LastReplyT]:
        """Read to the end, and return the run; can be called more than once.

        Raises:
            ConfigurationError: the block was left before the run was over.
            OpenRouterError: as the events do.
        """
        self._queue.clear()
        while await self._refill():
            self._queue.clear()
        assert self.result is not None  # `_refill` ends only then
        return self.result

    def so_far(self) -> Run[OutputT, LastReplyT] | None:
        """Return what was done until now, with `text` and `partial` of the reply that is running; None before the
        block is entered."""
        return self.result or (None if self._loop is None else self._typed(self._loop.so_far()))

    # Its life

    async def __aenter__(self) -> Self:
        if self._loop is not None or self._is_closed:
            raise ConfigurationError("the run was begun before; make a new one")
        try:
            self._loop = await self._stack.enter_async_context(self._begin())
            self._group = await anyio.create_task_group().__aenter__()
        except BaseException:
            self._is_closed = True
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        self._queue.clear()
        group = self._group
        assert group is not None
        try:
            group.cancel_scope.cancel()
            if self._tools is not None:
                self._tools.close()
            # What went wrong in the block is not told to the group, which would wrap it.
            await group.__aexit__(None, None, None)
            if self.result is None and self._loop is not None:
                reply = None if self._has_failed else self._reply  # what a failure cost was counted with it
                self._loop.broken(left=None if reply is None else reply.snapshot())
        finally:
            try:
                if self._reply is not None:
                    await self._reply.aclose()
            finally:
                await self._stack.aclose()

    # Going on

    async def _fill(self, wanted: Sized) -> bool:
        while self.result is None and not wanted:
            if self._is_closed:
                raise ConfigurationError("the run was left before its end; read it inside its block")
            if self._loop is None:
                raise ConfigurationError(
                    "the run was not begun; write 'async with client.chat.run_stream(...)'"
                )
            try:
                await self._next_piece(self._loop)
            except OpenRouterError as error:
                self._is_closed = self._has_failed = True
                error.run = self._typed(self._loop.broken(error))
                raise
            except BaseException:
                self._is_closed = True
                raise
        return bool(wanted)

    async def _next_piece(self, loop: RunLoop[OutputT]) -> None:
        if self._reply is not None:
            await self._read_reply(loop, self._reply)
        elif self._tools is not None:
            await self._read_tools(loop, self._tools)
        elif loop.has_calls and not self._step_is_whole:
            self._start_tools(loop)
        else:
            await loop.foresee()
            request = loop.next_request()
            if request is None:
                self._end(loop)
            else:
                self._open(request)

    def _open(self, request: ModelCall) -> None:
        self._request = request
        self._has_events = False
        self._reply = self._completer.stream(request)

    async def _read_reply(
        self, loop: RunLoop[OutputT], reply: ReplyStream[object, ModelReply[OutputT]]
    ) -> None:
        try:
            self._queue.append(cast("RunEvent[LastReplyT]", await reply.__anext__()))
            self._has_events = True
        except StopAsyncIteration:
            completion = await reply.final()
            self._reply = None
            self._step_is_whole = False
            loop.take(completion)
            if not loop.has_calls:
                self._finish_step(loop)
        except OpenRouterError as error:
            request = self._request
            unpinned = None if self._has_events or request is None else loop.without_pin(error, request)
            if unpinned is None:
                raise
            self._open(unpinned)

    def _start_tools(self, loop: RunLoop[OutputT]) -> None:
        assert self._group is not None
        send, self._tools = anyio.create_memory_object_stream[ToolEvent](EVENTS_AHEAD)
        self._group.start_soon(self._run_tools, loop, send, name="tools of a turn")

    async def _run_tools(self, loop: RunLoop[OutputT], send: MemoryObjectSendStream[ToolEvent]) -> None:
        with send:
            try:
                self._step_is_whole = await loop.run_calls(send.send)
            except Exception as error:  # noqa: BLE001 - raised again where the events are read
                self._tool_failure = error

    async def _read_tools(self, loop: RunLoop[OutputT], tools: MemoryObjectReceiveStream[ToolEvent]) -> None:
        try:
            self._queue.append(await tools.receive())
        except anyio.EndOfStream:
            tools.close()
            self._tools = None
            failure, self._tool_failure = self._tool_failure, None
            if failure is not None:
                raise failure from failure.__cause__
            if self._step_is_whole:
                self._finish_step(loop)
            else:
                self._end(loop)

    def _end(self, loop: RunLoop[OutputT]) -> None:
        run = loop.result()
        self.result = self._typed(run)
        if self._on_over is not None:
            self._on_over(run)

    def _finish_step(self, loop: RunLoop[OutputT]) -> None:
        steps = loop.steps
        self._queue.append(StepFinished(steps[-1], len(steps) - 1))

    def _typed(self, run: Run[OutputT, ModelReply[OutputT]]) -> Run[OutputT, LastReplyT]:
        reply = None if self._reply is None or not self._has_events else self._reply.snapshot()
        run = replace(run, partial=reply, resumption=self._resumption)
        return cast("Run[OutputT, LastReplyT]", run)  # the dialect is that of the completer
