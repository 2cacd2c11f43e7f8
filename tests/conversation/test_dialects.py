"""Conversations by Responses and by Messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, image, tool, user
from openrouter_async.errors import ConfigurationError, OpenRouterError
from openrouter_async.testing import Emulator, tool_call

pytestmark = pytest.mark.loopback

DIALECTS = pytest.mark.parametrize("api", ["responses", "messages"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@tool
async def stock(item: str) -> int:
    """How many there are."""
    return 3


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model="openai/gpt-4.1-mini")


def conversation(client: AsyncOpenRouter, api: Any, **settings: Any) -> Any:
    return client.conversation(api=api, **settings)


def body(emulator: Emulator) -> dict[str, Any]:
    read: Any = emulator.requests[-1].body
    assert isinstance(read, dict)
    return read


@DIALECTS
async def test_all_that_was_said_goes_along_also_from_a_file(emulator: Emulator, api: str) -> None:
    emulator.reply("See.", tool_call("stock", {"item": "lamp"}), reasoning="Hm.")
    for answer in ("Three.", "Four.", "Five."):
        emulator.reply(answer)
    async with client_of(emulator) as client:
        chat = conversation(client, api, system="Be brief.", tools=[stock])
        first = await chat.send("How many lamps?")
        await chat.send(user("And here?", image(PNG)))
        before = body(emulator)
        resumed = conversation(client, api, history=chat.model_dump_json())
        run = await resumed.send("And there?")
        with pytest.raises(ConfigurationError, match="give api="):
            client.conversation(history=chat.model_dump_json())
    after, name = body(emulator), "input" if api == "responses" else "messages"
    reply = first.steps[0].completion
    came = reply.raw_items if api == "responses" else [reply.as_param()]
    assert (first.text, run.text) == ("Three.", "Five.")
    assert after[name][: len(before[name])] == before[name]
    assert json.dumps(came)[1:-1] in json.dumps(after[name])
    assert "Be brief." in json.dumps(after)
    assert len(resumed.turns) == 3
    assert resumed.usage.cost > chat.usage.cost
    if api == "messages":
        assert after["system"] == "Be brief."


@DIALECTS
async def test_a_send_that_fails_leaves_the_history_as_it_was(emulator: Emulator, api: str) -> None:
    emulator.reply("One.")
    emulator.fail(400, times=1)
    emulator.reply("Two.")
    async with client_of(emulator) as client:
        chat = conversation(client, api)
        await chat.send("1?")
        with pytest.raises(OpenRouterError):
            await chat.send("2?")
        assert len(chat.turns) == 1
        async with chat.stream("2?") as stream:
            assert "".join([text async for text in stream.text()]) == "Two."
    assert len(chat.turns) == 2
