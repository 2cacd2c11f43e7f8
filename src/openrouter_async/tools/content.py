"""The result of a tool as content for the model: text unchanged, attachments as parts, the rest as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import anyio.to_thread
from pydantic_core import PydanticSerializationError, to_json

from ..types.chat.content_parts import Attachment
from ..types.common import JsonObject

__all__ = ["content_of", "encoded_content", "sendable"]

_PART_TYPES = frozenset({"text", "image_url", "input_audio", "video_url", "file"})


async def encoded_content(value: object) -> str | list[JsonObject]:
    """Return the content for `value`; files are read, and data is encoded, in a worker thread.

    Raises:
        ConfigurationError: an attachment cannot be read.
        TypeError: something in it is neither JSON nor an attachment.
    """
    parts = value if isinstance(value, list | tuple) else (value,)
    if any(isinstance(part, Attachment) and part.is_local for part in parts):
        return await anyio.to_thread.run_sync(content_of, value, abandon_on_cancel=True)
    return content_of(value)


def sendable(text: str) -> str:
    """Return the text with `?` for each half of a surrogate pair, which no request can carry; file names have them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return str(text)


def content_of(value: object) -> str | list[JsonObject]:
    """Return the content for `value`; blocks while a file is read and encoded.

    Raises:
        ConfigurationError: an attachment cannot be read.
        TypeError: something in it is neither JSON nor an attachment.
    """
    if isinstance(value, Attachment):
        return [_part(value)]
    if isinstance(value, list | tuple) and any(isinstance(part, Attachment) for part in value):
        return [_part(part) for part in value]
    return _text(value)


def _part(value: object) -> JsonObject:
    if isinstance(value, Attachment):
        return {**value.encode()}  # type: ignore[dict-item]  # a part is JSON
    if isinstance(value, Mapping) and value.get("type") in _PART_TYPES:
        text = value.get("text")
        return {**value, "text": sendable(text)} if isinstance(text, str) else dict(value)
    return {"type": "text", "text": _text(value)}


def _text(value: object) -> str:
    if isinstance(value, str):
        return sendable(value)
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except (PydanticSerializationError, ValueError) as error:
        raise TypeError(
            f"the tool returned a {type(value).__name__} that is not JSON ({error}); expected text, JSON values,"
            " pydantic values, or image(...) and the like"
        ) from error
