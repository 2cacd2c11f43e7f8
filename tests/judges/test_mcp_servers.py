"""The reference servers of the Model Context Protocol: runs of the library call their tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, MCPServer, max_steps
from openrouter_async.testing import Emulator, tool_call
from tests.judges import play
from tests.judges.test_judges import needed

pytest.importorskip("mcp", reason="the extra mcp is not installed")

EVERYTHING = [
    ("echo", {"message": "hello"}, "hello"),
    ("get-sum", {"a": 2, "b": 40}, "42"),
    ("get-tiny-image", {}, "image"),
    ("get-structured-content", {"location": "New York"}, "temperature"),
    ("get-annotated-message", {"messageType": "error"}, "Error"),
]


def server(name: str, *arguments: str) -> MCPServer:
    script = (
        Path(needed("JUDGES_IN_NODE")) / "node_modules" / "@modelcontextprotocol" / name / "dist" / "index.js"
    )
    return MCPServer.stdio("node", str(script), *arguments)


async def result_of(opened: MCPServer, name: str, arguments: dict[str, Any]) -> str:
    """Return the result that the model is given of a call."""
    with Emulator() as emulator:
        emulator.reply(tool_call(name, arguments))
        emulator.reply("done")
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            run = await client.chat.run("go", model=play.MODEL, tools=[opened], stop=max_steps(3))
        assert run.text == "done"
        return str(emulator.requests[-1].messages[-1]["content"])


async def test_the_server_of_everything_is_called() -> None:
    async with server("server-everything", "stdio") as opened:
        assert {name for name, _, _ in EVERYTHING} <= {tool.name for tool in opened.tools}
        for name, arguments, part in EVERYTHING:
            assert part in await result_of(opened, name, arguments), name


async def test_the_server_of_files_is_called(tmp_path: Path) -> None:
    async with server("server-filesystem", str(tmp_path)) as opened:
        path = str(tmp_path / "a.txt")
        await result_of(opened, "write_file", {"path": path, "content": "hello"})
        assert (tmp_path / "a.txt").read_text() == "hello"
        assert "hello" in await result_of(opened, "read_text_file", {"path": path})
        assert "a.txt" in await result_of(opened, "list_directory", {"path": str(tmp_path)})
        assert "denied" in await result_of(opened, "read_text_file", {"path": "/etc/passwd"})
