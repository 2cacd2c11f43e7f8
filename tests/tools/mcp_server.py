"""An MCP server for tests: run as a script it speaks over standard input and output, or over HTTP if given a port."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mcp.server.mcpserver import Context, Image, MCPServer

server = MCPServer("arithmetic")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(name="numbers.halve/int")
def halve(number: int) -> int:
    """Halve a number."""
    return number // 2


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("no such thing")


@server.tool()
def die() -> str:
    """End the process at once."""
    os._exit(3)


@server.tool()
def where() -> str:
    """Tell the id of the process."""
    return str(os.getpid())


@server.tool()
def picture() -> Image:
    """Return a picture."""
    gif = "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
    return Image(data=bytes.fromhex(gif), format="gif")


@server.tool()
async def count(to: int, ctx: Context) -> str:
    """Count, and say how far."""
    for number in range(to):
        await ctx.report_progress(number + 1, to, f"at {number + 1}")
    return "counted"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--http"]:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        if len(sys.argv) > 1:
            Path(sys.argv[1]).write_text(str(os.getpid()))
        server.run("stdio")
