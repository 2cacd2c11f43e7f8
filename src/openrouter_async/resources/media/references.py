"""Pictures, sounds and videos that a request is given: from a URL, bytes or a path, read and encoded in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from anyio import to_thread

from ..._checks import describe_value
from ...errors import ConfigurationError
from ...types.chat.content_parts import Attachment, ImagePart, image

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["ImageSource", "encode_references"]

ImageSource: TypeAlias = str | bytes | Path | Attachment | ImagePart
"""A picture: its http(s) or `data:` URL, its bytes, its path, what `image()` makes of these, or what is sent."""


async def encode_references(
    name: str, sources: object, of: Callable[..., Attachment] = image, *, most: int | None = None
) -> list[JsonValue]:
    """Return what is sent for each of the sources.

    Args:
        name: The name of the argument.
        sources: A list.
        of: Makes an attachment of text, bytes and paths.
        most: How many there may be.

    Raises:
        ConfigurationError: not a list, or too long; or an item is text but not a URL, cannot be read, or is of another
            kind.
    """
    if (
        isinstance(sources, str | bytes)
        or not isinstance(sources, Sequence)
        or len(sources) > (most or len(sources))
    ):
        wanted = "a list" if most is None else f"a list of at most {most}"
        raise ConfigurationError(f"{name} is {describe_value(sources, private=True)}; expected {wanted}")
    given = [each if isinstance(each, Attachment | Mapping) else of(each) for each in sources]
    if any(isinstance(each, Attachment) and each.is_local for each in given):
        # A read may hang, e.g. on a network drive, and must not hold up a cancellation.
        return await to_thread.run_sync(_encoded, given, abandon_on_cancel=True)
    return _encoded(given)


def _encoded(given: Iterable[Attachment | Mapping[str, JsonValue]]) -> list[JsonValue]:
    return [dict(each.encode()) if isinstance(each, Attachment) else dict(each) for each in given]  # type: ignore[arg-type]  # a TypedDict of JSON
