"""Values by Responses and by Messages: by a schema, by words, asked again, and in streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Output
from openrouter_async.errors import ConfigurationError, ReplyNotParsed
from openrouter_async.structured.in_messages import StructuredMessage
from openrouter_async.structured.in_responses import StructuredResponse
from openrouter_async.testing import Emulator, Fault

pytestmark = pytest.mark.loopback

DIALECTS = pytest.mark.parametrize("api", ["responses", "messages"])
NATIVE, PROMPTED = "openai/gpt-4.1-mini", "some/unknown-model"
ANSWER = '{"name": "Oslo", "inhabitants": 7}'


class City(BaseModel):
    name: str
    inhabitants: int


def client_of(emulator: Emulator, model: str = NATIVE) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=model)


def asked(emulator: Emulator) -> dict[str, Any]:
    """Return the body of the last request to a model."""
    body: Any = [each for each in emulator.requests if each.method == "POST"][-1].body
    assert isinstance(body, dict)
    return body


def form_in(body: dict[str, Any], api: str) -> Any:
    return body.get("text" if api == "responses" else "output_config", {}).get("format")


@DIALECTS
async def test_a_schema_goes_where_the_dialect_has_it(emulator: Emulator, api: str) -> None:
    emulator.reply(ANSWER)
    async with client_of(emulator) as client:
        reply = await getattr(client, api).create("A city.", output=City)
    form = form_in(asked(emulator), api)
    assert reply.output == City(name="Oslo", inhabitants=7)
    assert (reply.path, len(reply.attempts)) == ("native", 1)
    assert isinstance(reply, StructuredResponse if api == "responses" else StructuredMessage)
    assert form["type"] == "json_schema"
    assert form["schema"]["properties"].keys() == {"name", "inhabitants"}
    assert asked(emulator)["provider"] == {"require_parameters": True}


@DIALECTS
async def test_words_are_added_to_the_instructions_that_are_there(emulator: Emulator, api: str) -> None:
    emulator.reply(ANSWER, times=2)
    own = {"responses": "instructions", "messages": "system"}[api]
    async with client_of(emulator) as client:
        prompted = Output(City, path="prompted")
        await getattr(client, api).create("A city.", output=prompted, **{own: "Be brief."})
        body = asked(emulator)
        assert body[own].startswith("Be brief.\n\n")
        assert "inhabitants" in body[own]
        assert form_in(body, api) is None
        await getattr(client, api).create("A city.", output=prompted)
    assert "inhabitants" in json.dumps(asked(emulator))


@DIALECTS
async def test_a_reply_that_does_not_fit_is_shown_to_the_model(emulator: Emulator, api: str) -> None:
    emulator.reply("nothing of the kind")
    emulator.reply(ANSWER)
    async with client_of(emulator) as client:
        reply = await getattr(client, api).create("A city.", output=City)
    assert [attempt.error is None for attempt in reply.attempts] == [False, True]
    assert "nothing of the kind" in json.dumps(asked(emulator))
    assert reply.cost == sum(attempt.cost for attempt in reply.attempts)


@DIALECTS
async def test_a_stream_gives_partials_and_the_value(emulator: Emulator, api: str) -> None:
    pause = Fault.latency(
        0.5, after={"responses": 5, "messages": 4}[api]
    )  # so that the first piece comes alone
    emulator.reply('{"name": "Os', 'lo", "inhabit', 'ants": 7}', fault=pause)
    async with client_of(emulator) as client, getattr(client, api).stream("A city.", output=City) as stream:
        partials = [partial async for partial in stream.partials()]
        assert (await stream.final()).output == City(name="Oslo", inhabitants=7)
    assert {"name": "Os"} in partials
    emulator.reply("no city")
    async with client_of(emulator) as client, getattr(client, api).stream("A city.", output=City) as stream:
        with pytest.raises(ReplyNotParsed):
            await stream.final()


@DIALECTS
async def test_a_form_of_the_call_itself_is_refused(emulator: Emulator, api: str) -> None:
    given = (
        {"text": {"format": {"type": "text"}}}
        if api == "responses"
        else {"output_config": {"format": {"type": "json_schema", "schema": {}}}}
    )
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match="both output and"):
            await getattr(client, api).create("A city.", output=City, **given)
    assert emulator.requests == []
