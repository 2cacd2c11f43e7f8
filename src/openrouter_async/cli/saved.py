"""What commands keep in files: read whole, and replaced whole, so that a crash leaves the old one or the new one."""

from __future__ import annotations

from pathlib import Path

from .._files import replace_file
from ..errors import ConfigurationError

__all__ = ["read_saved", "write_saved"]


def read_saved(path: Path) -> str | None:
    """Return what a file holds; None where there is none yet.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {_reason(error)}") from error


def write_saved(path: Path, text: str) -> None:
    """Replace the file; a new one is for its owner's eyes only.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        replace_file(path, [text.encode()])
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {_reason(error)}") from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8 text"
