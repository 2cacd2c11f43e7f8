"""`--tool` and `--mcp`: functions and servers of tools, and the question whether a call may run."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path

from .._extras import needs_extra
from ..errors import ConfigurationError
from ..tools.approval import PausedRun
from ..tools.tool import Tool, tool
from ..tools.toolbox import ToolLike
from ..types.chat.server_tools import web_search
from .output import Output, printable
from .streams import notes

__all__ = ["Approvals", "tools_of"]


def tools_of(functions: Sequence[str], servers: Sequence[str], *, web: bool, ask: bool) -> list[ToolLike]:
    """Return the tools of a request; with `ask`, each call of a function or of a server waits for a decision.

    Raises:
        ConfigurationError: a function cannot be found.
    """
    tools: list[ToolLike] = [_function(given, ask=ask) for given in functions]
    if servers:
        with needs_extra("mcp", "--mcp"):
            from ..tools.mcp import MCPServer
        for given in servers:
            if given.startswith(("http://", "https://")):
                tools.append(MCPServer.http(given, needs_approval=ask))
                continue
            try:
                command = shlex.split(given, posix=sys.platform != "win32")
            except ValueError as error:
                raise ConfigurationError(f"--mcp {given!r} is not a command: {str(error).lower()}") from error
            if not command:
                raise ConfigurationError("--mcp is empty; expected the command of a server, or its URL")
            tools.append(MCPServer.stdio(*command, needs_approval=ask))
    if web:
        tools.append(web_search())
    return tools


def _function(given: str, *, ask: bool) -> ToolLike:
    module, colon, name = given.partition(":")
    if not (module and colon and name):
        raise ConfigurationError(f"--tool is {given!r}; expected module:function")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does
    try:
        found: object = importlib.import_module(module.removesuffix(".py"))
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ConfigurationError(f"--tool {given!r} cannot be found: {error}") from error
    if isinstance(found, Tool):
        found = copy(found)
    elif callable(found):
        found = tool(found)
    else:
        raise ConfigurationError(f"--tool {given!r} is a {type(found).__name__}; expected a function")
    if ask:
        found.needs_approval = True
    return found


class Approvals:
    """Asks at the terminal whether a tool may run; `always` counts for its later calls too."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._always: set[str] = set()

    def __call__(self, paused: PausedRun, /) -> PausedRun:
        """Return the run with a decision about each call; without a terminal none may run."""
        for waiting in paused.undecided:
            call = waiting.call
            if call.name in self._always:
                paused = paused.approve(call.id)
                continue
            match self._asked(f"{call.name}({call.arguments})"):
                case "a":
                    self._always.add(call.name)
                    paused = paused.approve(call.id)
                case "y":
                    paused = paused.approve(call.id)
                case _:
                    paused = paused.reject(call.id, reason="the user did not allow this call")
        return paused

    def _asked(self, what: str) -> str:
        if not sys.stdin.isatty():
            self._output.warn(
                f"{what} was not run, since there is no terminal to ask at; --yes runs tools without asking"
            )
            return "n"
        while True:
            notes.write(f"run {printable(what)}? [y]es, [n]o, [a]lways: ")
            notes.flush()
            answer = sys.stdin.readline()
            if not answer:
                return "n"
            if answer.strip().lower() in ("y", "yes", "n", "no", "a", "always"):
                return answer.strip().lower()[0]
