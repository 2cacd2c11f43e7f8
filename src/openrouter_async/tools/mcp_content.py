"""Turns the result of an MCP server's tool into that of a tool of ours: text, and attachments for other content.

A server may send anything of any size. Text beyond `MAX_TEXT` characters, attachments beyond `MAX_DATA` bytes and
blocks beyond `MAX_BLOCKS` are left out, and the model learns that. No I/O here.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic_core import to_json

from ..types.chat.content_parts import Attachment, AttachmentKind
from ..types.chat.media_types import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mcp.types

__all__ = ["content_of_result"]

MAX_TEXT = 400_000
"""Characters of one result, about 100,000 tokens."""
MAX_DATA = 20_000_000
"""Bytes of the attachments of one result."""
MAX_BLOCKS = 200

_UNKNOWN = "application/octet-stream"
_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg+xml")


def content_of_result(result: mcp.types.CallToolResult) -> str | list[object]:
    """Return the content of a result: its text, or text and attachments; else its structured value, as JSON."""
    if not result.content:
        value = result.structured_content
        return "" if value is None else _cut(to_json(value, serialize_unknown=True).decode(), MAX_TEXT)
    parts: list[object] = []
    room, data_room = MAX_TEXT, MAX_DATA
    for block in result.content[:MAX_BLOCKS]:
        for part in _parts(block):
            if isinstance(part, str):
                kept = _cut(part, room)
                room = max(0, room - len(part))
                parts.append(kept)
                continue
            size = len(part.source) if isinstance(part.source, bytes) else 0
            if size > data_room:
                parts.append(f"({part.media_type or part.kind} of {size:,} bytes, left out)")
            else:
                data_room -= size
                parts.append(part)
    if len(result.content) > MAX_BLOCKS:
        parts.append(f"(cut off here: {len(result.content):,} parts in all)")
    if all(isinstance(part, str) for part in parts):
        return "\n".join(map(str, parts))
    return parts


def _parts(block: mcp.types.ContentBlock) -> Iterator[str | Attachment]:
    match block.type:
        case "text":
            yield block.text
        case "image" | "audio":
            yield _attachment(block.data, block.mime_type, "image" if block.type == "image" else "audio", "")
        case "resource":
            resource = block.resource
            text = getattr(resource, "text", None)
            if isinstance(text, str):
                yield text
                return
            media_type = resource.mime_type or ""
            yield _attachment(getattr(resource, "blob", ""), media_type, _kind(media_type), resource.uri)
        case _:
            yield block.model_dump_json(exclude_none=True)


def _attachment(encoded: str, media_type: str, kind: AttachmentKind, uri: str) -> str | Attachment:
    """Return data as an attachment, or as the text that it is."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return f"({media_type or kind} that is not base64, left out)"
    if media_type.lower().startswith(_TEXT_TYPES):
        try:
            return data.decode()
        except UnicodeDecodeError:
            kind = "file"
    if media_type.lower() in ("", _UNKNOWN):
        media_type = sniff(data) or _UNKNOWN
        if kind == "audio" and media_type == "video/mp4":
            media_type = "audio/mp4"
        kind = _kind(media_type)
    name = unquote(urlsplit(uri).path.rpartition("/")[2]) if kind == "file" else ""
    options = (("filename", name),) if name else ()
    return Attachment(kind=kind, source=data, media_type=media_type, options=options)


def _kind(media_type: str) -> AttachmentKind:
    match media_type.partition("/")[0]:
        case "image" | "audio" | "video" as kind:
            return kind
    return "file"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:room]}\n(cut off here: {len(text):,} characters in all)"
