"""Messages: the requests behind `client.messages`."""

from __future__ import annotations

from .._sansio.message_body import MessageCall
from .._sansio.message_reply import read_message
from ..operations import CREATE_MESSAGE
from ..streaming.stream import MessageStream, OnBadEvent
from ..types.messages.reply import MessageReply
from .chat.model_resource import ModelResource

__all__ = ["MessagesResource"]


class MessagesResource(ModelResource[MessageCall, MessageReply]):
    """`POST /messages`."""

    operation = CREATE_MESSAGE
    kind = MessageCall
    read = staticmethod(read_message)

    def stream(self, call: MessageCall, *, on_bad_event: OnBadEvent = "raise") -> MessageStream:
        """Return the reply as a stream."""
        return MessageStream(self.open(call), on_bad_event=on_bad_event)
