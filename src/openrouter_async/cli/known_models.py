"""Names of models for the completion of shells: those that the service listed last, else those of the package.

A shell asks at each press of a key, so this loads nothing of the library.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from .._files import replace_file
from .places import cache_dir, config_dir, make_private

__all__ = ["complete", "remember"]


def complete(begin: str) -> list[str]:
    """Return the names that begin so, or else have it anywhere: aliases of the user, then models."""
    names = [*_aliases(), *_models()]
    low = begin.lower()
    starting = [name for name in names if name.lower().startswith(low)]
    return starting or [name for name in names if low in name.lower()]


def remember(names: Iterable[str]) -> None:
    """Keep the whole list of models, where that is possible."""
    with suppress(OSError):  # the list of the package is the next best
        make_private(_file().parent)
        replace_file(_file(), ["".join(f"{name}\n" for name in names if name.isprintable()).encode()])


def _file() -> Path:
    return cache_dir() / "models.txt"


def _models() -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        found = _file().read_text("utf-8").split()
        if found:
            return found
    snapshot = json.loads((files("openrouter_async.catalogue") / "snapshot.json").read_bytes())
    return [str(model["id"]) for model in snapshot["models"]]


def _aliases() -> list[str]:
    with suppress(OSError, ValueError):  # a mistake in the file is told by the commands that need it
        aliases = tomllib.loads((config_dir() / "config.toml").read_text("utf-8")).get("aliases")
        return [name for name in aliases if isinstance(name, str)] if isinstance(aliases, dict) else []
    return []
