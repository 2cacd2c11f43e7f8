"""`RelayResponse`: a response that is written as its pieces come, as long as a browser reads it.

Theory of operation. The task of the request waits for the browser to go away. Beside it one task does the work, which
writes, and one keeps time: it starts the response when the first piece is late, writes a sign of life when nothing
else was written for a while, and ends a write that the browser does not take. Whichever ends first ends the others.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
from anyio import sleep
from starlette.responses import Response

from ...errors import OpenRouterError
from ..no_delay import send_at_once
from .failures import WebError, error_response
from .formats.names import HEADERS
from .outlet import BrowserGone, Outlet

if TYPE_CHECKING:
    from starlette.background import BackgroundTask
    from starlette.types import Receive, Scope, Send

    from .formats._format import Format

__all__ = ["KEEPS_TIME", "RelayResponse"]

LOGGER = logging.getLogger("openrouter_async")

KEEPS_TIME = "openrouter_keeps_time"
"""In the scope of a request, whether its response ends a write that takes too long itself; so nobody else has to."""


class RelayResponse(Response):
    """The response of a relay, and of those who read it again."""

    def __init__(
        self,
        *,
        start_after: float,
        keepalive: float,
        write_timeout: float,
        headers: Mapping[str, str] | None,
    ) -> None:
        # Not `super().__init__`, which makes a body, and with it a content-length.
        self.status_code = 200
        self.background: BackgroundTask | None = None
        self._start_after = start_after
        self._keepalive = keepalive
        self._write_timeout = write_timeout
        self._more_headers = dict(headers or {})

    def _take_form(self, format: Format) -> None:
        """Make the head of a response in a format."""
        self.media_type = format.media_type
        self.init_headers({**HEADERS, **format.headers, **self._more_headers})

    async def _serve(
        self,
        work: Callable[[], Awaitable[None]],
        out: Outlet,
        sign: bytes,
        scope: Scope,
        receive: Receive,
        *beside: Callable[[], Awaitable[None]],
    ) -> Exception | None:
        """Do work that writes until it is done, it fails, or the browser goes away; return why it failed.

        `sign` is the sign of life; empty in a format without one. What runs `beside` ends with the work.
        """
        send_at_once(receive)
        failure: Exception | None = None

        async def until_done(job: Callable[[], Awaitable[None]]) -> None:
            nonlocal failure
            try:
                await job()
            except BrowserGone:
                pass  # nobody is left to be told
            except Exception as error:  # noqa: BLE001 - the caller tells it
                failure = failure or error
            tasks.cancel_scope.cancel()

        scope[KEEPS_TIME] = True
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(until_done, work, name="work of a relay")
                tasks.start_soon(until_done, partial(self._keep_time, out, sign), name="clock of a relay")
                for job in beside:
                    tasks.start_soon(until_done, job, name="beside a relay")
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            if failure is not None and not _is_ours(failure):
                LOGGER.error("a relay failed while its server stopped", exc_info=failure)
            raise
        finally:
            scope[KEEPS_TIME] = False
        return failure

    async def _keep_time(self, out: Outlet, sign: bytes) -> None:
        """Start a late response, and write signs of life; returns when the browser takes nothing of a write."""
        start_at = time.monotonic() + self._start_after
        while True:
            now = time.monotonic()
            if out.is_writing:
                due = out.began_at + self._write_timeout
            elif not out.has_started:
                due = start_at
            else:
                due = out.began_at + self._keepalive if sign else math.inf
            if now < due:
                # A write may begin meanwhile, or end.
                await sleep(min(due - now, self._write_timeout, self._keepalive))
                continue
            if out.is_writing:
                return
            with anyio.move_on_after(self._write_timeout) as limit:
                await out.write(sign if out.has_started else b"")
            if limit.cancelled_caught:
                return

    async def _tell(
        self, failure: Exception, format: Format, out: Outlet, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Tell the browser of a failure; any but one of ours is raised again, for the server's log."""
        if out.has_started:
            if told := format.fail(failure):
                with anyio.move_on_after(self._write_timeout), suppress(BrowserGone):
                    await out.write(told, more=False)
        elif _is_ours(failure):
            await error_response(failure, headers=HEADERS, path=scope["path"])(scope, receive, send)
        if not _is_ours(failure):
            raise failure


def _is_ours(failure: Exception) -> bool:
    """Whether a failure is one of the service, or of a request; any other is a fault of the application."""
    return isinstance(failure, OpenRouterError | WebError)
