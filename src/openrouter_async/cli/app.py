"""The commands of `openrouter-async`, each loaded when it is used, and the `.env` of the directory they are run in."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import MutableMapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from cyclopts import CycloptsError, Parameter
from dotenv import dotenv_values

from .._version import __version__
from ..errors import APIStatusError, ConfigurationError, OpenRouterError
from .completion import CommandLine
from .ending import obeying
from .exit_codes import DONE, FAILED, MISTAKE, PIPE_CLOSED, exit_code_of, interrupted
from .files import encoding_of, reason_of
from .output import Output, printable, to_json
from .places import answers_file
from .streams import ReaderGone, console, notes, prepare, results

__all__ = ["app", "completion", "read_env_file", "run"]

app = CommandLine(
    name="openrouter-async",
    help="Chat with 400+ models of OpenRouter, or with an emulator of it that needs no key.",
    version=__version__,
    result_action="return_value",
    default_parameter=Parameter(negative_iterable=()),
    console=console(results),
    suppress_keyboard_interrupt=False,  # `run` says by its exit code what ended it
)

_KEYS = ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY")
_WITH_ITS_OWN_KEY = ("OPENROUTER_BASE_URL", "OPENROUTER_MODEL")

_SEVERAL = {
    "account": {"credits", "generation", "key"},
    "config": {"aliases", "config"},
    "media": {"image", "rerank", "speak", "transcribe"},
}
"""Modules with several commands."""
_COMMANDS = {
    "aliases": "Give models short names.",
    "ask": "Ask a model one question.",
    "batch": "Ask a model every prompt of a file.",
    "cache": "Look into a file of kept answers, or make it smaller.",
    "chat": "Talk with a model.",
    "config": "Show and change the settings of all commands.",
    "credits": "Show the credits of the account: bought, used, left.",
    "demo": "Watch the library at work, on the emulator or, with --live, on OpenRouter.",
    "emulate": "Serve an OpenRouter on this machine, for developing and testing without a key.",
    "generation": "Show the cost and the outcome of one call.",
    "image": "Make an image.",
    "keys": "Keep your keys, so you need not set a variable.",
    "key": "Show the limit and the spending of the key.",
    "logs": "List, show and search prompts and answers.",
    "models": "List models: search, filter, sort.",
    "rerank": "Sort documents by how well they answer a query.",
    "serve": "Chat in the browser, and give other programs an API, on this machine.",
    "speak": "Speak a text.",
    "templates": "Keep prompts for later, with variables.",
    "transcribe": "Write a recording as text.",
}

for _name, _help in _COMMANDS.items():
    _module = next((module for module, names in _SEVERAL.items() if _name in names), _name)
    app.command(f"openrouter_async.cli.{_module}:{_name}", name=_name, help=_help)


@app.command(help="Print a script that completes commands and names of models in your shell.")
def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the script that completes commands, options and names of models.

    Put `source <(openrouter-async completion bash)` into ~/.bashrc, the same with zsh behind compinit into ~/.zshrc, or
    write `openrouter-async completion fish > ~/.config/fish/completions/openrouter-async.fish`.

    Args:
        shell: The shell.
    """
    Output().write(app.generate_completion(shell=shell))


app.register_install_completion_command()


def run(arguments: Sequence[str]) -> int:
    """Run one command, and return its exit code; see `exit_codes`."""
    try:
        with obeying():
            prepare()
            code = _run(arguments)
            results.flush()
    except ReaderGone:
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return interrupted()
    except BaseExceptionGroup as group:  # a second Ctrl-C, which met tasks that were ending
        if group.subgroup(KeyboardInterrupt) is None:
            raise
        return interrupted()
    if results.failure:
        print(f"openrouter-async: {results.failure}; its output is written above", file=notes)
        return code or FAILED
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        for line in read_env_file():
            print(f"openrouter-async: {printable(line)}", file=notes)
        _check_command(arguments)
        if arguments and arguments[0] in _COMMANDS and not {"--help", "-h"}.isdisjoint(arguments):
            app[arguments[0]].help = None  # its docstring, which has more than the line in the list
        result = app(_joined(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _report(_as_ours(error), as_json="--json" in arguments)
        return MISTAKE
    except OpenRouterError as error:
        _report(error, as_json="--json" in arguments)
        return exit_code_of(error)
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        too_many = ConfigurationError(
            "no more files can be opened; raise the limit (ulimit -n), or ask less at once"
        )
        _report(too_many, as_json="--json" in arguments)
        return FAILED
    return result if isinstance(result, int) else DONE


def _joined(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with two options and their values as one word, which the parser cannot take as they are.

    It takes the `-` of `-a -` for another option. And `--cache` may lack its value: what follows is a file only if it
    looks like the path of one, with a dot or a slash and no space; else the file is that of the user.
    """
    end = [*arguments, "--"].index("--")
    words, rest = list(arguments[:end]), arguments[end:]
    joined: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("-a", "--attach") and words[:1] == ["-"]:
            word = f"--attach={words.pop(0)}"
        elif word == "--cache" and joined[:1] in (["ask"], ["batch"]):
            is_file = bool(words) and _PATH.fullmatch(words[0]) is not None
            word = f"--cache={words.pop(0) if is_file else answers_file()}"
        joined.append(word)
    return [*joined, *rest]


_PATH = re.compile(r"(?!-)\S*[./\\]\S*")


def read_env_file(path: Path = Path(".env"), environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Add the key of a `.env` to the environment, with the base URL and the model that belong to it.

    Existing variables stay. Base URL and model are used only if every key in use is the file's own: the `.env` of a
    foreign directory can neither send your key elsewhere nor choose which model you pay for. Nothing else is read:
    never the token of a server.

    Returns:
        The settings that were used and ignored, for the person who runs the command: one line each, without values.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        encoding = encoding_of(path.read_bytes()[:2]) if path.is_file() else None
        found = dotenv_values(path, interpolate=False, encoding=encoding) if encoding else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {reason_of(error)}") from error
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


def _check_command(arguments: Sequence[str]) -> None:
    """Refuse a word that is not a command; commands are loaded late, so the parser does not know them all."""
    names = sorted([*_COMMANDS, "completion"])
    if arguments and not arguments[0].startswith("-") and arguments[0] not in names:
        near = get_close_matches(arguments[0], names, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"available commands: {', '.join(names)}"
        raise ConfigurationError(f'unknown command "{arguments[0]}"; {hint}; see openrouter-async --help')


def _as_ours(error: CycloptsError) -> ConfigurationError:
    """Return a wrong call as one line in our words, with the command whose help tells how to call it."""
    text = re.sub(r"(?<!\.)\.$", "", " ".join(str(error).split()))
    text = re.sub(r"^[A-Z]|\. [A-Z]", lambda start: start[0].replace(".", ";").lower(), text)
    called = " ".join(("openrouter-async", *(error.command_chain or ())))
    return ConfigurationError(f"{text}; see {called} --help")


def _report(error: OpenRouterError, *, as_json: bool) -> None:
    """Write the error to standard error: a line of text, or of JSON."""
    if not as_json:
        print(f"openrouter-async: {printable(str(error))}", file=notes)
        return
    facts: dict[str, object] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, APIStatusError):
        facts |= {"status": error.status, "code": error.code, "provider": error.provider}
    facts |= {"generation_id": error.generation_id, "retry_after": error.retry_after}
    known = {name: value for name, value in facts.items() if value is not None}
    print(to_json({"error": known}, to=notes), file=notes)
