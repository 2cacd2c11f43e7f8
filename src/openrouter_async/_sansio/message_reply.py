"""Whether a message that could be read is an answer; a status of 200 does not guarantee it."""

from __future__ import annotations

from ..errors import EmptyReply, InvalidResponseError
from ..types.messages.reply import MessageReply
from .error_mapping import payload_error

__all__ = ["check_message"]


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
            "the answer has no 'content', so it is no message", generation_id=reply.generation_id
        )
    made = reply.usage is not None and reply.usage.output_tokens
    if not made and reply.stop_reason in (None, "end_turn"):
        by = f" from provider {reply.provider!r}" if reply.provider else ""
        raise EmptyReply(
            f"an empty reply{by}: no content; a model that is just being started may do so, try again later",
            generation_id=reply.generation_id,
        )
