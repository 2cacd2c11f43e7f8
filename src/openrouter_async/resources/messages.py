"""Messages: the requests behind `client.messages`."""

from __future__ import annotations

from .._sansio.message_body import MessageCall
from .._sansio.message_reply import read_message
from .._sansio.response import Reply, is_event_stream
from ..operations import CREATE_MESSAGE
from ..streaming.messages.accumulator import MessageAccumulator
from ..streaming.stream import MessageStream, OnBadEvent
from ..streaming.whole import read_events
from ..types.messages.reply import MessageReply
from .chat.model_resource import ModelResource

__all__ = ["MessagesResource"]


class MessagesResource(ModelResource[MessageCall, MessageReply]):
    """`POST /messages`."""

    operation = CREATE_MESSAGE
    kind = MessageCall

    @staticmethod
    def read(reply: Reply) -> MessageReply:
        """Return the reply in a whole answer, which may have come as an event stream nobody asked for."""
        if is_event_stream(reply.body):
            return read_events(MessageAccumulator, reply)
        return read_message(reply)

    def stream(self, call: MessageCall, *, on_bad_event: OnBadEvent = "raise") -> MessageStream:
        """Return the reply as a stream."""
        return MessageStream(self.open(call), on_bad_event=on_bad_event)
