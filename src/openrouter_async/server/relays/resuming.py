"""`resume` and the responses of resumable relays: they read the events of a store, from any of them on.

Theory of operation. A `Producer` in the lifespan of the application writes the events; the response of the request that
began it, and those of all that join or come back, read them from the store, and say every second that they are there.
An event that a browser got has the id `RUN-NUMBER`, so `Last-Event-ID` says which are missing, and of which stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._checks import seconds
from ...errors import ConfigurationError
from .failures import StreamLost, WebError, error_response
from .formats.names import FORMATS, HEADERS, FormatName
from .outlet import BrowserGone, Outlet
from .producing import ATTEND_S, Producer
from .response import RelayResponse
from .running import running_relays_of
from .streams.store import StreamStore, check_id

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .formats._format import Format
    from .running import RunningRelays

__all__ = ["ResumableRelay", "Resumed", "resume", "resume_routes"]

WAIT_S = 5.0
"""Seconds for which a reader waits in one look at the store."""
STOPPING_S = 0.2
"""Seconds after which a reader that is cancelled knows whether the application ends."""
LAST_S = 5.0
"""Seconds that a reader has at the end of the application for the last events."""

_EVENT_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,9})")


def resume(
    store: StreamStore,
    id: str,
    *,
    start_after: float = 10.0,
    keepalive: float = 15.0,
    write_timeout: float = 30.0,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response that sends the stream of a resumable relay, from the event after `Last-Event-ID` on.

    ```python
    @app.get("/chat/{id}/stream")
    async def again(id: str) -> Response:
        return resume(store, id)
    ```

    Without `Last-Event-ID` it is the stream that runs, from its beginning. The status is 204 where none runs, and
    where a browser has had all of it. The caller decides who may read an id. A stream whose server died ends with an
    error of the type `StreamLost`.

    Args:
        store: The store of the relay; where there are several workers, one that they share.
        id: The id of the relay.
        start_after: Seconds after which the response starts without an event.
        keepalive: Seconds without an event after which a comment is sent, if the format has comments.
        write_timeout: Seconds that a browser may read nothing.
        headers: Further headers of the response.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    check_id(id)
    for name, value in (
        ("start_after", start_after),
        ("keepalive", keepalive),
        ("write_timeout", write_timeout),
    ):
        seconds(name, value)
    return Resumed(
        store,
        id,
        start_after=start_after,
        keepalive=keepalive,
        write_timeout=write_timeout,
        headers=headers,
    )


def resume_routes(
    store: StreamStore, path: str = "/chat/{id}/stream", *, key: Callable[[Request], str] | None = None
) -> list[Route]:
    """Return the routes that resume and stop a stream: `GET` and `DELETE` of a path.

    ```python
    app = Starlette(routes=[..., *resume_routes(store, "/api/chat/{id}/stream")])
    app.router.routes += resume_routes(store, "/api/chat/{id}/stream")  # FastAPI
    ```

    Args:
        store: The store of the relays.
        path: Where `useChat` asks, if it posts to `/chat`.
        key: Returns the id of the stream that a request may read; it may raise an `HTTPException`. Default: the `id`
            in the path, so whoever knows one may read and stop it.
    """
    key = key or (lambda request: str(request.path_params["id"]))

    async def again(request: Request) -> Response:
        return resume(store, key(request))

    async def stop(request: Request) -> Response:
        try:
            found = await store.stop(key(request))
        except WebError as error:
            return error_response(error)
        return Response(status_code=204 if found else 404)

    return [Route(path, again, methods=["GET"]), Route(path, stop, methods=["DELETE"])]


class _Replay(RelayResponse):
    """A response that reads a stream of a store."""

    def __init__(
        self,
        store: StreamStore,
        id: str,
        *,
        start_after: float,
        keepalive: float,
        write_timeout: float,
        headers: Mapping[str, str] | None,
    ) -> None:
        super().__init__(
            start_after=start_after, keepalive=keepalive, write_timeout=write_timeout, headers=headers
        )
        self._store = store
        self._id = id

    async def _replay(
        self,
        run: str,
        format: Format,
        after: int,
        scope: Scope,
        receive: Receive,
        send: Send,
        producer: Producer | None = None,
    ) -> None:
        self._take_form(format)
        out = Outlet(self, send, bytes)
        reader = _Reader(self._store, run, format, after, producer)
        try:
            # Where a browser goes away, the answer continues in the store, for a reader that comes back.
            failure = await self._serve(
                partial(reader.read, out), out, format.keepalive, scope, receive, reader.attend
            )
            if failure is not None:
                await self._tell(failure, format, out, scope, receive, send)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await _read_last(running_relays_of(scope), reader, out)
            raise
        finally:
            if self.background is not None:
                await self.background()


async def _read_last(relays: RunningRelays | None, reader: _Reader, out: Outlet) -> None:
    """Read the last events where the application ends, which has just cancelled the request."""
    if relays is None or reader.is_writing:
        return
    with anyio.move_on_after(STOPPING_S):
        await relays.stopping.wait()
    if relays.stopping.is_set():
        with anyio.move_on_after(LAST_S), suppress(BrowserGone, WebError), relays.counted():
            await reader.read(out)


class Resumed(_Replay):
    """The response that `resume` returns."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is missing, until the stream ends or the browser goes away."""
        last = _EVENT_ID.fullmatch(Request(scope).headers.get("last-event-id", ""))
        try:
            found = await self._store.find(self._id, last[1]) if last else None
            after = int(last[2]) if last and found else 0
            if found is None:
                found = await self._store.find(self._id)
                if found is not None and found.state in ("over", "broken"):
                    found = None
            if found is None or not await self._has_more(found.run, after):
                await Response(status_code=204, headers=HEADERS)(scope, receive, send)
                return
        except WebError as error:
            await error_response(error, headers=HEADERS, path=scope["path"])(scope, receive, send)
            return
        await self._replay(found.run, FORMATS[found.format](), after, scope, receive, send)

    async def _has_more(self, run: str, after: int) -> bool:
        part = await self._store.read(run, after, 0)
        return part is not None and (bool(part.events) or part.state in ("running", "lost"))


class ResumableRelay(_Replay):
    """The response of `relay(..., resumable=store)`."""

    def __init__(
        self,
        producer: Producer,
        store: StreamStore,
        id: str,
        format: FormatName,
        *,
        start_after: float,
        keepalive: float,
        write_timeout: float,
        headers: Mapping[str, str] | None,
    ) -> None:
        super().__init__(
            store,
            id,
            start_after=start_after,
            keepalive=keepalive,
            write_timeout=write_timeout,
            headers=headers,
        )
        self._producer = producer
        self._format_name = format

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin the stream in the application, and send it until it ends or the browser goes away."""
        relays = running_relays_of(scope)
        if relays is None:
            raise ConfigurationError(
                "a resumable relay outlives its request, and the application has no place for it; make the application"
                " with lifespan=openrouter_lifespan()"
            )
        producer = self._producer
        try:
            await self._store.begin(self._id, producer.run, self._format_name)
        except WebError as error:
            await producer.refuse(error)
            await error_response(error, headers=HEADERS, path=scope["path"])(scope, receive, send)
            return
        relays.start(producer)
        format = FORMATS[self._format_name]()
        await self._replay(producer.run, format, 0, scope, receive, send, producer)


class _Reader:
    """One browser's place in a stream."""

    def __init__(
        self, store: StreamStore, run: str, format: Format, after: int, producer: Producer | None
    ) -> None:
        self._store = store
        self._run = run
        self._format = format
        self._after = after
        self._producer = producer
        self.is_writing = False
        """Whether it is not known how much of the last events was sent."""

    async def attend(self) -> None:
        """Say that it is there, as long as it is."""
        while True:
            with suppress(WebError):  # the store cannot be used, which reading tells
                await self._store.attend(self._run)
            await anyio.sleep(ATTEND_S)

    async def read(self, out: Outlet) -> None:
        """Send the events that are missing, until the last."""
        while True:
            part = await self._store.read(self._run, self._after, WAIT_S)
            if part is not None and part.events:
                failed_early = None if self._producer is None else self._producer.failed_early
                if failed_early is not None and not out.has_started:
                    raise failed_early
                self.is_writing = True
                await out.write(b"".join(map(self._numbered, part.events)))
                self.is_writing = False
            elif part is None or part.state == "lost":
                await out.write(
                    b""
                )  # the head: it is told as an event, which a reader that comes back expects
                raise StreamLost
            elif part.state == "broken":
                return  # without an end, which is all that this format can tell
            elif part.state == "over":
                await out.write(b"", more=False)
                return

    def _numbered(self, event: bytes) -> bytes:
        self._after += 1
        if self._format.media_type != "text/event-stream":
            return event
        return f"id: {self._run}-{self._after}\n".encode() + event
