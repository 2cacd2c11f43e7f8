"""The `.env` of the directory a command is run in; the library itself reads none."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from dotenv import dotenv_values

from ..errors import ConfigurationError

__all__ = ["read_env_file"]

_PREFIX = "OPENROUTER_"
_KEYS = ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY")
_WHERE = "OPENROUTER_BASE_URL"


def read_env_file(path: Path = Path(".env"), environment: MutableMapping[str, str] = os.environ) -> None:
    """Add the settings of a `.env` to the environment: those named `OPENROUTER_…` that are not set there.

    The base URL of a file counts only where no key is set in the environment: the `.env` of a stranger's directory
    must not be able to send your key elsewhere.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8-sig") if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error}") from error
    has_key = any(environment.get(name) for name in _KEYS)
    for name, value in found.items():
        if not name.startswith(_PREFIX) or not value or environment.get(name):
            continue
        if name == _WHERE and has_key:
            continue
        environment[name] = value
