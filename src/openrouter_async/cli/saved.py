"""What commands keep in files: read whole, and replaced whole, so that a crash leaves the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ConfigurationError

__all__ = ["check_writable", "read_saved", "write_saved"]


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
    """Replace the file; it is for its owner's eyes only.

    Raises:
        ConfigurationError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600)
        beside.write_text(text, "utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigurationError(f"{str(path)!r} cannot be written: {_reason(error)}") from error


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be added to, before anything is paid for what it is to hold.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        path.open("ab").close()
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {_reason(error)}") from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is no UTF-8 text"
