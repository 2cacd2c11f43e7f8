"""Arguments and calls of other clients: each error says in one line what to write here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, tool
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL


@asynccontextmanager
async def connected() -> AsyncIterator[AsyncOpenRouter]:
    async with (
        Emulator() as emulator,
        AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client,
    ):
        emulator.reply("Hello")
        yield client


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"timeout": 3}, "unknown option 'timeout'; use timeouts=Timeouts(total=60)"),
        ({"max_retries": 3}, "unknown option 'max_retries'; use retries=Retries(attempts=3)"),
        ({"default_headers": {}}, "unknown option 'default_headers'; use headers={...}"),
        ({"default_query": {}}, "unknown option 'default_query'; use query={...}"),
    ],
)
def test_a_constructor_says_what_an_option_is_called_here(old: dict[str, Any], new: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AsyncOpenRouter("key", **old)
    assert str(caught.value) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"timeout": 3}, 'use options={"timeouts": Timeouts(total=60)}'),
        ({"max_retries": 3}, 'use options={"retries": Retries(attempts=3)}'),
        ({"extra_headers": {}}, 'use options={"headers": {...}}'),
        ({"extra_query": {}}, 'use options={"query": {...}}'),
        ({"n": 2}, "call again, or use client.batch(...)"),
        ({"functions": []}, "use tools=[...]"),
        ({"function_call": "auto"}, "use tool_choice="),
        ({"stream": True}, "use client.chat.stream(...)"),
    ],
)
async def test_a_call_says_what_an_argument_is_called_here(old: dict[str, Any], new: str) -> None:
    async with AsyncOpenRouter("key", default_model=MODEL) as client:
        with pytest.raises(ConfigurationError) as caught:
            await client.chat.create("Hello", **old)
    assert str(caught.value).endswith(new)


async def test_completions_are_named_where_they_are_looked_for() -> None:
    async with AsyncOpenRouter("key") as client:
        with pytest.raises(AttributeError, match=r"client\.chat\.create\(\.\.\.\)$"):
            client.chat.completions  # type: ignore[attr-defined]  # noqa: B018 - the habit
        assert not hasattr(client.chat, "anything")


async def test_choices_are_read_as_elsewhere() -> None:
    async with connected() as client:
        reply = await client.chat.create("Hi")
    assert reply.choices[0].message.content == reply.text == "Hello"


async def test_a_stream_that_is_awaited_says_how_it_is_read() -> None:
    async with connected() as client:
        with pytest.raises(TypeError, match="a stream cannot be awaited; write `async with"):
            await client.chat.stream("Hi")  # type: ignore[misc]  # the habit


async def test_a_stream_that_was_read_cannot_be_iterated_again() -> None:
    async with connected() as client, client.chat.stream("Hi") as stream:
        assert [text async for text in stream.text()] == ["Hello"]
        for again in (
            stream,
            stream.text(),
            stream.reasoning(),
            stream.tool_call_fragments(),
            stream.chunks(),
        ):
            with pytest.raises(ConfigurationError, match="read to its end"):
                [_ async for _ in again]
        assert (await stream.final()).text == "Hello"


async def test_a_stream_that_was_left_half_way_is_read_on() -> None:
    async with connected() as client, client.chat.stream("Hi") as stream:
        async for _ in stream:
            break
        assert "".join([text async for text in stream.text()]) == "Hello"


async def test_a_function_and_a_tool_are_offered_by_a_single_request_in_every_dialect() -> None:
    @tool
    def stock(item: str) -> int:
        """How many of an item are in stock."""
        return 3

    def price(item: str) -> float:
        """What an item costs."""
        return 9.5

    async with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            await client.chat.create("Hi", tools=[stock, price, {"type": "openrouter:web_search"}])
            async with client.chat.stream("Hi", tools=[price]) as stream:
                await stream.final()
            await client.responses.create("Hi", tools=[stock, price])
            await client.messages.create("Hi", tools=[stock, price], max_tokens=100)
            await client.batch(["Hi"], tools=[stock, price])
        bodies = [request.json for request in emulator.requests if request.method == "POST"]
    chat, streamed, responses, messages, batch = (body["tools"] for body in bodies)
    assert [each.get("function", {}).get("name") for each in chat] == ["stock", "price", None]
    assert streamed == chat[1:2]
    assert [each["name"] for each in responses] == ["stock", "price"]
    assert [each["name"] for each in messages] == ["stock", "price"]
    assert batch == chat[:2]


async def test_something_that_is_not_a_tool_is_refused_by_its_place() -> None:
    async with AsyncOpenRouter("key", default_model=MODEL) as client:
        for wrong in ([5], "stock", [len, 5]):
            with pytest.raises(ConfigurationError, match="tools"):
                await client.chat.create("Hi", tools=wrong)  # type: ignore[arg-type]
