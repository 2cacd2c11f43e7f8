"""Which event loop is running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from anyio.lowlevel import current_token

if TYPE_CHECKING:
    from .stream import Network

__all__ = ["current_network"]


def current_network() -> Network:
    """Return the event loop that is running."""
    from .on_asyncio import AsyncioNetwork

    loop = current_token().native_token
    if isinstance(loop, asyncio.AbstractEventLoop):
        return AsyncioNetwork(loop)
    from .on_trio import TrioNetwork

    return TrioNetwork()
