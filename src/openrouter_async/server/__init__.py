"""The client behind a web application: relays of streams, a router, and a chat page. Needs the extra `server`.

Importing this package loads nothing else: each name is loaded from its module on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._extras import needs_extra
from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .chat.conversations import MemoryConversations as MemoryConversations
    from .chat.conversations import SQLiteConversations as SQLiteConversations
    from .chat.router import create_router as create_router
    from .lifespan import client_of as client_of
    from .lifespan import openrouter_lifespan as openrouter_lifespan
    from .lifespan import with_lifespan as with_lifespan
    from .relays.app_events import RelayEvents as RelayEvents
    from .relays.outcome import RelayOutcome as RelayOutcome
    from .relays.relaying import relay as relay
    from .relays.resuming import resume as resume
    from .relays.resuming import resume_routes as resume_routes
    from .relays.streams.memory import MemoryStreams as MemoryStreams
    from .relays.streams.redis import RedisStreams as RedisStreams
    from .relays.streams.sqlite import SQLiteStreams as SQLiteStreams
    from .relays.streams.store import StreamStore as StreamStore
    from .ui_messages import chat_messages_of as chat_messages_of
    from .ui_messages import with_approvals as with_approvals

_EXPORTS = {
    "MemoryConversations": ".chat.conversations",
    "MemoryStreams": ".relays.streams.memory",
    "RedisStreams": ".relays.streams.redis",
    "RelayEvents": ".relays.app_events",
    "RelayOutcome": ".relays.outcome",
    "SQLiteConversations": ".chat.conversations",
    "SQLiteStreams": ".relays.streams.sqlite",
    "StreamStore": ".relays.streams.store",
    "chat_messages_of": ".ui_messages",
    "client_of": ".lifespan",
    "create_router": ".chat.router",
    "openrouter_lifespan": ".lifespan",
    "relay": ".relays.relaying",
    "resume": ".relays.resuming",
    "resume_routes": ".relays.resuming",
    "with_approvals": ".ui_messages",
    "with_lifespan": ".lifespan",
}
"""Public name -> the module it lives in."""

# pyright: reportUnsupportedDunderAll=false
__all__ = [*_EXPORTS]  # the table is the list
__getattr__, __dir__ = lazy_exports(
    __name__, _EXPORTS, lambda name: needs_extra("server", f"openrouter_async.server.{name}")
)
