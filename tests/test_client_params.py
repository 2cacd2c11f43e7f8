"""Parameters and the model that a client gives to calls that do not name them, and the short names of models."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError
from openrouter_async.testing import Emulator
from openrouter_async.types.chat.presets import PRESETS

pytestmark = pytest.mark.loopback

MODEL = "openai/gpt-4o"


def body_of(emulator: Emulator) -> dict[str, Any]:
    body = emulator.requests[-1].body
    assert isinstance(body, dict)
    return body


async def test_a_call_wins_over_its_client_and_a_derived_client_adds() -> None:
    with Emulator() as emulator:
        client = AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, default_model=MODEL, params=PRESETS["precise"]
        )
        async with client:
            await client.chat.create("one")
            assert (body_of(emulator)["temperature"], body_of(emulator)["top_p"]) == (0.2, 0.9)
            await client.chat.create("two", temperature=0.5)
            assert (body_of(emulator)["temperature"], body_of(emulator)["top_p"]) == (0.5, 0.9)
            derived = client.with_options(params={"top_p": 0.3, "max_tokens": 9})
            async with derived.chat.stream("three") as stream:
                await stream.final()
            sent = body_of(emulator)
            assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.2, 0.3, 9)
            await client.chat.create("four", options={"params": {"seed": 1}})
            assert (body_of(emulator)["seed"], body_of(emulator)["temperature"]) == (1, 0.2)
            await client.chat.create("five")
            assert "seed" not in body_of(emulator)


async def test_the_model_and_the_parameters_of_a_client_can_be_changed() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            chat = client.chat  # what was made before uses them too
            client.default_model = "openai/gpt-4o-mini"
            client.params = PRESETS["deterministic"]
            await chat.create("one")
            assert body_of(emulator)["model"] == client.default_model == "openai/gpt-4o-mini"
            assert body_of(emulator)["seed"] == client.params["seed"] == 42
            client.params = {}
            await chat.create("two")
            assert "seed" not in body_of(emulator)


async def test_a_preset_is_given_to_one_call() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            await client.chat.create("one", model=MODEL, **PRESETS["code"])
            assert body_of(emulator)["temperature"] == 0.1


async def test_the_older_form_gets_those_of_the_parameters_that_it_has() -> None:
    with Emulator() as emulator:
        client = AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, params={"temperature": 0.1, "tool_choice": "none"}
        )
        async with client:
            await client.completions.create("one", model=MODEL)
            assert body_of(emulator)["temperature"] == 0.1
            assert "tool_choice" not in body_of(emulator)


async def test_a_short_name_is_sent_as_the_id_it_stands_for() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model="gpt4o") as client:
            await client.chat.create("one")
            assert body_of(emulator)["model"] == MODEL
            await client.completions.create("two", model="gpt4omini")
            assert body_of(emulator)["model"] == "openai/gpt-4o-mini"


async def test_parameters_that_are_none_are_refused_where_they_are_used() -> None:
    wrong: dict[str, Any] = {"params": {"temprature": 1}}
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, **wrong) as client:
            with pytest.raises(ConfigurationError, match="did you mean 'temperature'"):
                await client.chat.create("one", model=MODEL)
        assert emulator.requests == []
    unfit: dict[str, Any] = {"params": "precise"}
    with pytest.raises(ConfigurationError, match="params is a str; expected a dict"):
        AsyncOpenRouter("sk-or-v1-x", **unfit)
