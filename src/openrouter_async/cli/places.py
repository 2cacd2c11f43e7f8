"""Directories of the command: for settings, templates and keys; for the log; for files to download again.

They follow the XDG base directories; on Windows they are below the directories for the settings and the data of
programs. Only their owner can read the directories that it creates.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["answers_file", "cache_dir", "config_dir", "data_dir", "make_private"]

_NAME = "openrouter-async"


def config_dir() -> Path:
    """Return the directory of the settings, which may not exist yet."""
    return _base("XDG_CONFIG_HOME", "APPDATA", ".config") / _NAME


def data_dir() -> Path:
    """Return the directory of the log, which may not exist yet."""
    return _base("XDG_DATA_HOME", "LOCALAPPDATA", ".local/share") / _NAME


def cache_dir() -> Path:
    """Return the directory of files that can be downloaded again; it may not exist yet."""
    return _base("XDG_CACHE_HOME", "LOCALAPPDATA", ".cache") / _NAME


def answers_file() -> Path:
    """Return the local cache of the commands, which may not exist yet."""
    return cache_dir() / "answers.sqlite"


def make_private(directory: Path) -> None:
    """Make a directory for its owner alone, unless it is there; raises `OSError`."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _base(variable: str, on_windows: str, in_home: str) -> Path:
    given = os.environ.get(variable, "")
    if Path(given).is_absolute():  # the standard ignores other values
        return Path(given)
    if sys.platform == "win32" and os.environ.get(on_windows):
        return Path(os.environ[on_windows])
    return Path.home() / in_home
