"""Tools, runs and conversations as a caller writes them; read by type checkers, never run.

Each wrong call carries the complaint it must cause: a checker that no longer complains reports the comment.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Literal, assert_type

from openrouter_async import (
    AsyncOpenRouter,
    ChatCompletion,
    Conversation,
    MCPServer,
    OpenRouterError,
    PausedRun,
    Run,
    RunParams,
    RunStream,
    StepFinished,
    TextDelta,
    Tool,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    create_tool,
    image,
    keep_tokens,
    keep_turns,
    max_cost,
    max_run_tokens,
    max_steps,
    run_of,
    stop_when,
    tool,
    tool_called,
    user,
    web_search,
)
from openrouter_async.tools.approval import WaitingCall


@tool
async def weather(city: str, *, unit: Literal["c", "f"] = "c") -> dict[str, str]:
    return {city: unit}


@tool(name="remove", needs_approval=lambda name: name.endswith(".log"), timeout=5)
def delete(name: str) -> bool:
    return True


@tool
async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


class Shop:
    async def buy(self, item: str, amount: int = 1) -> Decimal:
        return Decimal(amount)


async def plain(number: int) -> int:
    return number


async def right(client: AsyncOpenRouter, stored: str) -> None:
    assert_type(await weather("Oslo", unit="f"), dict[str, str])
    assert_type(delete("a"), bool)
    shop = Shop()
    buy = tool(shop.buy, needs_approval=True)
    assert_type(await buy("tea", amount=2), Decimal)
    find = create_tool("find", "Find.", {"query": {"type": "string"}}, ["query"])
    assert_type(find, Tool[..., object])

    run = await client.chat.run(
        [user("look", image(b""))],
        model="a/b",
        tools=[
            weather,
            delete,
            count,
            shop.buy,
            find,
            plain,
            shop.buy,
            web_search(),
            {"type": "of-tomorrow"},
        ],
        stop=max_steps(8) | max_cost("0.05") & tool_called("find") | stop_when(lambda steps: len(steps) > 3),
        final_answer="Answer now.",
        max_repeats=None,
        tool_errors="raise",
        tool_timeout=10,
        tool_concurrency=4,
        keep_provider=False,
        temperature=0,
        tool_choice="required",
        extra_body={"stop": ["END"]},
    )
    assert_type(run, Run[str])
    assert_type(run.output, str)
    assert_type(run.usage.cost, Decimal | None)
    assert_type(run.paused, PausedRun | None)
    if run.paused:
        assert_type(run.paused.waiting, list[WaitingCall])
        decided = run.paused.approve().reject("id", reason="no").answer("id", {"a": 1})
        await client.chat.run(PausedRun.from_json(decided.model_dump_json()), tools=[delete])
    await client.chat.run([*run.messages, user("and?")])

    async with client.chat.run_stream("hi", tools=[weather]) as stream:
        assert_type(stream, RunStream[str])
        async for event in stream:
            match event:
                case TextDelta(text=text):
                    print(text)
                case ToolStarted(call=call) | ToolProgress(call=call):
                    print(call.name)
                case ToolFinished(result=result):
                    print(result.content, result.error, result.seconds)
                case StepFinished(step=step):
                    print(step.completion.usage)
        assert_type(await stream.final(), Run[str])

    async with MCPServer.stdio("server", "--flag", env={"A": "b"}) as server:
        await client.chat.run("hi", tools=[server, MCPServer.http("https://a.example/mcp", only=["x"])])

    chat = client.conversation(
        model="a/b", system="Be brief.", tools=[weather], stop=max_run_tokens(9), trim=keep_turns(3), seed=1
    )
    assert_type(chat, Conversation[str])
    assert_type(await chat.send("hi", temperature=1), Run[str])
    async with chat.stream(user("hi")) as events:
        assert_type(events, RunStream[str])
    await chat.edit("hi", turn=0)
    async with chat.retry_stream(keep_partial=True) as again:
        assert_type(again, RunStream[str])
        assert_type(again.so_far(), Run[str] | None)
    async with chat.edit_stream("hi", turn=0) as again:
        assert_type((await again.final()).partial, ChatCompletion[str] | None)
    assert_type(await run.resume(model="a/b", tools=[weather]), Run[str])
    async with run.resume_stream(run.paused) as resumed:
        assert_type(await resumed.final(), Run[str])
    await chat.fork().retry()
    chat.undo(2)
    client.conversation(history=stored, trim=keep_tokens(1_000))
    client.conversation(history=chat.history)
    numbers = await client.chat.run("hi", tools=[weather], output=list[int])
    assert_type(numbers, Run[list[int]])
    assert_type(numbers.output, list[int])
    async with client.chat.run_stream("hi", output=bool) as values:
        assert_type((await values.final()).output, bool)
    assert_type((await client.chat.run("hi", output={"type": "object"})).output, Any)
    await client.chat.create("hi", tools=[weather, {"type": "openrouter:web_search"}])
    assert_type(await client.conversation(output=int).send("hi"), Run[int])
    shared: RunParams = {"tools": [weather], "stop": max_steps(3), "temperature": 0}
    await client.chat.run("hi", **shared)


def failed_run(error: OpenRouterError) -> PausedRun | None:
    run = run_of(error)
    assert_type(run, Run[object] | None)
    return None if run is None else run.paused


async def wrong(client: AsyncOpenRouter) -> None:
    await weather(town="Oslo")  # type: ignore[call-arg]
    await tool(Shop().buy)(5)  # type: ignore[arg-type]
    await client.chat.run("hi", stop="END")  # type: ignore[call-overload]
    await client.chat.run("hi", tools=[5])  # type: ignore[list-item]
    await client.chat.run("hi", tool_errors="ignore")  # type: ignore[call-overload]
    await client.chat.run("hi", temprature=1)  # type: ignore[call-overload]
    client.conversation("a/b")  # type: ignore[call-overload]
    max_cost(None)  # type: ignore[arg-type]
    tool(5)  # type: ignore[call-overload]
