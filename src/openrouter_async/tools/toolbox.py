"""`Toolbox`: the tools of one run by name, from everything that a caller may pass as a tool."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from inspect import isroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from ..errors import ConfigurationError
from .tool import Tool, create_tool, free_name, tool

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from ..types.chat.tools import ChatTool, FunctionTool, PlainFunction

InRequestT = TypeVar("InRequestT")

LOGGER = logging.getLogger("openrouter_async")

__all__ = ["ToolLike", "ToolSource", "Toolbox", "defined", "open_toolbox"]


@runtime_checkable
class ToolSource(Protocol):
    """Something that has tools as long as it is open, such as an MCP server."""

    @property
    def name(self) -> str:
        """The prefix of its tools' names if they collide."""
        ...

    def connected(self) -> AbstractAsyncContextManager[Sequence[Tool[..., object]]]:
        """Open it, unless it is open already, and give its tools."""
        ...


ToolLike: TypeAlias = "Tool[..., object] | Callable[..., object] | PlainFunction | ToolSource | ChatTool"
"""Anything that can be passed as a tool: a tool, a function, the tools of an MCP server, or a tool of the API as a
dict; the caller answers one of type `function`."""


_NAMESPACES = ("functions.", "default_api.", "default_api:")
"""Of gpt-oss, and of Gemini."""
_LONGEST_NAME = 200
"""Characters; a name of a tool has 64 at most."""


class Toolbox:
    """The tools of one run."""

    def __init__(self, tools: Sequence[Tool[..., object]], others: Sequence[ChatTool] = ()) -> None:
        """Put the tools together.

        Raises:
            ConfigurationError: two have the same name, or the arguments of one have no schema.
        """
        self.by_name: dict[str, Tool[..., object]] = {}
        """Those that are run here."""
        for each in tools:
            if each.name in self.by_name:
                raise ConfigurationError(f"two tools are named {each.name!r}; give one another name=")
            self.by_name[each.name] = each
        self.definitions: list[ChatTool] = [*(each.definition for each in tools), *others]
        """The tools as they are sent."""

    def find(self, name: str) -> Tool[..., object] | None:
        """Return the tool that a model calls by a name; None if there is none.

        Some write the namespace with it in which their chat template lists the tools, or what follows it there.
        """
        tool = self.by_name.get(name)
        if tool is not None or len(name) > _LONGEST_NAME:
            return tool
        meant = name.partition("<|")[0].strip()
        for space in _NAMESPACES:
            meant = meant.removeprefix(space)
        return self.by_name.get(meant)


@asynccontextmanager
async def open_toolbox(tools: Sequence[ToolLike]) -> AsyncIterator[Toolbox]:
    """Give the tools, those of servers included; servers that were opened for it are closed afterwards.

    Raises:
        ConfigurationError: something is not a tool, two have the same name, or a server cannot be reached.
    """
    if isinstance(tools, str | Mapping) or not isinstance(tools, Sequence):
        kind = "Tool" if isinstance(tools, Tool) else type(tools).__name__
        raise ConfigurationError(f"tools is a {kind}; expected a list of tools")
    own: list[Tool[..., object]] = []
    others: list[ChatTool] = []
    sources: list[ToolSource] = []
    for each in tools:
        if isinstance(each, Tool):
            own.append(each)
        elif isinstance(each, Mapping):
            if each.get("type") == "function":
                own.append(_without_function(cast("FunctionTool", each)))  # by its type
            else:
                others.append(each)
        elif isinstance(each, ToolSource):
            sources.append(each)
        elif callable(each):
            own.append(tool(each))
        else:
            raise ConfigurationError(
                f"tools contains a {type(each).__name__}; expected a function, a tool, an MCP server, or a dict"
            )
    async with AsyncExitStack() as stack:
        found = [(source.name, await stack.enter_async_context(source.connected())) for source in sources]
        yield Toolbox([*own, *_without_clashes([each.name for each in own], found)], others)


def defined(tools: Sequence[InRequestT]) -> Sequence[InRequestT | FunctionTool]:
    """Return tools with the definition in place of each `Tool` and each plain function, as a request sends them."""
    if not isinstance(tools, list | tuple):
        return tools  # the check of the request decides
    made = [tool(each) if isroutine(each) or isinstance(each, partial) else each for each in tools]
    return [each.definition if isinstance(each, Tool) else each for each in made]


def _without_function(definition: Mapping[str, Any]) -> Tool[..., object]:
    """Return the tool that a dict of the API defines; the caller of the run answers its calls."""
    function = definition.get("function")
    if function is None and not {"parameters", "input_schema"}.isdisjoint(definition):  # of another dialect
        function = {"parameters": definition.get("input_schema"), **definition}
    if not isinstance(function, Mapping) or "name" not in function:
        raise ConfigurationError(
            "tools contains a dict of type 'function' whose 'function' has no name; expected one as the API takes it"
        )
    return create_tool(
        function["name"],
        function.get("description"),
        function.get("parameters"),
        strict=function.get("strict"),
        cache_control=definition.get("cache_control"),
    )


def _without_clashes(
    taken: Sequence[str], found: Sequence[tuple[str, Sequence[Tool[..., object]]]]
) -> list[Tool[..., object]]:
    """Return the tools of servers; a name that is not unique gets the server's name as a prefix.

    If that name exists too, for example by a second server of the same name, a number is appended.
    """
    names = [*taken, *(each.name for _, tools in found for each in tools)]
    used = {name for name in names if names.count(name) == 1} | {*taken}
    offered: list[Tool[..., object]] = []
    for server, tools in found:
        for each in tools:
            if names.count(each.name) == 1:
                offered.append(each)
                continue
            wanted = _prefixed(server, each.name)
            name = free_name(wanted, used)
            if name != wanted:
                LOGGER.warning("the tool %r of the MCP server %r is offered as %r", each.name, server, name)
            used.add(name)
            offered.append(each.renamed(name))
    return offered


def _prefixed(server: str, name: str) -> str:
    prefix = re.sub(r"[^A-Za-z0-9_-]+", "_", server)
    return f"{prefix[: max(1, 63 - len(name))]}_{name}"[:64]
