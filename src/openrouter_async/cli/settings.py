"""`Settings`: the decisions of the user for all commands, in `config.toml` in their directory of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from ..errors import ConfigurationError
from .files import read_saved, write_saved
from .places import config_dir, make_private
from .toml_text import with_value

__all__ = ["Settings", "alias_or", "change_setting", "chosen_model", "read_settings", "settings_file"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, with their defaults."""

    model: str | None = None
    """The model of `ask`, `chat`, `batch` and `serve`, where neither an option nor OPENROUTER_MODEL names one."""
    system: str | None = None
    """The system prompt of `ask` and `chat` without an option for it."""
    log: bool = True
    """Whether prompts and answers are logged."""
    markdown: bool = True
    """Whether answers are drawn on a terminal."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Short names of models."""


_KINDS: dict[str, type] = {"model": str, "system": str, "log": bool, "markdown": bool, "aliases": dict}
_WORDS = {str: "text", bool: "true or false", dict: "a table of names and models"}


def settings_file() -> Path:
    """Return the file of the settings, which may not exist."""
    return config_dir() / "config.toml"


def read_settings() -> Settings:
    """Return the settings.

    Raises:
        ConfigurationError: the file cannot be read, or has something that is not a setting.
    """
    path = settings_file()
    text = read_saved(path)
    return Settings() if text is None else _settings(text, path)


def _settings(text: str, path: Path) -> Settings:
    where = repr(str(path))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where} is not valid TOML: {str(error).lower()}") from error
    for name, value in found.items():
        if name not in _KINDS:
            near = get_close_matches(name, _KINDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(_KINDS)}"
            raise ConfigurationError(f"{where} has {name!r}, which is not a setting; {hint}")
        kind = _KINDS[name]
        if not isinstance(value, kind):
            raise ConfigurationError(f"{where} has {name} = {value!r}; expected {_WORDS[kind]}")
    for name, model in found.get("aliases", {}).items():
        if not isinstance(model, str):
            raise ConfigurationError(f"{where} has the alias {name!r} for {model!r}; expected a model")
    return Settings(**found)


def change_setting(name: str, value: str | bool | None, *, table: str | None = None) -> None:
    """Write one setting into the file, or with None take it out; the rest of the file stays as it is.

    Raises:
        ConfigurationError: the value is not allowed, or the file cannot be changed.
    """
    path = settings_file()
    text = read_saved(path) or ""
    _settings(text, path)
    try:
        changed = with_value(text, table, name, value)
    except ValueError as error:
        raise ConfigurationError(f"{str(path)!r} must be edited by hand: {error}") from error
    _settings(changed, path)
    try:
        make_private(path.parent)
    except OSError as error:
        raise ConfigurationError(f"{str(path.parent)!r} cannot be made: {error.strerror}") from error
    write_saved(path, changed)


def chosen_model(given: str | None) -> str | None:
    """Return the model for a request: the one that was given, else that of the settings, by its own name."""
    settings = read_settings()
    name = given or settings.model
    return name and settings.aliases.get(name, name)


def alias_or(model: str) -> str:
    """Return the model that a name stands for: itself, unless it is an alias."""
    return read_settings().aliases.get(model, model)
