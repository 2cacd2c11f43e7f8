"""The commands of `openrouter-async`, each loaded when it is used."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from .._extras import needs_extra
from .._version import __version__
from ..errors import APIStatusError, ConfigurationError, OpenRouterError
from .exit_codes import DONE, FAILED, INTERRUPTED, MISTAKE, PIPE_CLOSED, exit_code_of
from .output import printable, to_json
from .streams import ReaderGone, console, notes, prepare, results

__all__ = ["app", "run"]

app = App(
    name="openrouter-async",
    help="Chat with 400+ models of OpenRouter, or with an emulator of it that needs no key.",
    version=__version__,
    result_action="return_value",
    default_parameter=Parameter(negative_iterable=()),
    console=console(results),
)

_COMMANDS = {
    "ask": "Ask a model one question.",
    "batch": "Ask a model every prompt of a file.",
    "chat": "Talk with a model.",
    "credits": "Show what the account bought, used, and has left.",
    "demo": "Watch the library at work, on the emulator or, with --live, on OpenRouter.",
    "emulate": "Serve an OpenRouter on this machine, for developing and testing without a key.",
    "generation": "Show what one call cost, and how it went.",
    "key": "Show what the key may spend, and has spent.",
    "models": "List models: search, filter, sort.",
    "serve": "Chat in the browser, and give other programs an API, on this machine.",
}

for _name, _help in _COMMANDS.items():
    app.command(f"openrouter_async.cli.{_name}:{_name}", name=_name, help=_help)
app.register_install_completion_command()


def run(arguments: Sequence[str]) -> int:
    """Run one command, and return its exit code; see `exit_codes`."""
    prepare()
    code = _run(arguments)
    try:
        results.flush()
    except ReaderGone:
        return PIPE_CLOSED
    if results.failure:
        print(f"openrouter-async: {results.failure}; what it was to hold stands above", file=notes)
        return code or FAILED
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        with needs_extra("cli", "the command line"):
            from .environment import read_env_file
        for line in read_env_file():
            print(f"openrouter-async: {printable(line)}", file=notes)
        if arguments and arguments[0] in _COMMANDS and not {"--help", "-h"}.isdisjoint(arguments):
            app[arguments[0]].help = None  # its docstring, which has more than the line in the list
        result = app(list(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _report(_as_ours(error), as_json="--json" in arguments)
        return MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except ReaderGone:
        return PIPE_CLOSED
    except OpenRouterError as error:
        _report(error, as_json="--json" in arguments)
        return exit_code_of(error)
    return result if isinstance(result, int) else DONE


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
