"""Tools of real MCP servers, started as processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import ConfigurationError, MCPServer, ToolProgress, tool
from openrouter_async.testing import Emulator, Reply, tool_call
from tests.support.emulated import client_of

pytest.importorskip("mcp")

pytestmark = [pytest.mark.loopback, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("mcp_server.py")


def arithmetic(*arguments: str, **settings: Any) -> MCPServer:
    return MCPServer.stdio(sys.executable, str(SCRIPT), *arguments, **{"name": "arithmetic", **settings})


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def results(emulator: Emulator, request: int = -1) -> list[Any]:
    return [m["content"] for m in emulator.requests[request].messages if m["role"] == "tool"]


async def test_a_run_uses_the_tools_of_a_server_and_closes_it(emulator: Emulator, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    emulator.reply(tool_call("add", a=1, b=2), tool_call("fail"), tool_call("add", a="x"))
    emulator.reply(tool_call("picture"))
    emulator.reply("3")
    async with client_of(emulator) as client:
        run = await client.chat.run("1 + 2?", tools=[arithmetic(str(pid_file))])
    assert run.text == "3"
    first = results(emulator, 1)
    assert first[0] == "3"
    assert first[1].startswith("error: the tool 'fail' failed")
    assert first[2].startswith("error: wrong arguments for 'add'")
    assert results(emulator)[-1][0]["image_url"]["url"].startswith("data:image/gif;base64,")
    assert not is_alive(int(pid_file.read_text()))
    names = {each["function"]["name"]: each for each in emulator.requests[0].json["tools"]}  # type: ignore[union-attr, index, call-overload]
    assert names["add"]["function"]["description"] == "Add two numbers."  # type: ignore[index, call-overload]


async def test_a_server_that_dies_is_a_result(emulator: Emulator) -> None:
    emulator.reply(tool_call("die"))
    emulator.reply(tool_call("add", a=1, b=2))
    emulator.reply("It is dead.")
    async with client_of(emulator) as client:
        run = await client.chat.run("Die.", tools=[arithmetic()])
    assert run.text == "It is dead."
    assert all(str(result.error).startswith("the tool") for result in run.results)
    assert len(run.results) == 2


async def test_clashing_names_get_the_servers_name(emulator: Emulator) -> None:
    @tool
    async def add(a: int, b: int) -> int:
        return -1

    emulator.reply(tool_call("add", a=1, b=2), tool_call("arithmetic_add", a=1, b=2))
    emulator.reply("3")
    async with client_of(emulator) as client:
        run = await client.chat.run("1 + 2?", tools=[add, arithmetic(only=["add", "where"])])
    assert [result.content for result in run.results] == ["-1", "3"]
    sent = [each["function"]["name"] for each in emulator.requests[0].json["tools"]]  # type: ignore[union-attr, index, call-overload]
    assert sent == ["add", "arithmetic_add", "where"]


async def test_a_server_that_was_opened_before_stays_open(emulator: Emulator) -> None:
    async with arithmetic(only=["where"]) as server, client_of(emulator) as client:
        pids = []
        for _ in range(2):
            emulator.reply(tool_call("where"))
            emulator.reply("There.")
            run = await client.chat.run("Where?", tools=[server])
            pids.append(run.results[0].content)
        assert pids[0] == pids[1]
        assert is_alive(int(str(pids[0])))
        with pytest.raises(ConfigurationError, match="is open already"):
            await server.__aenter__()
    assert not is_alive(int(str(pids[0])))
    with pytest.raises(ConfigurationError, match="it is not open"):
        await server.call("where", {}, None)  # type: ignore[arg-type]


async def test_a_name_that_the_service_refuses_is_made_fit(emulator: Emulator) -> None:
    emulator.reply(tool_call("numbers_halve_int", number=4))
    emulator.reply("2")
    async with client_of(emulator) as client:
        run = await client.chat.run("4 / 2?", tools=[arithmetic(only=["numbers.halve/int"])])
    assert [result.content for result in run.results] == ["2"]


async def test_runs_at_the_same_time_may_share_a_server_that_is_not_open(emulator: Emulator) -> None:
    """Each opens its own, so none ends that of another."""
    server = arithmetic(only=["where"])
    told: list[object] = []
    emulator.reply_with(
        lambda request: "There." if len(request.messages) > 1 else Reply.of(tool_call("where"))
    )
    async with client_of(emulator) as client:

        async def ask() -> None:
            run = await client.chat.run("Where?", tools=[server])
            told.extend(result.content for result in run.results)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
    assert len(set(told)) == 2
    assert all(str(each).isdigit() for each in told)
    assert not server.tools


async def test_progress_is_told(emulator: Emulator) -> None:
    emulator.reply(tool_call("count", to=2))
    emulator.reply("Counted.")
    async with (
        client_of(emulator) as client,
        client.chat.run_stream("Count!", tools=[arithmetic()]) as stream,
    ):
        told = [event.value async for event in stream if isinstance(event, ToolProgress)]
    assert told == [
        {"progress": 1, "total": 2, "message": "at 1"},
        {"progress": 2, "total": 2, "message": "at 2"},
    ]


async def test_a_cancelled_run_ends_the_server(emulator: Emulator, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    waits = anyio.Event()

    @tool
    async def wait() -> None:
        waits.set()
        await anyio.sleep_forever()

    emulator.reply(tool_call("wait"))
    async with client_of(emulator) as client, anyio.create_task_group() as group:

        async def run() -> None:
            await client.chat.run("Wait.", tools=[wait, arithmetic(str(pid_file))])

        group.start_soon(run)
        with anyio.fail_after(10):
            await waits.wait()
        group.cancel_scope.cancel()
    assert not is_alive(int(pid_file.read_text()))


async def test_approval_holds_for_the_tools_of_a_server(emulator: Emulator) -> None:
    emulator.reply(tool_call("add", a=1, b=2))
    async with client_of(emulator) as client:
        run = await client.chat.run("1 + 2?", tools=[arithmetic(needs_approval=True)])
        assert run.paused is not None
        emulator.reply("3")
        run = await client.chat.run(run.paused.approve(), tools=[arithmetic(needs_approval=True)])
    assert run.results[0].content == "3"


@pytest.mark.parametrize(
    ("server", "said"),
    [
        pytest.param(lambda: MCPServer.stdio("/nowhere/to/be/found"), "FileNotFoundError", id="no program"),
        pytest.param(
            lambda: MCPServer.stdio(sys.executable, "-c", "import sys; sys.exit(1)"),
            "Connection closed",
            id="ends at once",
        ),
        pytest.param(
            lambda: MCPServer.stdio(
                sys.executable, "-c", "import sys; sys.stdin.read()", connect_timeout=0.3
            ),
            "no answer within 0.3 s",
            id="says nothing",
        ),
    ],
)
async def test_a_server_that_cannot_be_reached_is_a_configuration_error(
    emulator: Emulator, server: Any, said: str
) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=said):
            await client.chat.run("Hello", tools=[server()])
    assert emulator.requests == []


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    for make in (lambda: MCPServer.stdio("x"), lambda: MCPServer.http("https://a.example/mcp")):
        with pytest.raises(ConfigurationError, match=r"pip install 'openrouter-async\[mcp\]'"):
            make()


@pytest.fixture
def http_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "--http", str(port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, b"")
    assert any(b"Uvicorn running" in line for line in lines)
    yield f"http://127.0.0.1:{port}/mcp"
    process.terminate()
    process.wait(10)
    process.stdout.close()


async def test_a_server_is_reached_by_http(emulator: Emulator, http_server: str) -> None:
    emulator.reply(tool_call("add", a=1, b=2))
    emulator.reply("3")
    server = MCPServer.http(http_server, headers={"authorization": "Bearer x"})
    async with client_of(emulator) as client:
        run = await client.chat.run("1 + 2?", tools=[server])
    assert (run.results[0].content, server.name) == ("3", "127.0.0.1")


def test_a_parameter_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(
        ConfigurationError, match=r"no parameter 'timeot'; expected one of connect_timeout, needs_approval"
    ):
        MCPServer.stdio("server", timeot=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - misspelt


async def test_a_server_that_is_not_there_is_named_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = MCPServer.http(f"http://me:secret@127.0.0.1:{port}/mcp?token=secret")
    with pytest.raises(ConfigurationError) as caught:
        async with server:
            raise AssertionError("it is open")
    assert f" at http://127.0.0.1:{port}/mcp returned no tools: " in str(caught.value)
    assert "secret" not in str(caught.value)
