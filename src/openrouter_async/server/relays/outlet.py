"""`Outlet`: the connection to one browser, where several tasks write in turn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Send

__all__ = ["BrowserGone", "Outlet"]


class BrowserGone(Exception):
    """Nothing more can be written."""


class Outlet:
    """Where several tasks write; the head goes first, once.

    A write waits as long as the browser takes nothing: whoever owns the outlet looks at `began_at`, and cancels. A
    time limit of its own, and a lock of anyio, took a third of what an event costs.
    """

    def __init__(self, response: Response, send: Send, begin: Callable[[], bytes]) -> None:
        self.has_started = False
        self.is_writing = False
        self.began_at = 0.0
        """When the last write began, on the monotonic clock."""
        self._response = response
        self._send = send
        self._begin = begin
        self._waiting: deque[anyio.Event] = deque()

    async def write(self, data: bytes, *, more: bool = True) -> None:
        """Write a piece, which may be empty, behind the head; `more` is False for the last."""
        if self.is_writing:
            await self._wait_for_turn()
        self.is_writing = True
        self.began_at = time.monotonic()
        try:
            if not self.has_started:
                self.has_started = True
                head, headers = self._response.status_code, self._response.raw_headers
                await self._send({"type": "http.response.start", "status": head, "headers": headers})
                # Some servers send the head with the first part of the body, so that may be empty.
                await self._send(
                    {"type": "http.response.body", "body": self._begin() + data, "more_body": more}
                )
            elif data or not more:
                await self._send({"type": "http.response.body", "body": data, "more_body": more})
        except OSError as error:
            raise BrowserGone from error
        finally:
            if self._waiting:
                self._pass_turn()
            else:
                self.is_writing = False

    async def _wait_for_turn(self) -> None:
        """Return when all that came before have written; the turn is handed over, so nobody overtakes."""
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._pass_turn()
            else:
                self._waiting.remove(turn)
            raise

    def _pass_turn(self) -> None:
        if self._waiting:
            self.began_at = time.monotonic()
            self._waiting.popleft().set()
        else:
            self.is_writing = False
