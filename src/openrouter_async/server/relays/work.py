"""`Work`: one stream on its way into the bytes of a format, and the application's handling of its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio

from ...streaming.stream import ReplyStream
from ...tools.stream import RunStream
from .failures import partial_of
from .outcome import RelayEnd, RelayOutcome

if TYPE_CHECKING:
    from ...spending.spend import Spend
    from .app_events import RelayEvents
    from .formats._format import Format, Relayed, Result

__all__ = ["OnEnd", "OnFinish", "Work"]

OnFinish: TypeAlias = "Callable[[Any], Awaitable[None]]"
"""Is given the whole: a reply of any dialect, with its value if one was asked for, or a `Run`."""

OnEnd: TypeAlias = Callable[[RelayOutcome], Awaitable[None]]
"""Is given how the relay ended."""

Writer: TypeAlias = Callable[[bytes], Awaitable[None]]


class Work:
    """Used once: `pump`, then `end`, which does nothing where the answer was whole."""

    def __init__(
        self,
        stream: Relayed,
        format: Format,
        *,
        on_finish: OnFinish | None = None,
        on_end: OnEnd | None = None,
        events: RelayEvents | None = None,
        budget: Spend | None = None,
        within: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
    ) -> None:
        self.format = format
        self.events = events
        """Those of the application, if it has some; then somebody has to `pass_events_on`."""
        self.result: Result | None = None
        self.ending: bytes | None = None
        """The last bytes, once the answer is whole and the application knows."""
        self._has_ended = False
        self._stream = stream
        self._entered: object = None
        self._on_finish = on_finish
        self._on_end = on_end
        self._budget = budget
        self._within = within
        self._has_begun = False
        self._first_piece = anyio.Event()

    async def pump(self, write: Writer) -> None:
        """Write what the stream brings; once it is whole, call `on_finish` and `on_end`, and set `ending`."""
        budget = nullcontext() if self._budget is None else self._budget.join()
        async with self._within(), budget, self._stream as stream:
            self._entered = stream
            async with aclosing(self.format.pieces(stream)) as pieces:
                async for piece in pieces:
                    if piece:
                        if not self._has_begun:
                            self._has_begun = True
                            self._first_piece.set()  # whoever waits for it writes behind it
                        await write(piece)
            # The answer is whole and paid for: a browser that goes away now does not keep it from being stored.
            with anyio.CancelScope(shield=True):
                self.result = await stream.final()
                if self._on_finish is not None:
                    await self._on_finish(self.result)
                ending = self.format.finish(self.result)
                await self.end("finished")
                self.ending = self._waiting_events() + ending

    async def pass_events_on(self, write: Writer) -> None:
        """Write the events of the application as they come, from the first piece on; does not return."""
        assert self.events is not None
        await self._first_piece.wait()
        while True:
            await self.events.wait()
            await write(self._waiting_events())

    def _waiting_events(self) -> bytes:
        taken = [] if self.events is None else self.events.take()
        return b"".join(self.format.extra(name, data) for name, data in taken)

    async def end(self, kind: RelayEnd, error: Exception | None = None) -> None:
        """Tell the application how it ended, once; it is not cancelled."""
        if self._has_ended:
            return
        self._has_ended = True
        with anyio.CancelScope(shield=True):
            if self._budget is not None and self._budget.unsettled:
                await self._budget.settle()
            if self._on_end is not None:
                result = self.result
                partial = self.so_far(error) if result is None else None
                outcome = RelayOutcome(
                    kind=kind, result=result, partial=partial, error=error, spend=self._budget
                )
                await self._on_end(outcome)

    def so_far(self, error: Exception | None = None) -> object:
        """Return what has arrived."""
        stream = self._entered
        if isinstance(stream, RunStream):
            run = stream.so_far()
            return run if run is not None and (run.steps or run.messages) else None
        found: object = None if error is None else partial_of(error)
        if found is None and isinstance(stream, ReplyStream) and self._has_begun:
            found = stream.snapshot()
        return found
