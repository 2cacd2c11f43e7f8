"""The `.env` of the directory a command is run in; the library itself reads none."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from dotenv import dotenv_values

from ..errors import ConfigurationError

__all__ = ["read_env_file"]

_KEYS = ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY")
_WITH_ITS_OWN_KEY = ("OPENROUTER_BASE_URL", "OPENROUTER_MODEL")


def read_env_file(path: Path = Path(".env"), environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Add the key of a `.env` to the environment, with the base URL and the model that belong to it.

    What is set in the environment stays. Base URL and model count only where every key in use is the file's own: the
    `.env` of a stranger's directory can neither send your key elsewhere nor choose what it pays for. Nothing else is
    read: the token of a server is never a file's.

    Returns:
        What was taken and what was left, for the person who runs the command: a line for each, without values.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8-sig") if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error}") from error
    has_key = any(environment.get(name) for name in _KEYS)
    brings_key = any(found.get(name) for name in _KEYS)
    taken: list[str] = []
    left: list[str] = []
    for name in (*_KEYS, *_WITH_ITS_OWN_KEY):
        value = found.get(name)
        if not value or environment.get(name):
            continue
        if name in _KEYS or (brings_key and not has_key):
            taken.append(name)
            environment[name] = value
        else:
            left.append(name)
    told = [f"from {path}: {', '.join(taken)}"] if taken else []
    if left:
        told.append(f"not taken from {path}, since the key is not from there: {', '.join(left)}")
    return told
