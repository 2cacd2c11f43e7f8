"""Reads and encodes the attachments of messages off the event loop, before a request is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from anyio import to_thread

__all__ = ["encode_attachments", "has_attachments"]

LikeT = TypeVar("LikeT")
"""Messages of a dialect, in any form that it takes."""


async def encode_attachments(messages: LikeT) -> LikeT:
    """Return `messages` with the attachments from bytes and paths replaced by their encoded form.

    Without attachments, `messages` itself is returned immediately. All are encoded in one worker thread; if the task
    is cancelled meanwhile, the thread finishes and its work is discarded.

    Raises:
        ConfigurationError: a file cannot be read, is not a regular file, or is of another kind than stated.
    """
    if not has_attachments(messages):
        return messages
    # A read may hang, e.g. on a network drive, and must not hold up a cancellation.
    return cast("LikeT", await to_thread.run_sync(_encoded, messages, abandon_on_cancel=True))


def has_attachments(messages: object) -> bool:
    """Return whether there is anything to encode before the messages can be sent."""
    if isinstance(messages, Mapping):
        content = messages.get("content")
        return isinstance(content, list | tuple) and any(map(_is_local, content))
    return (
        isinstance(messages, Sequence)
        and not isinstance(messages, str)
        and any(map(has_attachments, messages))
    )


def _is_local(part: object) -> bool:
    from ...types.chat.content_parts import Attachment  # a prompt that is text has no parts

    # The result of a tool is a part with a content of its own, in the dialect of Messages.
    return (
        part.is_local if isinstance(part, Attachment) else isinstance(part, Mapping) and has_attachments(part)
    )


def _encoded(messages: object) -> object:
    if isinstance(messages, Mapping):
        return _encoded_message(messages)
    if isinstance(messages, Sequence) and not isinstance(messages, str):
        return [
            _encoded_message(message) if isinstance(message, Mapping) else message for message in messages
        ]
    return messages


def _encoded_message(message: Mapping[str, object]) -> Mapping[str, object]:
    content = message.get("content")
    if not isinstance(content, list | tuple):
        return message
    return {
        **message,
        "content": [_encoded_part(part) for part in content],
    }


def _encoded_part(part: object) -> object:
    from ...types.chat.content_parts import Attachment

    if isinstance(part, Attachment):
        return part.encode()
    return _encoded_message(part) if isinstance(part, Mapping) else part
