"""How many connections a transport has, which only tests ask."""

from __future__ import annotations

from typing import NamedTuple

from openrouter_async._http.pool.connections import ConnectionTransport

__all__ = ["ConnectionCount", "count_connections"]


class ConnectionCount(NamedTuple):
    open: int
    """Idle ones and those in use."""
    idle: int


def count_connections(transport: ConnectionTransport) -> ConnectionCount:
    return ConnectionCount(len(transport._open), transport._idle)
