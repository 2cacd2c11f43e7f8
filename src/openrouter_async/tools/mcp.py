"""`MCPServer`: the tools of a server that speaks the Model Context Protocol. Needs the extra `mcp`.

The session lives in a task of its own, which nothing that goes wrong in it can leave: a server that dies ends that
task, and calls after it fail, which is a result for the model like any other failure of a tool.
Specification: <https://modelcontextprotocol.io>.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit, urlunsplit

import anyio
from anyio.abc import TaskGroup

from .._extras import needs_extra
from ..errors import ConfigurationError
from .mcp_content import content_of_result
from .schema import ArgumentSchema
from .tool import NeedsApproval, Progress, Tool, ToolSettings, free_name

if TYPE_CHECKING:
    from typing import Self

    import mcp
    import mcp.types
    from typing_extensions import Unpack

__all__ = ["MCPParams", "MCPServer"]

LOGGER = logging.getLogger("openrouter_async")

MAX_PAGES = 100
"""Pages of a list of tools; a server that has more, or names one twice, does not end it."""
MAX_TOOLS = 1_000
"""Tools of one server."""

CLOSE_S = 5.0
"""Seconds a server gets to end; then its session is cut off."""


class MCPParams(TypedDict, total=False):
    """Keyword arguments of `MCPServer`, of `stdio` and of `http`, besides `name`."""

    only: Sequence[str] | None
    """Names of the tools that are offered to the model; default: all."""
    needs_approval: NeedsApproval
    """True: a run pauses before each call of its tools, until someone has decided. A function decides by the call."""
    timeout: float | None
    """Seconds a call may take; default: `tool_timeout` of the run."""
    connect_timeout: float
    """Seconds until its tools must be known. Default 30."""


class MCPServer:
    """A server whose tools a run may call: started as a process, or reached by HTTP.

    ```python
    files = MCPServer.stdio("mcp-server-files", "/srv/data")
    run = await client.chat.run("Which logs are there?", tools=[files])
    ```

    Each run it is given to opens one for itself, and closes it. To keep one open over several, open it yourself:
    `async with files: ...`.
    """

    def __init__(self, target: object, *, name: str, **params: Unpack[MCPParams]) -> None:
        """Use `MCPServer.stdio` or `MCPServer.http`; `target` is what `mcp.Client` takes, such as another transport.

        Args:
            target: What to connect to.
            name: Stands before the names of its tools where those clash with others.
            params: See `MCPParams`.

        Raises:
            ConfigurationError: a parameter is not one of `MCPParams`.
        """
        for unknown in params.keys() - MCPParams.__optional_keys__:
            known = ", ".join(sorted(MCPParams.__optional_keys__))
            raise ConfigurationError(f"MCPServer has no parameter {unknown!r}; expected one of {known}")
        only = params.get("only")
        self._target = target
        self.name = name
        """The prefix of its tools' names if they collide."""
        self._only = None if only is None else frozenset(only)
        self._tool_settings: ToolSettings = {
            "needs_approval": params.get("needs_approval", False),
            "timeout": params.get("timeout"),
        }
        self._connect_timeout = params.get("connect_timeout", 30.0)
        self._group: TaskGroup | None = None
        self._session: mcp.Client | None = None
        self._leave = anyio.Event()
        self._ended = anyio.Event()
        self._failure: Exception | None = None
        self._tools: list[Tool[..., object]] = []

    @classmethod
    def stdio(
        cls,
        command: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        name: str | None = None,
        **params: Unpack[MCPParams],
    ) -> Self:
        """Return a server that is started as a process, and spoken to over its standard input and output.

        Args:
            command: The program.
            args: Its arguments.
            env: Set besides the few variables that are passed on, such as `PATH` and `HOME`.
            cwd: Where it is started.
            name: Stands before the names of its tools where those clash with others; default: the program's.
            params: See `MCPParams`.

        Raises:
            ConfigurationError: the extra `mcp` is not installed.
        """
        with needs_extra("mcp", "an MCP server"):
            from mcp import StdioServerParameters
        target = StdioServerParameters(
            command=command, args=[*args], env=None if env is None else dict(env), cwd=cwd
        )
        return cls(target, name=name or Path(command).stem, **params)

    @classmethod
    def http(
        cls,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        name: str | None = None,
        **params: Unpack[MCPParams],
    ) -> Self:
        """Return a server that is reached by streamable HTTP.

        Args:
            url: Its endpoint, e.g. `https://example.com/mcp`.
            headers: Sent with each request, e.g. `Authorization`.
            name: Stands before the names of its tools where those clash with others; default: the host's.
            params: See `MCPParams`.

        Raises:
            ConfigurationError: the extra `mcp` is not installed.
        """
        with needs_extra("mcp", "an MCP server"):
            import mcp  # noqa: F401 - whether it is there
        host = url.partition("://")[2].partition("/")[0].partition(":")[0]
        return cls(_HTTPTarget(url, dict(headers or {})), name=name or host or "mcp", **params)

    @property
    def tools(self) -> Sequence[Tool[..., object]]:
        """Its tools; none before it is open."""
        return self._tools

    # Its life

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Sequence[Tool[..., object]]]:
        """Give its tools; where it is not open, those of one that is opened and closed here, as runs may overlap."""
        if self._group is not None:
            yield self._tools
        else:
            async with copy(self) as own:
                yield own._tools

    async def __aenter__(self) -> Self:
        """Start or reach the server, and ask for its tools.

        Raises:
            ConfigurationError: it is open already, cannot be reached, or its tools cannot be read.
        """
        if self._group is not None:
            raise ConfigurationError(f"the MCP server {self.name!r} is open already")
        self._leave, self._ended = anyio.Event(), anyio.Event()
        self._failure = None
        ready = anyio.Event()
        self._group = await anyio.create_task_group().__aenter__()
        self._group.start_soon(self._serve, ready, name=f"MCP server {self.name}")
        try:
            await ready.wait()
        except BaseException:
            await self._close()
            raise
        if self._session is None:
            failure = self._failure
            await self._close()
            where = f" at {self._target.address}" if isinstance(self._target, _HTTPTarget) else ""
            raise ConfigurationError(
                f"the MCP server {self.name!r}{where} returned no tools: {_said(failure)}"
            ) from failure
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        group, self._group = self._group, None
        if group is None:
            return
        self._leave.set()
        with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_S):
            await self._ended.wait()
        group.cancel_scope.cancel()
        # What went wrong in the block is not told to the group, which would wrap it.
        await group.__aexit__(None, None, None)

    async def _serve(self, ready: anyio.Event) -> None:
        """Hold the session until it is to be left, or fails; in a scope that only its own end can cancel."""
        try:
            with anyio.CancelScope(shield=True) as scope:
                scope.deadline = anyio.current_time() + self._connect_timeout
                await self._hold(ready, scope)
            if not ready.is_set():
                self._failure = TimeoutError(f"no answer within {self._connect_timeout:g} s")
        except Exception as error:  # noqa: BLE001 - told to whoever opens it, or calls a tool of it
            self._failure = error
        finally:
            self._session = None
            self._ended.set()
            ready.set()

    async def _hold(self, ready: anyio.Event, scope: anyio.CancelScope) -> None:
        import mcp

        async with AsyncExitStack() as stack:
            target = self._target
            if isinstance(target, _HTTPTarget):
                target = await target.open(stack)
            session = await stack.enter_async_context(mcp.Client(target))  # type: ignore[arg-type]  # its own check
            self._tools = await self._read_tools(session)
            scope.deadline = math.inf
            self._session = session
            ready.set()
            await self._leave.wait()
            scope.deadline = anyio.current_time() + CLOSE_S

    # Its tools

    async def _read_tools(self, session: mcp.Client) -> list[Tool[..., object]]:
        """Return the tools that can be offered; others are logged with the reason, and left out."""
        tools: list[Tool[..., object]] = []
        names: set[str] = set()
        cursors: set[str | None] = set()
        cursor: str | None = None
        while cursor not in cursors and len(cursors) < MAX_PAGES and len(tools) < MAX_TOOLS:
            cursors.add(cursor)
            page = await session.list_tools(cursor=cursor)
            for each in page.tools:
                if self._only is None or each.name in self._only:
                    tools += self._offered(each, names)
            cursor = page.next_cursor
            if cursor is None and len(tools) <= MAX_TOOLS:
                return tools
        LOGGER.warning(
            "the MCP server %r does not end its list of tools; the first %d are used",
            self.name,
            min(len(tools), MAX_TOOLS),
        )
        return tools[:MAX_TOOLS]

    def _offered(self, tool: mcp.types.Tool, names: set[str]) -> list[Tool[..., object]]:
        """Return the tool, under a name that is not taken yet; none where it cannot be called."""
        if tool.execution is not None and tool.execution.task_support == "required":
            LOGGER.warning(
                "the tool %r of the MCP server %r runs only as a task; it is left out", tool.name, self.name
            )
            return []
        fit = re.sub(r"[^A-Za-z0-9_-]", "_", tool.name)[:64] or "tool"  # others are refused by the service
        name = free_name(fit, names)
        if name != fit or not tool.name:
            LOGGER.warning(
                "a tool of the MCP server %r is named %r, as another is or not at all; it is offered as %r",
                self.name,
                tool.name,
                name,
            )
        try:
            offered = _ServerTool(self, tool, name, **self._tool_settings)
        except ConfigurationError as error:
            LOGGER.warning("a tool of the MCP server %r is left out: %s", self.name, error)
            return []
        names.add(name)
        return [offered]

    async def call(self, name: str, arguments: Mapping[str, object], tell: Progress) -> object:
        """Return the result of a server's tool; its progress reports go to `tell`.

        Raises:
            ConfigurationError: the server is not open, or has died.
            Exception: the error of the protocol, or the text that the tool reports as an error.
        """
        session = self._session
        if session is None:
            died = "it has died" if self._group is not None else "it is not open"
            raise ConfigurationError(f"the MCP server {self.name!r} cannot be called: {died}")

        async def report(progress: float, total: float | None, message: str | None) -> None:
            await tell({"progress": progress, "total": total, "message": message})

        result = await session.call_tool(name, dict(arguments), progress_callback=report)
        content = content_of_result(result)
        if result.is_error:
            said = content if isinstance(content, str) else " ".join(p for p in content if isinstance(p, str))
            raise RuntimeError(said or "the server reported an error")
        return content

    def __repr__(self) -> str:
        return f"<MCP server {self.name}>"


class _ServerTool(Tool[..., object]):
    """A tool of a server."""

    def __init__(
        self, server: MCPServer, tool: mcp.types.Tool, name: str, **settings: Unpack[ToolSettings]
    ) -> None:
        async def call(**arguments: object) -> object:
            return await server.call(tool.name, arguments, _no_progress)

        schema = ArgumentSchema(tool.name, {"type": "object", **tool.input_schema})
        super().__init__(name, tool.description or tool.title, call, lambda: schema, **settings)
        self._server = server
        self._remote_name = tool.name

    async def invoke(self, arguments: Mapping[str, object], progress: Progress) -> object:
        return await self._server.call(self._remote_name, arguments, progress)


@dataclass(frozen=True, slots=True)
class _HTTPTarget:
    """An endpoint, with the headers that open it."""

    url: str
    headers: dict[str, str]

    @property
    def address(self) -> str:
        """The endpoint without a query, a name or a password, any of which may open it."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    async def open(self, stack: AsyncExitStack) -> object:
        if not self.headers:
            return self.url
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        # A call may take long before its first byte; `timeout` of the tool or the run ends it.
        timeout = httpx2.Timeout(30, read=None)
        client = await stack.enter_async_context(httpx2.AsyncClient(headers=self.headers, timeout=timeout))
        return streamable_http_client(self.url, http_client=client)


async def _no_progress(_value: object) -> None:
    return


def _said(failure: BaseException | None) -> str:
    """Return the reason in a failure, out of the groups it may be wrapped in."""
    while isinstance(failure, BaseExceptionGroup) and failure.exceptions:
        failure = failure.exceptions[0]
    return "it ended" if failure is None else f"{type(failure).__name__}: {failure}"
