"""`relay`: a stream of the client becomes the response of a Starlette or FastAPI handler.

The work of a `RelayResponse` is here to read the stream, in whose block it is all the time; leaving that closes the
connection to the service.

```
called ── first piece, or start_after ──> status 200 ── pieces, signs of life ──> finished
   │                                          ├── failure, the server stops ──> in-band error of the format
   ├── failure ──> status and JSON error      └── browser gone, or it takes nothing ──> upstream cancelled
   └── browser gone ──> upstream cancelled
```

A resumable relay is read in a task of the application instead, see `producing` and `resuming`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
from starlette.responses import Response

from ..._checks import instance, one_of, seconds
from ...errors import ConfigurationError
from ...spending.spend import Spend
from .failures import ServerStopping
from .formats.names import FORMATS, FormatName
from .outlet import Outlet
from .producing import Producer
from .response import RelayResponse
from .resuming import ResumableRelay
from .running import running_relays_of
from .streams.store import check_id
from .work import OnEnd, OnFinish, Work

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .app_events import RelayEvents
    from .formats._format import Relayed
    from .streams.store import StreamStore

__all__ = ["FormatName", "OnEnd", "OnFinish", "Relay", "relay"]

_CLOSED_BY_CLIENT = 499
"""The status by which nginx, and others after it, name a request whose client has gone."""


def relay(
    stream: Relayed,
    *,
    format: FormatName = "events",
    start_after: float = 10.0,
    keepalive: float = 15.0,
    write_timeout: float = 30.0,
    headers: Mapping[str, str] | None = None,
    on_finish: OnFinish | None = None,
    on_end: OnEnd | None = None,
    events: RelayEvents | None = None,
    budget: Spend | None = None,
    within: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
    resumable: StreamStore | None = None,
    id: str | None = None,
    grace: float = 30.0,
) -> Response:
    """Return a response that sends a stream to the browser as it arrives.

    ```python
    @app.post("/chat")
    async def chat(question: Question) -> Response:
        return relay(client.chat.stream(question.text))
    ```

    The request to the service starts with the response. A failure before the first piece is an HTTP status with a
    JSON error; a later one is an error in the format. When the browser disconnects, or reads nothing for
    `write_timeout`, the request to the service and all running tools are cancelled immediately. Background tasks, of
    the response or of FastAPI, run after the stream, however it ended.

    With `resumable` the stream belongs to the application and not to the request: it continues while browsers leave,
    come back by `resume` and join, and ends when none has been there for `grace`, or by `store.stop(id)`.

    Args:
        stream: The stream of `client.chat.stream`, `client.chat.run_stream` or of a conversation, not entered. With
            `output=`, snapshots of the value replace its text.
        format: `events`: our events as named server-sent events, for pages of your own. `openai`: chunks that OpenAI's
            clients read. `ai-sdk`: the UI message stream of Vercel's AI SDK, version 6 and newer; `ai-sdk-5`: of
            version 5, which has no approval. `messages`, `responses`: the events of Anthropic's Messages and of
            OpenAI's Responses. `text`: the text alone.
        start_after: Seconds after which the response starts without a piece.
        keepalive: Seconds without a piece after which a comment is sent, if the format has comments.
        write_timeout: Seconds that a browser may read nothing of the response.
        headers: Further headers of the response.
        on_finish: Awaited with the whole result before the end is sent; to store it, for example. It is not cancelled
            if the browser disconnects meanwhile. Its exceptions are reported as failures.
        on_end: Awaited with a `RelayOutcome` when the relay ends in any way, once; after `on_finish`, and before the
            end is sent. It is not cancelled.
        events: Events of the application, which are sent between those of the stream.
        budget: A `client.track(...)` in which the calls of this relay count too; further ones are refused where it
            is used up.
        within: Called for a block around the work, in the task that does it: a limit, a span, a budget of your own. Its
            failures are told like those of the stream.
        resumable: The store of the events. The application needs `lifespan=openrouter_lifespan()`.
        id: The name of the stream in the store, such as that of the chat. A stream that runs under the same id is
            stopped.
        grace: Seconds without a reader after which a resumable stream ends.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    one_of("format", format, [*FORMATS])
    seconds("start_after", start_after)
    seconds("keepalive", keepalive)
    seconds("write_timeout", write_timeout)
    seconds("grace", grace)
    if budget is not None:
        instance("budget", budget, Spend)
    work = Work(
        stream,
        FORMATS[format](),
        on_finish=on_finish,
        on_end=on_end,
        events=events,
        budget=budget,
        within=within,
    )
    if resumable is None:
        if id is not None:
            raise ConfigurationError(
                f"id is {id!r:.100} without resumable; give the store of the stream as well"
            )
        return Relay(
            work, start_after=start_after, keepalive=keepalive, write_timeout=write_timeout, headers=headers
        )
    if id is None:
        raise ConfigurationError("resumable needs id, the name of the stream in the store")
    return ResumableRelay(
        Producer(work, resumable, grace=grace),
        resumable,
        check_id(id),
        format,
        start_after=start_after,
        keepalive=keepalive,
        write_timeout=write_timeout,
        headers=headers,
    )


class Relay(RelayResponse):
    """The response that `relay` returns."""

    def __init__(
        self,
        work: Work,
        *,
        start_after: float,
        write_timeout: float,
        keepalive: float = 15.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            start_after=start_after, keepalive=keepalive, write_timeout=write_timeout, headers=headers
        )
        self._take_form(work.format)
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the stream until it ends, it fails, or the browser goes away; then run the background task."""
        relays = running_relays_of(scope)
        with nullcontext() if relays is None else relays.counted():
            try:
                await self._relay(scope, receive, send)
            finally:
                if self.background is not None:
                    await self.background()

    async def _relay(self, scope: Scope, receive: Receive, send: Send) -> None:
        work, format = self._work, self._work.format
        out = Outlet(self, send, format.begin)

        async def pump() -> None:
            await work.pump(out.write)
            await out.write(work.ending or b"", more=False)

        beside = () if work.events is None else (partial(work.pass_events_on, out.write),)
        try:
            failure = await self._serve(pump, out, format.keepalive, scope, receive, *beside)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._shut_down(out, scope, receive, send)
            raise
        try:
            await work.end("left" if failure is None else "failed", failure)
        finally:
            if failure is not None:
                await self._tell(failure, format, out, scope, receive, send)
            elif not out.has_started:
                # Nobody reads it; but middleware around a handler may take an answer that never begins for a fault.
                with suppress(OSError):
                    await Response(status_code=_CLOSED_BY_CLIENT)(scope, receive, send)

    async def _shut_down(self, out: Outlet, scope: Scope, receive: Receive, send: Send) -> None:
        """End a relay that was cancelled from outside, as servers do when they stop."""
        cause = ServerStopping()
        cause.partial = self._work.so_far()
        try:
            await self._work.end("shut_down")
        finally:
            if self._work.ending is None:
                await self._tell(cause, self._work.format, out, scope, receive, send)
