"""`--attach`: a file or a URL as the part of a message that its name suggests."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from mimetypes import guess_extension, guess_type
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..types.chat.content_parts import Attachment, audio, file, image, video
from ..types.chat.media_types import sniff

__all__ = ["PIPED", "attachment", "attachments"]

PIPED = "-"
"""Names standard input."""

MOST_PIPED = 256 * 1024 * 1024
"""Bytes that are read of standard input, which may have no end."""


def attachments(given: Sequence[str]) -> list[Attachment]:
    """Return all attachments of a question; `-` is what standard input has.

    Raises:
        ConfigurationError: one of them does not exist, or cannot be read.
    """
    if given.count(PIPED) > 1:
        raise ConfigurationError("--attach - is given twice; standard input can be read once")
    return [_piped() if each == PIPED else attachment(each) for each in given]


def attachment(given: str) -> Attachment:
    """Return a file, or what is at a URL, as an image, audio, a video or a document.

    Nothing is read here; the service reads URLs.

    Raises:
        ConfigurationError: the file does not exist, or the service cannot read such a URL.
    """
    if given.lower().startswith(("http://", "https://")):
        return _of_kind(given, urlsplit(given).path)
    if given == PIPED:
        raise ConfigurationError("--attach - is for `ask`; here standard input has the messages")
    path = Path(given).expanduser()
    if not path.exists():
        raise ConfigurationError(f"--attach names {given!r}, which cannot be read: no such file or directory")
    return _of_kind(path, path.name)


def _piped() -> Attachment:
    """Return what standard input has, as its first bytes tell."""
    if sys.stdin.isatty():
        raise ConfigurationError("--attach - reads standard input, which is a terminal; pipe a file in")
    data = sys.stdin.buffer.read(MOST_PIPED + 1)
    if len(data) > MOST_PIPED:
        raise ConfigurationError(f"--attach - got more than {MOST_PIPED:,} bytes; give the file by its name")
    if not data:
        raise ConfigurationError("--attach - got nothing; standard input is empty")
    media_type = sniff(data) or _text_type(data)
    match media_type.partition("/")[0]:
        case "image":
            return image(data)
        case "audio":
            return audio(data)
        case "video":
            return video(data)
        case _:
            return file(data, media_type=media_type, filename=f"stdin{guess_extension(media_type) or ''}")


def _text_type(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"--attach - got {len(data):,} bytes of an unknown type; give the file by its name"
        ) from None
    return "text/plain"


def _of_kind(source: str | Path, name: str) -> Attachment:
    match (guess_type(name)[0] or "").partition("/")[0]:
        case "image":
            return image(source)
        case "audio" if isinstance(source, str):
            raise ConfigurationError(f"--attach got {source!r}; audio is sent inline: give a file")
        case "audio":
            return audio(source)
        case "video":
            return video(source)
        case _:
            return file(source)
