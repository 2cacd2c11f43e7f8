"""Values over a socket, from models that can, that cannot, and that say that they can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Output, Retries, StructuredCompletion
from openrouter_async.errors import (
    ConfigurationError,
    Refused,
    ReplyTruncated,
    SchemaMismatch,
    StreamTruncated,
)
from openrouter_async.testing import Emulator, Fault, tool_call

pytestmark = pytest.mark.loopback

NATIVE = "openai/gpt-4o-mini"
PROMPTED = "maker/plain"
MODELS: list[Any] = [
    {"id": NATIVE, "supported_parameters": ["max_tokens", "response_format", "structured_outputs", "tools"]},
    {"id": PROMPTED, "supported_parameters": ["max_tokens", "temperature"]},
]


class City(BaseModel):
    name: str
    districts: dict[str, int] = {}
    founded: int | None = None


OSLO = '{"name": "Oslo", "districts": [{"key": "Frogner", "value": 60}], "founded": 1040}'
PLAIN = '{"name": "Oslo", "districts": {"Frogner": 60}, "founded": 1040}'
CITY = City(name="Oslo", districts={"Frogner": 60}, founded=1040)


@asynccontextmanager
async def service(**settings: Any) -> AsyncIterator[tuple[Emulator, AsyncOpenRouter]]:
    with Emulator(models=MODELS, **settings) as emulator:
        async with AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1)
        ) as client:
            yield emulator, client


def chats(emulator: Emulator) -> list[Any]:
    return [request.body for request in emulator.requests if request.path.endswith("/chat/completions")]


async def test_a_model_that_follows_schemas() -> None:
    async with service() as (emulator, client):
        emulator.reply(OSLO)
        reply = await client.chat.create("A city.", model=NATIVE, output=City)
        assert isinstance(reply, StructuredCompletion)
        assert (reply.output, reply.path, reply.text) == (CITY, "native", OSLO)
        assert reply.generation_id
        assert reply.total_cost == emulator.spent
        (body,) = chats(emulator)
        assert body["response_format"]["json_schema"]["strict"] is True
        assert body["provider"] == {"require_parameters": True}


@pytest.mark.parametrize("streaming", [False, True])
async def test_what_the_client_says_of_every_request_is_kept(streaming: bool) -> None:
    params: Any = {
        "provider": {"zdr": True, "only": ["azure"]},
        "plugins": [{"id": "web"}],
        "response_format": {"type": "json_object"},
    }
    async with service() as (emulator, _):
        emulator.reply(OSLO)
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, params=params) as careful:
            wanted = Output(City, path="native", healing=True)
            if streaming:
                async with careful.chat.stream("A city.", model=NATIVE, output=wanted) as stream:
                    await stream.final()
            else:
                await careful.chat.create("A city.", model=NATIVE, output=wanted)
        (body,) = chats(emulator)
    assert body["provider"] == {"require_parameters": True, "zdr": True, "only": ["azure"]}
    assert body["plugins"] == [{"id": "web"}, *([] if streaming else [{"id": "response-healing"}])]
    assert body["response_format"]["type"] == "json_schema"


async def test_models_that_stand_in_for_every_request_choose_the_path_too() -> None:
    async with service() as (emulator, _):
        emulator.reply(OSLO)
        settings: Any = {"params": {"models": [PROMPTED]}, "base_url": emulator.base_url}
        async with AsyncOpenRouter(emulator.key, **settings) as with_others:
            reply = await with_others.chat.create("A city.", model=NATIVE, output=City)
    assert reply.path == "prompted"


async def test_what_the_emulator_makes_up_fits_any_type() -> None:
    async with service() as (_, client):
        wanted: list[Any] = [City, list[int], int | None, dict[str, list[City]], tuple[int, str], bool]
        for each in wanted:
            reply = await client.chat.create("Anything.", model=NATIVE, output=each)
            assert reply.path == "native"
            assert reply.output == Output(each).schema.validate(reply.output)


async def test_a_model_that_knows_no_schemas() -> None:
    async with service() as (emulator, client):
        emulator.reply(f"<think>Norway?</think>Here you are:\n```json\n{PLAIN}\n```")
        reply = await client.chat.create("A city.", model=PROMPTED, output=City)
        assert (reply.output, reply.path) == (CITY, "prompted")
        (body,) = chats(emulator)
        assert body.keys() == {"model", "messages"}


async def test_a_model_that_lies_about_its_support() -> None:
    async with service() as (emulator, client):
        emulator.reply("Oslo is a nice city.")
        emulator.reply("As I said, it is Oslo.")
        emulator.reply(PLAIN)
        reply = await client.chat.create("A city.", model=NATIVE, output=City)
        assert (reply.output, reply.path) == (CITY, "prompted")
        assert [attempt.path for attempt in reply.attempts] == ["native", "native", "prompted"]
        assert reply.total_cost == emulator.spent


@pytest.mark.parametrize("status", [400, 404])
async def test_a_provider_that_refuses_the_schema(status: int) -> None:
    async with service() as (emulator, client):
        emulator.fail(status, "No endpoints found that can handle the requested parameters: response_format")
        emulator.reply(PLAIN)
        reply = await client.chat.create("A city.", model=NATIVE, output=City)
        assert (reply.output, reply.path, len(reply.attempts)) == (CITY, "prompted", 2)
        emulator.fail(status, "No endpoints found that can handle the requested parameters: response_format")
        emulator.reply(PLAIN)
        async with client.chat.stream("A city.", model=NATIVE, output=City) as stream:
            streamed = await stream.final()
        assert (streamed.output, streamed.path, len(streamed.attempts)) == (CITY, "prompted", 2)


async def test_a_reply_cut_by_the_token_limit() -> None:
    async with service() as (emulator, client):
        emulator.reply(OSLO[:20], finish_reason="length")
        with pytest.raises(ReplyTruncated, match="raise max_tokens") as caught:
            await client.chat.create("A city.", model=NATIVE, output=City)
        assert caught.value.raw == OSLO[:20]
        assert len(chats(emulator)) == 1


async def test_a_refusal() -> None:
    async with service() as (emulator, client):
        emulator.reply(refusal="I will not.")
        with pytest.raises(Refused, match="I will not") as caught:
            await client.chat.create("A city.", model=NATIVE, output=City)
        assert caught.value.raw == "I will not."


async def test_no_fitting_reply_is_an_error_with_the_last_one() -> None:
    async with service() as (emulator, client):
        emulator.reply('{"nom": "Oslo"}', times=2)
        with pytest.raises(SchemaMismatch) as caught:
            await client.chat.create("A city.", model=PROMPTED, output=City)
        error = caught.value
        assert (error.raw, error.attempts) == ('{"nom": "Oslo"}', 2)
        assert error.generation_id
        assert error.completion is not None
        assert error.completion.usage.is_reported


async def test_tools_and_output_together() -> None:
    async with service() as (emulator, client):
        emulator.reply(tool_call("look", city="Oslo"))
        tool: Any = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
        reply = await client.chat.create("A city.", model=NATIVE, output=City, tools=[tool])
        assert reply.tool_calls[0].args == {"city": "Oslo"}


async def test_partials_grow_and_the_final_value_is_validated() -> None:
    async with service() as (emulator, client):
        pieces = [OSLO[start : start + 8] for start in range(0, len(OSLO), 8)]
        emulator.reply(*pieces, fault=Fault.drip(size=200, every=0.001))
        async with client.chat.stream("A city.", model=NATIVE, output=City) as stream:
            shown = [partial async for partial in stream.partials()]
            reply = await stream.final()
            assert await stream.final() is reply
        assert (reply.output, reply.path, reply.end) == (CITY, "native", "done")
        assert len(shown) >= 3
        assert shown[-1] == {"name": "Oslo", "districts": {"Frogner": 60}, "founded": 1040}
        for earlier, later in pairwise(shown):
            assert isinstance(earlier, dict)
            assert isinstance(later, dict)
            assert earlier.keys() <= later.keys()


async def test_a_stream_of_a_model_that_knows_no_schemas() -> None:
    async with service() as (emulator, client):
        emulator.reply("Sure:\n", "```json\n", PLAIN, "\n```")
        async with client.chat.stream("A city.", model=PROMPTED, output=City) as stream:
            shown = [partial async for partial in stream.partials()]
            assert (await stream.final()).output == CITY
        assert shown[-1] == {"name": "Oslo", "districts": {"Frogner": 60}, "founded": 1040}


async def test_a_streamed_reply_that_does_not_fit_is_an_error_each_time() -> None:
    async with service() as (emulator, client):
        emulator.reply('{"nom": "Oslo"}')
        async with client.chat.stream("A city.", model=NATIVE, output=City) as stream:
            for _ in range(2):
                with pytest.raises(SchemaMismatch) as caught:
                    await stream.final()
        assert caught.value.raw == '{"nom": "Oslo"}'
        assert len(chats(emulator)) == 1


async def test_a_stream_that_breaks_off_is_no_value() -> None:
    async with service() as (emulator, client):
        emulator.reply(OSLO, fault=Fault.truncate(after=4))
        async with client.chat.stream("A city.", model=NATIVE, output=City) as stream:
            with pytest.raises(StreamTruncated):
                await stream.final()


async def test_events_are_those_of_every_stream() -> None:
    async with service() as (emulator, client):
        emulator.reply(OSLO)
        async with client.chat.stream("A city.", model=NATIVE, output=City) as stream:
            assert "".join([text async for text in stream.text()]) == OSLO
            assert stream.generation_id


@pytest.mark.parametrize("wanted", [dict[str, Any], list[Any], dict[str, list[dict[str, Any]]], Any])
@pytest.mark.parametrize("prompt", ["Tell me of Oslo.", "5 times 'x'"])
async def test_generated_replies_hold_json_where_the_schema_says_so(wanted: Any, prompt: str) -> None:
    async with service() as (_, client):
        reply = await client.chat.create(prompt, model=NATIVE, output=Output(wanted, attempts=1))
        assert (reply.path, len(reply.attempts)) == ("native", 1)
        assert reply.output


async def test_derived_clients_share_what_an_application_knows() -> None:
    async with service() as (emulator, client):
        derived = client.with_options(default_model=NATIVE)
        assert await derived.chat.native_models.list() == [NATIVE]
        client.chat.native_models.remove(NATIVE)
        assert await derived.chat.native_models.list() == []
        emulator.reply(PLAIN)
        assert (await derived.chat.create("A city.", output=City)).path == "prompted"


async def test_the_model_list_is_asked_for_once_and_only_where_it_decides() -> None:
    async with service() as (emulator, client):
        emulator.reply(PLAIN, times=3)
        await client.chat.create("A city.", model=NATIVE, output=Output(City, path="prompted"))
        assert [request.path for request in emulator.requests if "models" in request.path] == []
        for _ in range(2):
            await client.chat.create("A city.", model=NATIVE, output=City)
        assert len([request for request in emulator.requests if "models" in request.path]) == 1


async def test_a_wrong_type_is_told_before_anything_is_sent() -> None:
    async with service() as (emulator, client):
        with pytest.raises(ConfigurationError):
            await client.chat.create("A city.", model=NATIVE, output=object())  # type: ignore[call-overload]
        with pytest.raises(ConfigurationError):
            client.chat.stream("A city.", model=NATIVE, output={"$ref": "http://127.0.0.1/x"})
        assert emulator.requests == []
