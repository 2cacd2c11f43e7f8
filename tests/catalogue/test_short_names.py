"""Calls by short name: they send its id, and the error about a model that is gone says what the name stands for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, BadRequest, Item, NotFound, user
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback

GONE = (
    "anthropic/claude-3-opus is not a valid model ID.*; 'claude3opus' stands for 'anthropic/claude-3-opus',"
    r" see client.models.resolve\('claude3opus'\)"
)


@asynccontextmanager
async def emulated(**settings: Any) -> AsyncIterator[tuple[Emulator, AsyncOpenRouter]]:
    with Emulator(**settings) as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            yield emulator, client


def paths(emulator: Emulator) -> list[str]:
    return [request.path for request in emulator.requests]


async def test_plain_calls_streams_runs_conversations_and_values_say_so() -> None:
    async with emulated() as (emulator, client):
        with pytest.raises(BadRequest, match=GONE):
            await client.chat.create("Hi", model="claude3opus")
        with pytest.raises(BadRequest, match=GONE):
            await client.chat.stream("Hi", model="claude3opus").final()
        with pytest.raises(BadRequest, match=GONE):
            await client.chat.run("Hi", model="claude3opus")
        with pytest.raises(BadRequest, match=GONE):
            await client.chat.create("Hi", model="claude3opus", output=int)
        with pytest.raises(BadRequest, match=GONE):
            await client.conversation(model="claude3opus").send("Hi")
        with pytest.raises(BadRequest, match=GONE):
            await client.completions.create("Hi", model="claude3opus")
        with pytest.raises(BadRequest, match=GONE):
            await client.completions.stream("Hi", model="claude3opus").final()
        emulator.fail(404, "No such model", path="/batches")
        with pytest.raises(NotFound, match="'claude3opus' stands for 'anthropic/claude-3-opus'"):
            await client.batches.create(["Hi"], model="claude3opus")
        client.default_model = "claude3opus"
        with pytest.raises(BadRequest, match=GONE):
            await client.chat.create([user("Hi")])
        with pytest.raises(BadRequest, match=GONE):
            await client.completions.create("Hi")
        assert {request.body["model"] for request in emulator.requests if request.body} == {
            "anthropic/claude-3-opus"
        }


async def test_a_short_name_of_a_listed_model_costs_no_further_request() -> None:
    async with emulated() as (emulator, client):
        await client.chat.create("Hi", model="gpt4o")
        async with client.chat.stream("Hi", model="gpt4o") as stream:
            await stream.final()
        assert paths(emulator) == ["/chat/completions"] * 2
        assert emulator.requests[0].body["model"] == "openai/gpt-4o"


async def test_the_older_form_and_batches_of_the_service_take_short_names() -> None:
    async with emulated() as (emulator, client):
        await client.completions.create("Hi", model="gpt4o")
        async with client.completions.stream("Hi", model="gpt4o") as stream:
            await stream.final()
        batch = await client.batches.create(["Hi", Item("b", "Ho", model="gpt4o")], model="gpt4o")
        assert batch.model == "openai/gpt-4o"
        assert paths(emulator) == ["/completions", "/completions", "/batches"]


async def test_the_service_decides_and_not_the_packaged_list() -> None:
    async with emulated(models=["anthropic/claude-3-opus"]) as (emulator, client):
        assert (await client.chat.create("Hi", model="claude3opus")).model == "anthropic/claude-3-opus"
        assert paths(emulator) == ["/chat/completions"]


async def test_errors_about_something_else_do_not_explain_the_name() -> None:
    async with emulated() as (emulator, client):
        emulator.fail(400, "the temperature is too high")
        with pytest.raises(BadRequest) as caught:
            await client.chat.create("Hi", model="gpt4o")
    assert "stands for" not in str(caught.value)


async def test_an_id_is_left_to_the_service() -> None:
    async with emulated() as (emulator, client):
        emulator.reply("Hello.")
        with pytest.raises(Exception, match="not a valid model"):
            await client.chat.create("Hi", model="anthropic/claude-3-opus")
        assert paths(emulator) == ["/chat/completions"]
