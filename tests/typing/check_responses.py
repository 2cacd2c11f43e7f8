"""Calls of Responses and Messages, for type checkers to read; nothing here runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_type

from openrouter_async import (
    AsyncOpenRouter,
    Conversation,
    ItemFinished,
    MessageReply,
    Response,
    ResponseItem,
    ResponseStream,
    Run,
    TextDelta,
    system,
    tool,
    user,
)
from openrouter_async.structured.in_messages import StructuredMessage
from openrouter_async.structured.in_responses import StructuredResponse, StructuredResponseStream


@tool
async def stock(item: str) -> int:
    """How many there are."""
    return len(item)


async def responses(client: AsyncOpenRouter) -> None:
    reply = await client.responses.create("Hi", model="a/b", instructions="Be brief.", max_output_tokens=9)
    assert_type(reply, Response)
    history: list[Mapping[str, object] | ResponseItem] = [system("Be brief."), user("Hi"), *reply.items]
    assert_type(
        await client.responses.create(history, tools=[stock, {"type": "openrouter:datetime"}]), Response
    )
    assert_type(await client.responses.create("Hi", output=list[int]), StructuredResponse[list[int]])
    assert_type(client.responses.stream("Hi"), ResponseStream)
    assert_type(client.responses.stream("Hi", output=int), StructuredResponseStream[int])
    async with client.responses.stream("Hi") as stream:
        async for event in stream:
            match event:
                case TextDelta(text=text):
                    assert_type(text, str)
                case ItemFinished(item=item):
                    assert_type(item.type, str | None)
        assert_type(await stream.final(), Response)
    run = await client.responses.run("Hi", tools=[stock])
    assert_type(run, Run[str, Response])
    assert_type(run.completion, Response)
    chat = client.conversation(api="responses", tools=[stock], max_output_tokens=9)
    assert_type(chat, Conversation[str, Response])


async def messages(client: AsyncOpenRouter) -> None:
    assert_type(await client.messages.create("Hi", output=int, max_tokens=9), StructuredMessage[int])
    run = await client.messages.run("Hi", tools=[stock], max_tokens=9)
    assert_type(run.completion, MessageReply)
    chat = client.conversation(api="messages", output=int, max_tokens=9)
    assert_type(chat, Conversation[int, MessageReply[int]])
