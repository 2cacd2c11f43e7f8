"""MCP servers that are odd or hostile: what they list and give is bounded, and one bad tool takes no other with it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from openrouter_async import MCPServer, Run, tool
from openrouter_async.testing import Emulator, tool_call
from openrouter_async.tools.mcp_content import content_of_result
from openrouter_async.types.chat.content_parts import Attachment
from tests.support.emulated import client_of
from tests.support.strict_requests import faults

pytest.importorskip("mcp")

import mcp
import mcp.types as types
from mcp.server.lowlevel import Server

pytestmark = pytest.mark.loopback

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200_000)


def server(
    *tools: dict[str, Any], gives: list[Any] | None = None, pages: Callable[[str | None], Any] | None = None
) -> MCPServer:
    """Return a server in this process with these tools, each of which gives `gives`, or its own name."""

    async def list_tools(context: Any, params: Any) -> types.ListToolsResult:
        cursor = params.cursor if params else None
        listed = [types.Tool(**{"input_schema": {"type": "object"}, **each}) for each in tools]
        return types.ListToolsResult(tools=listed, next_cursor=pages(cursor) if pages else None)

    async def call_tool(context: Any, params: Any) -> types.CallToolResult:
        content = gives or [types.TextContent(type="text", text=f"called {params.name!r}")]
        return types.CallToolResult(content=content)

    return MCPServer(Server("odd", on_list_tools=list_tools, on_call_tool=call_tool), name="odd")


async def run_with(emulator: Emulator, given: Any, *names: str) -> Run:
    emulator.reply(*(tool_call(name, "{}") for name in names))
    emulator.reply("So.")
    async with client_of(emulator) as client:
        run = await client.chat.run("Go.", tools=given if isinstance(given, list) else [given])
    assert run.text == "So."
    assert faults(emulator.requests[-1].messages) == []
    return run


def offered(emulator: Emulator) -> list[str]:
    sent: Any = emulator.requests[0].json["tools"]
    return [each["function"]["name"] for each in sent]


def resource(**contents: Any) -> types.EmbeddedResource:
    kind = types.BlobResourceContents if "blob" in contents else types.TextResourceContents
    return types.EmbeddedResource(type="resource", resource=kind(uri="file:///a%20b/report.bin", **contents))


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("block", "part"),
    [
        pytest.param(resource(text="the text"), "the text", id="text"),
        pytest.param(
            resource(blob=encoded(b"a,b\n1,2"), mime_type="text/csv"), "a,b\n1,2", id="text as blob"
        ),
        pytest.param(
            resource(blob=encoded(PNG), mime_type="image/png"),
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}},
            id="picture",
        ),
        pytest.param(
            types.ImageContent(type="image", data=encoded(PNG), mime_type="image/jpeg"),
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}},
            id="picture of another type",
        ),
        *(
            pytest.param(
                block,
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}},
                id=f"picture of no type, {said}",
            )
            for said, block in (
                ("as content", types.ImageContent(type="image", data=encoded(PNG), mime_type="")),
                ("as a resource", resource(blob=encoded(PNG))),
                ("as bytes", resource(blob=encoded(PNG), mime_type="application/octet-stream")),
            )
        ),
        pytest.param(
            types.ImageContent(type="image", data=encoded(b"\x00\xfe"), mime_type=""),
            {
                "type": "file",
                "file": {"file_data": f"data:application/octet-stream;base64,{encoded(bytes([0, 254]))}"},
            },
            id="picture that is none",
        ),
        pytest.param(
            resource(blob=encoded(b"%PDF-1.7")),
            {
                "type": "file",
                "file": {
                    "filename": "report.bin",
                    "file_data": f"data:application/pdf;base64,{encoded(b'%PDF-1.7')}",
                },
            },
            id="document of no type",
        ),
        pytest.param(
            resource(blob=encoded(b"%PDF-1.7"), mime_type="application/pdf"),
            {
                "type": "file",
                "file": {
                    "filename": "report.bin",
                    "file_data": f"data:application/pdf;base64,{encoded(b'%PDF-1.7')}",
                },
            },
            id="document",
        ),
        pytest.param(
            resource(blob=encoded(b"\x00\xff")),
            {
                "type": "file",
                "file": {
                    "filename": "report.bin",
                    "file_data": f"data:application/octet-stream;base64,{encoded(bytes([0, 255]))}",
                },
            },
            id="unknown",
        ),
        pytest.param(resource(blob="no base64!"), "(file that is not base64, left out)", id="no base64"),
    ],
)
async def test_a_resource_is_its_text_or_an_attachment(emulator: Emulator, block: Any, part: Any) -> None:
    run = await run_with(emulator, server({"name": "look"}, gives=[block]), "look")
    assert run.results[0].content == (part if isinstance(part, str) else [part])


@pytest.mark.parametrize(
    ("data", "kind", "media_type"),
    [
        (b"fLaC", "audio", "audio/flac"),
        (b"\x00\x00\x00\x18ftypisom", "audio", "audio/mp4"),
        (b"\x00", "file", "application/octet-stream"),
    ],
)
def test_a_sound_of_no_type_is_what_its_bytes_are(data: bytes, kind: str, media_type: str) -> None:
    block = types.AudioContent(type="audio", data=encoded(data), mime_type="")
    (part,) = content_of_result(types.CallToolResult(content=[block]))
    assert isinstance(part, Attachment)
    assert (part.kind, part.media_type, part.source) == (kind, media_type, data)


async def test_a_result_without_bounds_is_cut_and_says_so(emulator: Emulator) -> None:
    text = types.TextContent(type="text", text="x" * 300_000)
    big = resource(blob=encoded(bytes(21_000_000)), mime_type="image/png")
    run = await run_with(emulator, server({"name": "look"}, gives=[text, text, big] + [text] * 1000), "look")
    (result,) = run.results
    assert len(result.content) < 450_000
    assert "(cut off here: 300,000 characters in all)" in result.content
    assert "(image/png of 21,000,000 bytes, left out)" in result.content
    assert "(cut off here: 1,003 parts in all)" in result.content


async def test_one_bad_tool_takes_no_other_with_it(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    odd = server(
        {"name": "good"},
        {"name": "twice"},
        {"name": "twice"},
        {"name": "a.b"},
        {"name": "a/b"},
        {"name": ""},
        {"name": "x" * 80},
        {"name": "x" * 90},
        {"name": "last"},
        {"name": "broken", "input_schema": {"type": "object", "properties": {"a": 7}}},
    )
    names = ["good", "twice", "twice_2", "a_b", "a_b_2", "tool", "x" * 64, "x" * 62 + "_2", "last"]
    with caplog.at_level(logging.WARNING, "openrouter_async"):
        run = await run_with(emulator, odd, "a_b", "a_b_2", "tool", "good")
    assert offered(emulator) == names
    assert [result.content for result in run.results] == [
        "called 'a.b'",
        "called 'a/b'",
        "called ''",
        "called 'good'",
    ]
    told = " ".join(record.getMessage() for record in caplog.records)
    for said in ("'twice_2'", "'a_b_2'", "'tool'", "'broken'"):
        assert said in told


async def test_a_tool_that_demands_a_task_is_not_offered(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp.Client", partial(mcp.Client, mode="legacy"))  # the newer protocol has no tasks
    odd = server(
        {"name": "task", "execution": types.ToolExecution(task_support="required")},
        {"name": "maybe", "execution": types.ToolExecution(task_support="optional")},
    )
    await run_with(emulator, odd, "maybe")
    assert offered(emulator) == ["maybe"]
    assert "the tool 'task' of the MCP server 'odd' runs only as a task" in caplog.text


async def test_servers_of_one_name_have_tools_of_names_of_their_own(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    async def look() -> str:
        return "mine"

    @tool
    async def odd_look() -> str:
        return "mine too"

    given = [look, odd_look, server({"name": "look"}), server({"name": "look"})]
    run = await run_with(emulator, given, "look", "odd_look_2", "odd_look_3")
    assert offered(emulator) == ["look", "odd_look", "odd_look_2", "odd_look_3"]
    assert [result.content for result in run.results] == ["mine", "called 'look'", "called 'look'"]
    assert "'odd_look_2'" in caplog.text


@pytest.mark.parametrize(
    "pages", [lambda cursor: "again", lambda cursor: f"{cursor}x"], ids=["the same", "another each time"]
)
async def test_a_list_that_does_not_end_is_ended(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, pages: Any
) -> None:
    await run_with(emulator, server({"name": "look"}, pages=pages), "look")
    assert 1 <= len(offered(emulator)) <= 100
    assert "does not end its list of tools" in caplog.text


async def test_a_list_of_too_many_tools_is_cut(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    many = [{"name": f"look_{number}"} for number in range(3_000)]
    await run_with(emulator, server(*many), "look_0")
    assert len(offered(emulator)) == 1_000
    assert "the first 1000 are used" in caplog.text
