"""The commands of `openrouter-async`, each loaded when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from .._version import __version__
from ..errors import ConfigurationError, OpenRouterError

__all__ = ["app", "run"]

app = App(
    name="openrouter-async",
    help="Chat with 400+ models of OpenRouter, or with an emulator of it that needs no key.",
    version=__version__,
    result_action="return_value",
)

_COMMANDS = {
    "demo": "Watch the library at work, on the emulator or, with --live, on OpenRouter.",
    "emulate": "Serve an OpenRouter on this machine, for developing and testing without a key.",
}

for _name, _help in _COMMANDS.items():
    app.command(f"openrouter_async.cli.{_name}:{_name}", name=_name, help=_help)


def run(arguments: Sequence[str]) -> int:
    """Run one command, and return its exit code: 0 done, 1 failed, 2 the call was wrong, 130 interrupted."""
    try:
        result = app(list(arguments), exit_on_error=False)
    except CycloptsError:
        return 2  # it was printed
    except KeyboardInterrupt:
        return 130
    except ConfigurationError as error:
        print(f"openrouter-async: {error}", file=sys.stderr)
        return 2
    except OpenRouterError as error:
        print(f"openrouter-async: {error}", file=sys.stderr)
        return 1
    return result if isinstance(result, int) else 0
