"""`openrouter-async config` and `aliases`: settings for all commands."""

from __future__ import annotations

from typing import Literal

from ..errors import ConfigurationError
from .common import Json
from .exit_codes import DONE, FAILED
from .output import Output
from .settings import change_setting, read_settings, settings_file

__all__ = ["aliases", "config"]

_SWITCHES = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def config(
    action: Literal["list", "set", "unset", "path"] = "list",
    name: Literal["model", "system", "log", "markdown"] | None = None,
    /,
    *value: str,
    json: Json = False,
) -> int:
    """Show and change settings: `config set model openai/gpt-5-mini`.

    Args:
        action: list all; set one; unset it again; print the path of the file, which can be edited too.
        name: model of ask, chat and batch; system prompt of ask and chat; log of prompts and answers, on or off;
            markdown drawn on a terminal, on or off.
        value: The value of the setting.
    """
    output = Output(as_json=json)
    if action == "path":
        output.write(str(settings_file()), end="\n")
    elif action == "list":
        settings = read_settings()
        names = ("model", "system", "log", "markdown")
        facts = {each: getattr(settings, each) for each in names}
        if json:
            output.json({**facts, "aliases": dict(settings.aliases)})
        else:
            output.facts({each: _shown(facts[each]) for each in names})
    elif name is None or (action == "set" and not value):
        raise ConfigurationError(f"config {action} lacks {'a name' if name is None else 'a value'}")
    else:
        change_setting(name, None if action == "unset" else _read(name, " ".join(value)))
    return DONE


def aliases(
    action: Literal["list", "set", "remove", "path"] = "list",
    name: str | None = None,
    model: str | None = None,
    /,
    *,
    json: Json = False,
) -> int:
    """Give models short names: after `aliases set mini openai/gpt-5-mini`, write `ask -m mini`.

    Args:
        action: list all; set one; remove one; print the path of the file of settings.
        name: The short name.
        model: The model that it stands for.
    """
    output = Output(as_json=json)
    known = read_settings().aliases
    match action:
        case "path":
            output.write(str(settings_file()), end="\n")
        case "list" if json:
            output.json(dict(known))
        case "list":
            output.table(("alias", "model"), sorted(known.items()))
        case "set" if name and model:
            change_setting(name, model, table="aliases")
        case "remove" if name:
            if name not in known:
                output.warn(f"there is no alias {name!r}")
                return FAILED
            change_setting(name, None, table="aliases")
        case _:
            raise ConfigurationError(
                f"aliases {action} lacks a name{' or a model' if action == 'set' else ''}"
            )
    return DONE


def _read(name: str, value: str) -> str | bool:
    if name not in ("log", "markdown"):
        return value
    if value.lower() not in _SWITCHES:
        raise ConfigurationError(f"{name} is {value!r}; expected on or off")
    return _SWITCHES[value.lower()]


def _shown(value: object) -> str:
    return "" if value is None else ("on" if value else "off") if isinstance(value, bool) else str(value)
