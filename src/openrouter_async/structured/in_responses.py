"""Values asked for by Responses: the reply and the stream that have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..streaming.stream import ResponseStream
from ..types.common import OutputT
from ..types.responses.response import Response
from .completion import StructuredReply
from .stream import ValueStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..streaming.events import StreamEvent
    from ..types.common import JsonObject
    from .reading.partial import Partial

__all__ = ["StructuredResponse", "StructuredResponseStream"]


class StructuredResponse(StructuredReply[OutputT], Response[OutputT]):
    """The response that contains the value."""


class StructuredResponseStream(ValueStream[OutputT], ResponseStream[OutputT]):
    """The reply to one Responses request for a value, while it is being written; as `StructuredStream`."""

    replies = StructuredResponse

    if TYPE_CHECKING:

        def with_partials(self) -> AsyncGenerator[StreamEvent[Response[OutputT]] | Partial]: ...
        async def final(self) -> StructuredResponse[OutputT]: ...
        def snapshot(self) -> Response[OutputT]: ...
        def chunks(self) -> AsyncGenerator[JsonObject]: ...
