"""Pictures, sounds and videos that a request is given: from a URL, bytes or a path, read and encoded in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from anyio import to_thread

from ...types.chat.content_parts import Attachment, ImagePart, image

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["ImageSource", "encode_references"]

ImageSource: TypeAlias = str | bytes | Path | Attachment | ImagePart
"""A picture: its http(s) or `data:` URL, its bytes, its path, what `image()` makes of these, or what is sent."""


async def encode_references(
    sources: Iterable[object], of: Callable[..., Attachment] = image
) -> list[JsonValue]:
    """Return what is sent for each of the sources.

    `of` makes an attachment of text, bytes and paths.

    Raises:
        ConfigurationError: one is text but no URL, cannot be read, or is of another kind.
    """
    given = [each if isinstance(each, Attachment | Mapping) else of(each) for each in sources]
    if any(isinstance(each, Attachment) and each.is_local for each in given):
        # A read may hang, e.g. on a network drive, and must not hold up a cancellation.
        return await to_thread.run_sync(_encoded, given, abandon_on_cancel=True)
    return _encoded(given)


def _encoded(given: Iterable[Attachment | Mapping[str, JsonValue]]) -> list[JsonValue]:
    return [dict(each.encode()) if isinstance(each, Attachment) else dict(each) for each in given]  # type: ignore[arg-type]  # a TypedDict of JSON
