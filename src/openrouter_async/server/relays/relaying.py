"""`relay`: a stream of the client becomes the response of a Starlette or FastAPI handler.

Theory of operation. The task of the request reads the stream and writes; beside it one task waits for the browser to go
away, and one keeps time: it starts the response when the first piece is late, and after that writes a sign of life when
nothing else was written for a while. Whichever ends first ends the others, and leaving the stream's block closes the
connection to the service.

```
called ── first piece, or start_after ──> status 200 ── pieces, signs of life ──> finished
   │                                          ├── failure ──> in-band error of the format
   ├── failure ──> status and JSON error      └── browser gone, or it takes nothing ──> upstream cancelled
   └── browser gone ──> upstream cancelled
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import anyio
from starlette.responses import Response

from ..._checks import one_of, seconds
from ...errors import OpenRouterError
from ..no_delay import send_at_once
from .failures import error_response
from .formats.ai_sdk import AISDK5Format, AISDKFormat
from .formats.events import EventsFormat
from .formats.messages import MessagesFormat
from .formats.openai import OpenAIFormat
from .formats.responses import ResponsesFormat
from .formats.text import TextFormat

if TYPE_CHECKING:
    from starlette.background import BackgroundTask
    from starlette.types import Receive, Scope, Send

    from .formats._format import Format, Relayed, Result

__all__ = ["FormatName", "OnFinish", "Relay", "relay"]

FormatName: TypeAlias = Literal["ai-sdk", "ai-sdk-5", "events", "messages", "openai", "responses", "text"]

OnFinish: TypeAlias = "Callable[[Any], Awaitable[None]]"
"""Is given the whole: a reply of any dialect, with its value if one was asked for, or a `Run`."""

_FORMATS: dict[str, type[Format]] = {
    "ai-sdk": AISDKFormat,
    "ai-sdk-5": AISDK5Format,
    "events": EventsFormat,
    "messages": MessagesFormat,
    "openai": OpenAIFormat,
    "responses": ResponsesFormat,
    "text": TextFormat,
}

_CLOSED_BY_CLIENT = 499
"""The status by which nginx, and others after it, name a request whose client has gone."""

_HEADERS = {
    # no-transform: neither a proxy nor a CDN compresses it, which would hold pieces back
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


def relay(
    stream: Relayed,
    *,
    format: FormatName = "events",
    start_after: float = 10.0,
    keepalive: float = 15.0,
    write_timeout: float = 30.0,
    headers: Mapping[str, str] | None = None,
    on_finish: OnFinish | None = None,
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

    Args:
        stream: The stream of `client.chat.stream` or `client.chat.run_stream`, not entered. With `output=`, snapshots
            of the value replace its text.
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

    Raises:
        ConfigurationError: an argument is wrong.
    """
    one_of("format", format, [*_FORMATS])
    seconds("start_after", start_after)
    seconds("keepalive", keepalive)
    seconds("write_timeout", write_timeout)
    return Relay(
        stream,
        _FORMATS[format](),
        start_after=start_after,
        keepalive=keepalive,
        write_timeout=write_timeout,
        headers=headers,
        on_finish=on_finish,
    )


class Relay(Response):
    """The response that `relay` returns."""

    def __init__(
        self,
        stream: Relayed,
        format: Format,
        *,
        start_after: float,
        write_timeout: float,
        keepalive: float = 15.0,
        headers: Mapping[str, str] | None = None,
        on_finish: OnFinish | None = None,
    ) -> None:
        # Not `super().__init__`, which makes a body, and with it a content-length.
        self.status_code = 200
        self.media_type = format.media_type
        self.background: BackgroundTask | None = None
        self.init_headers({**_HEADERS, **format.headers, **(headers or {})})
        self._stream = stream
        self._format = format
        self._start_after = start_after
        self._keepalive = keepalive
        self._write_timeout = write_timeout
        self._on_finish = on_finish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the stream until it ends, it fails, or the browser goes away; then run the background task."""
        send_at_once(receive)
        out = _Outlet(self, send, self._format.begin, self._write_timeout)
        failure: Exception | None = None
        async with anyio.create_task_group() as beside:
            beside.start_soon(_watch, receive, beside.cancel_scope, name="the browser goes away")
            beside.start_soon(self._keep_time, out, beside.cancel_scope, name="clock of a relay")
            try:
                await self._write(out)
            except _BrowserGone:
                pass  # nobody is left to be told, and leaving the stream's block has cancelled the upstream
            except Exception as error:  # noqa: BLE001 - told to the browser, and raised again unless it is of the service
                failure = error
            beside.cancel_scope.cancel()
        try:
            if failure is not None:
                await self._tell(failure, out, scope, receive, send)
            elif not out.has_started:
                # Nobody reads it; but middleware around a handler may take an answer that never begins for a fault.
                with suppress(OSError):
                    await Response(status_code=_CLOSED_BY_CLIENT)(scope, receive, send)
        finally:
            if self.background is not None:
                await self.background()

    async def _write(self, out: _Outlet) -> None:
        async with self._stream as stream:
            async with aclosing(self._format.pieces(stream)) as pieces:
                async for piece in pieces:
                    if piece:
                        await out.write(piece)
            # The answer is whole and paid for: a browser that goes away now does not keep it from being stored.
            ending = b""
            with anyio.CancelScope(shield=True):
                result: Result = await stream.final()
                if self._on_finish is not None:
                    await self._on_finish(result)
                ending = self._format.finish(result)
        await out.write(ending)
        await out.end()

    async def _tell(
        self, failure: Exception, out: _Outlet, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Tell the browser of a failure; any but an `OpenRouterError` is raised again, for the server's log."""
        ours = isinstance(failure, OpenRouterError)
        if not out.has_started:
            if not ours:
                raise failure
            # Headers that the caller gave hold for the error too, but not those of the format.
            await error_response(failure, headers=_HEADERS, path=scope["path"])(scope, receive, send)
            return
        told = self._format.fail(failure)
        try:
            if told:
                await out.write(told)
                await out.end()
        except _BrowserGone:
            return
        if not ours:
            raise failure

    async def _keep_time(self, out: _Outlet, scope: anyio.CancelScope) -> None:
        try:
            await anyio.sleep(self._start_after)
            await out.write(b"")  # the head
            if not self._format.keepalive:
                return
            while True:
                await anyio.sleep_until(out.last_write_at + self._keepalive)
                if anyio.current_time() - out.last_write_at >= self._keepalive:
                    await out.write(self._format.keepalive)
        except _BrowserGone:
            scope.cancel()


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    """Cancel everything else when the browser goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


class _BrowserGone(Exception):
    """Nothing more can be written."""


class _Outlet:
    """Where two tasks write; the head goes first, once."""

    def __init__(
        self, response: Response, send: Send, begin: Callable[[], bytes], write_timeout: float
    ) -> None:
        self.has_started = False
        self.last_write_at = 0.0
        self._response = response
        self._send = send
        self._begin = begin
        self._write_timeout = write_timeout
        self._lock = anyio.Lock()

    async def write(self, data: bytes) -> None:
        """Write a piece, which may be empty, behind the head."""
        async with self._lock:
            if not self.has_started:
                self.has_started = True
                head, headers = self._response.status_code, self._response.raw_headers
                await self._put({"type": "http.response.start", "status": head, "headers": headers})
                await self._put({"type": "http.response.body", "body": self._begin(), "more_body": True})
            if data:
                await self._put({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """Write the end of the body."""
        async with self._lock:
            await self._put({"type": "http.response.body", "body": b"", "more_body": False})

    async def _put(self, message: dict[str, object]) -> None:
        try:
            with anyio.fail_after(self._write_timeout):
                await self._send(message)
        except (TimeoutError, OSError) as error:
            raise _BrowserGone from error
        self.last_write_at = anyio.current_time()
