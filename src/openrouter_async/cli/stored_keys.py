"""The keys that `keys set` keeps: in the keyring of the system where the package `keyring` reaches one, else in a file.

A key in the environment, or in a `.env`, counts more than a kept one.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Literal, TypeAlias

from ..errors import ConfigurationError
from .files import read_saved, write_saved
from .places import config_dir, make_private
from .toml_text import with_value

__all__ = ["NAMES", "KeyName", "find_key", "forget_key", "keep_key", "kept_where", "key_file", "known_keys"]

KeyName: TypeAlias = Literal["inference", "management"]
NAMES: dict[KeyName, str] = {
    "inference": "OPENROUTER_API_KEY",
    "management": "OPENROUTER_MANAGEMENT_KEY",
}
"""The names of keys -> the variables of the environment that count more."""
SERVICE = "openrouter-async"
"""Under which the keyring has them."""


def key_file() -> Path:
    """Return the file of the keys, which may not exist."""
    return config_dir() / "keys.toml"


def find_key(variable: str) -> str | None:
    """Return the key for a variable of the environment: the variable's value, or the key that is kept."""
    name = next(name for name, of in NAMES.items() if of == variable)
    return os.environ.get(variable) or _in_file().get(name) or _in_keyring(name)


def known_keys() -> list[str]:
    """Return the keys in the environment and in the file."""
    in_environment = (os.environ.get(variable) for variable in NAMES.values())
    return [key for key in (*in_environment, *_in_file().values()) if key]


def kept_where(name: KeyName) -> str | None:
    """Return where a key is kept, `file` or `keyring`; None where it is not."""
    if name in _in_file():
        return "file"
    return "keyring" if _in_keyring(name) else None


def keep_key(name: KeyName, key: str) -> str:
    """Keep a key, and return where.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    keyring = _keyring()
    if keyring is not None:
        try:
            keyring.set_password(SERVICE, name, key)
        except keyring.errors.KeyringError:
            pass  # a locked or missing store: the file is the other place
        else:
            _write(name, None)
            return "keyring"
    _write(name, key)
    return "file"


def forget_key(name: KeyName) -> bool:
    """Remove a key from its storage; False if it was not stored."""
    was = kept_where(name)
    _write(name, None)
    keyring = _keyring()
    if keyring is not None and _in_keyring(name):
        try:
            keyring.delete_password(SERVICE, name)
        except keyring.errors.KeyringError as error:
            raise ConfigurationError(f"the keyring does not remove the key: {error}") from error
    return was is not None


def _in_file() -> dict[str, str]:
    text = read_saved(key_file())
    try:
        found = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{str(key_file())!r} is not valid TOML; set the keys again after removing it"
        ) from error
    return {name: key for name, key in found.items() if isinstance(key, str)}


def _write(name: KeyName, key: str | None) -> None:
    text = read_saved(key_file())
    if key is None and name not in _in_file():
        return
    try:
        make_private(key_file().parent)
        changed = with_value(text or "", None, name, key)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{str(key_file())!r} cannot be changed: {type(error).__name__}") from error
    write_saved(key_file(), changed)
    key_file().chmod(0o600)


def _keyring() -> ModuleType | None:
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]  # used where it is installed
        import keyring.errors  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    module: ModuleType = keyring
    return module


def _in_keyring(name: str) -> str | None:
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        found = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError:
        return None
    return found if isinstance(found, str) and found else None
