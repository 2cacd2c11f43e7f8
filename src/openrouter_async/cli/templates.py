"""`openrouter-async templates`: prompts that are used again, with variables.

A template is a TOML file with `prompt`, `system`, `model`, and tables `defaults` of variables and `options` of the
request. `$name` is a variable, `$input` what the command line says, and `$$` a dollar sign.
"""

from __future__ import annotations

import json as json_text
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template as Text
from typing import Annotated, Literal

from cyclopts import Parameter

from .._files import claim
from ..errors import ConfigurationError
from .common import Json, System
from .exit_codes import DONE
from .files import read_saved, read_text, write_saved
from .output import Output
from .places import config_dir, make_private

__all__ = ["Template", "read_template", "templates"]

_NAME = re.compile(r"[\w-][\w.-]*")
_KINDS = {"prompt": str, "system": str, "model": str, "defaults": dict, "options": dict}
INPUT = "input"
"""The variable that stands for what the command line says."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template; an empty one changes nothing."""

    prompt: str | None = None
    system: str | None = None
    model: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)

    def prompt_with(self, given: str, variables: Mapping[str, str]) -> str:
        """Return the prompt, followed by the given text if it has no `$input`.

        Raises:
            ConfigurationError: a variable has no value.
        """
        if self.prompt is None:
            return given
        takes_input = INPUT in _variables(self.prompt)
        text = self._filled(self.prompt, {**variables, **({INPUT: given} if given or takes_input else {})})
        return text if takes_input or not given else f"{text}\n\n{given}"

    def system_with(self, variables: Mapping[str, str]) -> str | None:
        """Return the system prompt; fails as `prompt_with`."""
        return None if self.system is None else self._filled(self.system, variables)

    def _filled(self, text: str, variables: Mapping[str, str]) -> str:
        values = {**self.defaults, **variables}
        missing = [name for name in _variables(text) if name not in values]
        if missing:
            raise ConfigurationError(
                f"the template needs a value for {missing[0]!r}; give --param {missing[0]} VALUE"
            )
        try:
            return Text(text).substitute(values)
        except ValueError as error:
            raise ConfigurationError(
                f"the template has a $ that begins no variable; write $$: {error}"
            ) from error


def _variables(text: str) -> list[str]:
    return list(dict.fromkeys(Text(text).get_identifiers()))


def _file(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a template; expected letters, digits, -, _ and ."
        )
    return config_dir() / "templates" / f"{name}.toml"


def read_template(name: str) -> Template:
    """Return a template by its name.

    Raises:
        ConfigurationError: it does not exist, or its file is not a template.
    """
    text = read_saved(_file(name))
    if text is None:
        known = ", ".join(_names()) or "none"
        raise ConfigurationError(f"there is no template {name!r}; there are: {known}")
    return _template(text, str(_file(name)))


def _template(text: str, where: str) -> Template:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where!r} is not valid TOML: {str(error).lower()}") from error
    for key, value in found.items():
        if key not in _KINDS or not isinstance(value, _KINDS[key]):
            raise ConfigurationError(
                f"{where!r} has {key} = {value!r}; expected prompt, system and model as text,"
                " defaults and options as tables"
            )
    defaults = {key: str(value) for key, value in found.get("defaults", {}).items()}
    return Template(**{**found, "defaults": defaults})


def _names() -> list[str]:
    return sorted(path.stem for path in (config_dir() / "templates").glob("*.toml"))


def templates(
    action: Literal["list", "show", "edit", "save", "path", "remove"] = "list",
    name: str | None = None,
    /,
    *prompt: str,
    model: Annotated[
        str | None, Parameter(name=["--model", "-m"], help="The model of one that is saved.")
    ] = None,
    system: System = None,
    json: Json = False,
) -> int:
    """Keep prompts for `ask --template NAME`.

    In a template `$name` is a variable, which `--param name VALUE` sets, and `$input` is what `ask` is given.

    Args:
        action: list all; show one; edit it in $EDITOR; save a new one; print the path of their directory; remove one.
        name: The template.
        prompt: The prompt of one that is saved.
    """
    output = Output(as_json=json)
    if action == "path":
        output.write(str(config_dir() / "templates"), end="\n")
        return DONE
    if action == "list":
        found = [(each, read_template(each)) for each in _names()]
        if json:
            output.json(
                [
                    {"name": each, "prompt": t.prompt, "system": t.system, "model": t.model}
                    for each, t in found
                ]
            )
        else:
            rows = [(each, " ".join((t.prompt or t.system or "").split())) for each, t in found]
            output.table(("name", "prompt"), rows, dim=("prompt",))
        return DONE
    if name is None:
        raise ConfigurationError(
            f"templates {action} has no name; write openrouter-async templates {action} NAME"
        )
    path = _file(name)
    match action:
        case "show":
            read_template(name)
            output.write(path.read_text("utf-8"))
        case "save":
            _claim_new(path)
            given = {
                "prompt": " ".join(prompt) or None,
                "system": system and read_text(system, "--system"),
                "model": model,
            }
            if not any(given.values()):
                raise ConfigurationError("the template is empty; give a prompt, --system or --model")
            lines = [
                f"{key} = {json_text.dumps(value, ensure_ascii=False)}\n"
                for key, value in given.items()
                if value
            ]
            _template("".join(lines), str(path))
            write_saved(path, "".join(lines))
            output.note(f"saved in {path}")
        case "edit":
            if not path.exists():
                _claim_new(path)
                write_saved(path, 'prompt = """\n$input\n"""\n')
            _edit(path)
            read_template(name)
        case "remove":
            read_template(name)
            path.unlink()
    return DONE


def _claim_new(path: Path) -> None:
    """Make the directory of the templates, and refuse to overwrite one."""
    try:
        make_private(path.parent)
    except OSError as error:
        raise ConfigurationError(f"{str(path.parent)!r} cannot be made: {error.strerror}") from error
    claim(path)


def _edit(path: Path) -> None:
    editor = (
        os.environ.get("VISUAL")
        or os.environ.get("EDITOR")
        or ("notepad" if sys.platform == "win32" else "vi")
    )
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the editor {editor!r} cannot be started: {error}; set EDITOR") from error
    if done.returncode:
        raise ConfigurationError(f"the editor {editor!r} failed with exit code {done.returncode}")
