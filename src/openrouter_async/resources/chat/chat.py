"""Chat completions: the requests behind `client.chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._sansio.chat_body import ChatCall
from ..._sansio.chat_reply import read_completion
from ..._sansio.response import is_event_stream
from ...operations import CREATE_CHAT
from ...types.chat.completion import ChatCompletion
from ...types.chat.model_reply import with_billed
from ...types.common import reported
from .model_resource import ModelResource, tool_names

if TYPE_CHECKING:
    from ...protocols import Reply
    from ...special_options import Recover
    from ...streaming.stream import EventStream, OnBadEvent

__all__ = ["ChatResource"]


class ChatResource(ModelResource[ChatCall, ChatCompletion]):
    """`POST /chat/completions`."""

    operation = CREATE_CHAT
    kind = ChatCall

    @staticmethod
    def read(reply: Reply) -> ChatCompletion:
        """Return the reply in a whole answer, which may have come as an event stream nobody asked for."""
        if reply.body[:1] == b"{" or not is_event_stream(reply.body):
            return read_completion(reply)
        from ...streaming.chat.accumulator import ChatAccumulator  # plain calls need none of it
        from ...streaming.whole import read_events

        meta = reply.meta
        completion = read_events(ChatAccumulator, reply)
        before = meta.billed_before
        return with_billed(completion, (*before, reported(completion.usage))) if before else completion

    def stream(
        self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise", recover: Recover | None = None
    ) -> EventStream:
        """Return the reply as a stream."""
        call = self._completed(call)
        source = self._open(call)
        tools = tool_names(call)
        if recover is None:
            from ...streaming.stream import EventStream  # plain calls need none of it

            return EventStream(source, on_bad_event=on_bad_event, tools=tools)
        from ...streaming.recovery.continuation import call_of_recovery, check_recoverable, with_beginning
        from ...streaming.recovery.stream import RecoveringStream

        check_recoverable(call, recover)
        changed = call_of_recovery(call, recover)
        return RecoveringStream(
            source,
            attempts=recover.attempts,
            continue_from=lambda begun: self._later(
                changed, lambda encoded: with_beginning(encoded, begun) if begun else encoded
            ),
            on_bad_event=on_bad_event,
            tools=tools,
        )
