"""Messages and Responses as a caller writes them; read by type checkers, never run."""

from __future__ import annotations

from typing import assert_type

from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    Finished,
    ItemFinished,
    MessageReply,
    MessageStream,
    Response,
    ResponseStream,
    Run,
    TextDelta,
    ToolUseBlock,
)
from openrouter_async.types.messages.content import UserParam


class City(BaseModel):
    name: str


async def create(client: AsyncOpenRouter) -> None:
    message = await client.messages.create("Hi", max_tokens=5)
    assert_type(message, MessageReply[str])
    assert_type(message.output, str)
    assert_type((await client.messages.create("Hi", output=City)).output, City)
    assert_type((await client.messages.create("Hi", output=list[int])).output, list[int])
    response = await client.responses.create("Hi")
    assert_type(response, Response[str])
    assert_type((await client.responses.create("Hi", output=City)).output, City)
    for block in message.blocks:
        if isinstance(block, ToolUseBlock):
            assert_type(block.name, str | None)


async def go_on(client: AsyncOpenRouter, message: MessageReply) -> None:
    question: UserParam = {"role": "user", "content": "Hi"}
    await client.messages.create([question, message, {"role": "user", "content": "Why?"}])
    await client.messages.create([question, message.as_param(), question])
    await client.messages.create(question, thinking={"type": "enabled", "budget_tokens": 1024})
    await client.messages.create(question, tool_choice={"type": "tool", "name": "stock"})
    await client.messages.create(question, temperatur=1)  # type: ignore[call-overload]
    await client.messages.create(question, thinking={"type": "some"})  # type: ignore[call-overload]


async def stream(client: AsyncOpenRouter) -> None:
    async with client.messages.stream("Hi") as messages:
        assert_type(messages, MessageStream[str])
        async for event in messages:
            match event:
                case TextDelta(text=text):
                    assert_type(text, str)
                case Finished(completion=reply):
                    assert_type(reply, MessageReply[str])
                case ItemFinished():
                    pass
        assert_type(await messages.final(), MessageReply[str])
    async with client.responses.stream("Hi") as responses:
        assert_type(responses, ResponseStream[str])
        assert_type(await responses.final(), Response[str])


async def run(client: AsyncOpenRouter) -> None:
    assert_type(await client.messages.run("Hi", tools=[]), Run[str, MessageReply[str]])
    assert_type((await client.messages.run("Hi", tools=[], output=City)).output, City)
    assert_type((await client.responses.run("Hi", tools=[], output=City)).completion, Response[City])
