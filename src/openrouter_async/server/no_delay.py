"""`send_at_once`: sends data immediately, without waiting for the browser to confirm earlier data.

Servers that receive a listening socket, as uvicorn's workers do, leave Nagle's algorithm on: each event then waits
for the confirmation of the last one, which browsers delay for 40 ms. ASGI has no option for that, so this module
finds the connection behind the server's `receive`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

__all__ = ["no_delay", "send_at_once"]

MOST_STEPS = 64
"""Functions around the server's own that are looked behind; each middleware adds one or two."""


@runtime_checkable
class _Transport(Protocol):
    """A connection of asyncio, or what is like one: uvloop's is not of asyncio's class."""

    def get_extra_info(self, name: str) -> socket.socket | None: ...


def send_at_once(receive: Callable[..., object]) -> None:
    """Let the connection of a request send without delay, if it can be found."""
    waiting: list[object] = [receive]
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        function = waiting.pop()
        if isinstance(function, partial):
            waiting.append(function.func)
            continue
        owner = getattr(function, "__self__", None)
        transport = getattr(owner, "transport", None)
        if isinstance(transport, _Transport):
            no_delay(transport)
            return
        inner = [getattr(owner, "_receive", None)]  # of a request of Starlette
        for cell in getattr(function, "__closure__", None) or ():
            with suppress(ValueError):  # a cell that is empty
                inner.append(cell.cell_contents)
        waiting += filter(callable, inner)


def no_delay(transport: _Transport) -> None:
    """Turn Nagle's algorithm off for a connection of asyncio, where it has one."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):  # it is closed already
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
