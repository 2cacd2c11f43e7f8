"""Lists of tools as callers write them: in the call, and in a variable without an annotation; read by type checkers.

Each wrong call carries the complaint it must cause: a checker that no longer complains reports the comment.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

from openrouter_async import AsyncOpenRouter, MCPServer, Tool, ToolLike, create_tool, tool, web_search
from openrouter_async.server import create_router, relay
from openrouter_async.server.fastapi import create_chat_router


@tool
async def weather(city: str, *, unit: str = "c") -> dict[str, str]:
    return {city: unit}


@tool(name="remove", needs_approval=True)
def delete(name: str) -> bool:
    return True


@tool
async def now() -> str:
    return ""


def plain(number: int) -> int:
    return number


async def later(a: str, b: str) -> str:
    return a


find = create_tool("find", "Find.", {"query": {"type": "string"}}, ["query"])

TWO = [weather, delete]
THREE = (weather, delete, now)
WITH_FUNCTION = [weather, plain]
FUNCTIONS = [plain, later]
WITH_SCHEMA = [weather, find]
ANY: list[ToolLike] = [weather, plain, find, web_search(), {"type": "of-tomorrow"}]
MADE: list[Tool[..., object]] = [weather, delete, find]


async def runs(client: AsyncOpenRouter, server: MCPServer, is_asked: bool) -> None:
    await client.chat.run("hi", tools=[weather, delete, now, plain, later, find, server, web_search()])
    await client.chat.run("hi", tools=TWO)
    await client.chat.run("hi", tools=THREE)
    await client.chat.run("hi", tools=WITH_FUNCTION)
    await client.chat.run("hi", tools=FUNCTIONS)
    await client.chat.run("hi", tools=WITH_SCHEMA)
    await client.chat.run("hi", tools=ANY)
    await client.chat.run("hi", tools=MADE)
    await client.chat.run("hi", tools=[*TWO, *FUNCTIONS] if is_asked else [])
    await client.responses.run("hi", tools=TWO)
    await client.messages.run("hi", tools=WITH_FUNCTION)
    client.chat.run_stream("hi", tools=TWO)
    client.conversation(tools=TWO)
    client.conversation(tools=FUNCTIONS, api="responses")
    relay(client.chat.run_stream("hi", tools=WITH_FUNCTION))
    create_router(client, tools=TWO)
    create_chat_router(client, tools=FUNCTIONS)


async def single_requests(client: AsyncOpenRouter) -> None:
    await client.chat.create("hi", tools=[weather, delete, plain, web_search()])
    await client.chat.create("hi", tools=TWO)
    await client.chat.create("hi", tools=WITH_FUNCTION)
    await client.chat.create("hi", tools=FUNCTIONS)
    client.chat.stream("hi", tools=WITH_SCHEMA)
    client.batch(["a"], tools=TWO)
    await client.responses.create("hi", tools=TWO)
    await client.responses.create("hi", tools=FUNCTIONS)
    await client.messages.create("hi", tools=TWO)
    await client.messages.create("hi", tools=WITH_FUNCTION)


async def called() -> None:
    assert_type(await weather("Oslo", unit="f"), dict[str, str])
    assert_type(delete("a"), bool)
    one: Tool[[str], bool] = delete
    assert_type(one("a"), bool)
    await weather(town="Oslo")  # type: ignore[call-arg]


async def wrong(client: AsyncOpenRouter) -> None:
    words: list[object] = [weather, 5]
    await client.chat.run("hi", tools=words)  # type: ignore[arg-type]
    await client.chat.create("hi", tools=words)  # type: ignore[arg-type]
