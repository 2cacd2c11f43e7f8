"""Files of the caller as text: read whole, and replaced whole, so a crash leaves the old one or the new one.

Other programs write UTF-8, with a byte order mark or without, or UTF-16 with one.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from .._files import replace_file
from ..errors import ConfigurationError

__all__ = ["decoded", "encoding_of", "read_file", "read_saved", "read_text", "reason_of", "write_saved"]


def encoding_of(data: bytes) -> str:
    """Return the encoding of a text that begins so; UTF-16 is what older PowerShells write by `>`."""
    return "utf-16" if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)) else "utf-8-sig"


def decoded(data: bytes) -> str:
    """Return a text without its byte order mark; raises `UnicodeDecodeError`."""
    return data.decode(encoding_of(data))


def reason_of(error: Exception) -> str:
    """Return in a few words why a file cannot be used."""
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    return (getattr(error, "strerror", None) or str(error)).lower()


def read_text(given: str, option: str) -> str:
    """Return what an option was given as: the text itself, or that of the file behind an `@`."""
    return read_file(given[1:], option) if given.startswith("@") else given


def read_file(name: str, option: str) -> str:
    """Return the text of a file that an option names.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return decoded(Path(name).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{option} names {name!r}, which cannot be read: {reason_of(error)}"
        ) from error


def read_saved(path: Path) -> str | None:
    """Return the data that a command, or an editor, saved in a file; None if the file does not exist.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_text(encoding_of(path.read_bytes()[:2]))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {reason_of(error)}") from error


def write_saved(path: Path, text: str) -> None:
    """Replace the file; a new one is for its owner's eyes only.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        replace_file(path, [text.encode()])
    except (OSError, UnicodeEncodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {reason_of(error)}") from error
