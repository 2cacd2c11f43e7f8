"""Values asked for by Messages: the reply and the stream that have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..streaming.stream import MessageStream
from ..types.common import OutputT
from ..types.messages.reply import MessageReply
from .completion import StructuredReply
from .stream import ValueStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..streaming.events import StreamEvent
    from ..types.common import JsonObject
    from .reading.partial import Partial

__all__ = ["StructuredMessage", "StructuredMessageStream"]


class StructuredMessage(StructuredReply[OutputT], MessageReply[OutputT]):
    """The message that contains the value."""


class StructuredMessageStream(ValueStream[OutputT], MessageStream[OutputT]):
    """The reply to one Messages request for a value, while it is being written; as `StructuredStream`."""

    replies = StructuredMessage

    if TYPE_CHECKING:

        def with_partials(self) -> AsyncGenerator[StreamEvent[MessageReply[OutputT]] | Partial]: ...
        async def final(self) -> StructuredMessage[OutputT]: ...
        def snapshot(self) -> MessageReply[OutputT]: ...
        def chunks(self) -> AsyncGenerator[JsonObject]: ...
