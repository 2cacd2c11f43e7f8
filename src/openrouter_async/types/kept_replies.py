"""Replies that were kept as JSON, read again as the type of their dialect."""

from __future__ import annotations

from collections.abc import Mapping

from .chat.completion import ChatCompletion
from .chat.model_reply import ModelReply

__all__ = ["kept", "read_kept_reply"]


def read_kept_reply(value: object) -> ModelReply[object]:
    """Return a reply, or the JSON of one; raises pydantic's `ValidationError` where it is none."""
    if isinstance(value, ModelReply):
        return value
    if isinstance(value, Mapping):
        if value.get("object") == "response" or "output" in value:
            from .responses.response import Response  # few keep them

            return Response.model_validate(value)
        if value.get("type") == "message":
            from .messages.reply import MessageReply  # few keep them

            return MessageReply.model_validate(value)
    return ChatCompletion.model_validate(value)


def kept(reply: ModelReply[object]) -> object:
    """Return the JSON of a reply, as it came."""
    return reply.model_dump(mode="json", by_alias=True, exclude_unset=True)
