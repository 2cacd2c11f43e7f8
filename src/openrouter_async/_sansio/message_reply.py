"""Reads messages, and checks that they are answers; a status of 200 does not guarantee it."""

from __future__ import annotations

from ..errors import InvalidResponseError
from ..types.chat.model_reply import with_meta
from ..types.messages.reply import MessageReply
from .chat_reply import empty_reply
from .error_mapping import payload_error
from .response import Reply, read_reply

__all__ = ["check_message", "read_message"]


def read_message(reply: Reply) -> MessageReply:
    """Return the message in an answer, if it is one; raises as `check_message`."""
    meta = reply.meta
    message = read_reply(MessageReply, meta.status, meta.headers, reply.body)
    check_message(message)
    return with_meta(message, meta)


def check_message(reply: MessageReply[object]) -> None:
    """Return if the reply is an answer, perhaps without text: a model may stop, pause or decline immediately.

    Raises:
        APIStatusError: it reports an error in place of the answer.
        EmptyReply: it has no content, and neither a reason for that nor tokens that were made.
        InvalidResponseError: it has neither content, nor a stop reason, nor usage.
    """
    extra = reply.model_extra or {}
    if error := extra.get("error") or (reply.type == "error" and extra):
        raise payload_error(error, around=extra)
    if reply.content:
        return
    if not reply.model_fields_set & {"content", "stop_reason", "usage"}:
        raise InvalidResponseError(
            "the answer has no 'content', so it is not a message", generation_id=reply.generation_id
        )
    if not reply.usage.output_tokens and reply.stop_reason in (None, "end_turn"):
        raise empty_reply(reply, "no content")
