"""`once`: a repetition is answered from the service's cache; held against what the emulator bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, ResponseCache, Retries, Timeouts, errors
from openrouter_async._sansio.once import METADATA_KEY
from openrouter_async.testing import Emulator
from openrouter_async.testing.faults import Fault

pytestmark = pytest.mark.loopback

MODEL = "openai/gpt-4o-mini"
FAST = Retries(base=0.001)
FAULTS = {
    "reset before the headers": Fault.reset(),
    "closed before the headers": Fault.disconnect(),
    "no HTTP": Fault.garbage(),
    "broken off in the body": Fault.disconnect(after=0),
    "nothing for long": Fault.stall(),
}


def client_of(emulator: Emulator, **settings: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=FAST, **settings
    )


async def fair_price() -> Decimal:
    with Emulator() as emulator:
        emulator.reply("word " * 100)
        async with client_of(emulator) as client:
            await client.chat.create("hi")
        return emulator.spent


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("finishes", [True, False], ids=["finished unread", "given up"])
async def test_a_call_that_breaks_off_is_billed_once_where_the_service_finishes_it(
    fault: Fault, finishes: bool
) -> None:
    fair = await fair_price()
    with Emulator(finishes_unread=finishes) as emulator:
        emulator.reply("word " * 100, fault=fault)
        emulator.reply("word " * 100)
        async with client_of(emulator, timeouts=Timeouts(headers=0.3, idle=0.3)) as client:
            reply = await client.chat.create("hi", options={"once": True})
        assert reply.text == "word " * 100
        assert len(emulator.requests) == 2
        assert (emulator.spent == fair) is finishes
        assert reply.cache is not None
        assert reply.cache.is_hit is finishes


async def test_without_once_the_same_is_billed_twice_or_not_sent_again() -> None:
    fair = await fair_price()
    with Emulator() as emulator:
        for fault in (Fault.reset(), None, Fault.stall()):
            emulator.reply("word " * 100, fault=fault)
        async with client_of(emulator, timeouts=Timeouts(headers=0.3, idle=0.3)) as client:
            await client.chat.create("hi")
            assert emulator.spent == 2 * fair
            with pytest.raises(errors.RequestTimeout):
                await client.chat.create("hi")
        assert len(emulator.requests) == 3


async def test_each_call_has_a_key_of_its_own_and_each_attempt_the_same() -> None:
    with Emulator() as emulator:
        emulator.fail(503)
        async with client_of(emulator) as client:
            for _ in range(2):
                await client.chat.create("hi", options={"once": True}, metadata={"a": "b"})
            async with client.with_options(once=True).chat.stream("hi") as stream:
                await stream.final()
            await client.chat.create("hi", extra_body={"metadata": {"c": "d"}}, options={"once": "order 17"})
        metadata: list[Any] = [request.json["metadata"] for request in emulator.requests]
        keys = [each[METADATA_KEY] for each in metadata]
        assert keys[0] == keys[1]
        assert len(set(keys)) == 4
        assert keys[-1] == "order 17"
        assert [each.get("a") for each in metadata] == ["b", "b", "b", None, None]
        assert metadata[-1] == {"c": "d", METADATA_KEY: "order 17"}
        headers = [request.headers for request in emulator.requests]
        assert {each["x-openrouter-cache"] for each in headers} == {"true"}
        assert {each["x-openrouter-cache-ttl"] for each in headers} == {"86400"}


async def test_a_key_of_the_callers_own_repeats_the_call_from_another_client() -> None:
    with Emulator() as emulator:
        for _ in range(2):
            async with client_of(emulator) as client:
                reply = await client.chat.create(
                    "hi", options={"once": "order 17", "cache": ResponseCache(ttl=60)}
                )
        assert reply.cache is not None
        assert reply.cache.is_hit
        assert reply.cost == 0
        assert emulator.requests[0].headers["x-openrouter-cache-ttl"] == "60"


async def test_without_once_nothing_is_sent_for_it() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            await client.chat.create("hi", options={"once": False})
        assert "metadata" not in emulator.requests[0].json
        assert "x-openrouter-cache" not in emulator.requests[0].headers


@pytest.mark.parametrize("once", [1, "", "x" * 513, None, ["a"]])
async def test_what_is_no_key_is_refused(once: Any) -> None:
    async with AsyncOpenRouter("sk-or-v1-x") as client:
        with pytest.raises(ConfigurationError, match="once is"):
            await client.chat.create("hi", model=MODEL, options={"once": once})


@pytest.mark.parametrize("cache", [ResponseCache(enabled=False), ResponseCache(clear=True)], ids=repr)
async def test_a_cache_that_could_not_answer_is_refused(cache: ResponseCache) -> None:
    async with AsyncOpenRouter("sk-or-v1-x") as client:
        with pytest.raises(ConfigurationError, match="once needs the response cache"):
            await client.chat.create("hi", model=MODEL, options={"once": True, "cache": cache})


async def test_what_cannot_keep_the_promise_is_refused() -> None:
    async with AsyncOpenRouter("sk-or-v1-x") as client:
        for call in (
            client.completions.create("hi", model=MODEL, options={"once": True}),
            client.embeddings.create("hi", model=MODEL, options={"once": True}),
            client.request("POST", "/x", into=dict, options={"once": True}),
        ):
            with pytest.raises(ConfigurationError, match="once is given to"):
                await call
