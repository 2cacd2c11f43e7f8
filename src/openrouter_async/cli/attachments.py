"""`--attach`: a file or a URL as the part of a message that its name suggests."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..types.chat.content_parts import Attachment, audio, file, image, video

__all__ = ["attachment"]


def attachment(given: str) -> Attachment:
    """Return a file, or what is at a URL, as an image, audio, a video or a document.

    Nothing is read here; the service reads URLs.

    Raises:
        ConfigurationError: the file does not exist, or the service cannot read such a URL.
    """
    if given.lower().startswith(("http://", "https://")):
        return _of_kind(given, urlsplit(given).path)
    path = Path(given).expanduser()
    if not path.exists():
        raise ConfigurationError(f"--attach names {given!r}, which cannot be read: no such file or directory")
    return _of_kind(path, path.name)


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
