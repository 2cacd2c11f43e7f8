"""`Outlet`: the connection to one browser, where two tasks write; and the tasks beside the one that writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Send

__all__ = ["BrowserGone", "Outlet", "keep_time", "watch"]


class BrowserGone(Exception):
    """Nothing more can be written."""


class Outlet:
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
        self._lock = anyio.Lock(fast_acquire=True)  # the sending waits where it has to

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
            raise BrowserGone from error
        self.last_write_at = anyio.current_time()


async def keep_time(
    out: Outlet, scope: anyio.CancelScope, start_after: float, keepalive: float, sign: bytes
) -> None:
    """Start the response when its first piece is late, and write a sign of life when nothing else was written."""
    try:
        await anyio.sleep(start_after)
        await out.write(b"")  # the head
        if not sign:
            return
        while True:
            await anyio.sleep_until(out.last_write_at + keepalive)
            if anyio.current_time() - out.last_write_at >= keepalive:
                await out.write(sign)
    except BrowserGone:
        scope.cancel()


async def watch(receive: Receive, scope: anyio.CancelScope) -> None:
    """Cancel everything else when the browser goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
