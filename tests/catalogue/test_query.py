"""Models are found by what they can do and cost, and one that is gone names its successor."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from openrouter_async import AsyncOpenRouter, ConfigurationError, ModelCatalogue, Retries
from openrouter_async.catalogue.query import successor
from openrouter_async.types.catalogue.models import Model
from openrouter_async.types.chat.presets import PRESETS
from openrouter_async.types.chat.request import check_chat_params
from openrouter_async.types.chat.short_names import FREE_MODELS, MODELS, resolve_alias


def model(id: str, **facts: Any) -> Model:
    return Model.model_validate({"id": id, **facts})


CHEAP = model(
    "acme/small-1",
    name="Acme: Small",
    created=10,
    context_length=8_000,
    pricing={"prompt": "0.0000001", "completion": "0.0000002"},
    supported_parameters=["tools"],
    architecture={"input_modalities": ["text"], "output_modalities": ["text"]},
)
DEAR = model(
    "acme/large-2",
    name="Acme: Large",
    created=30,
    context_length=200_000,
    pricing={"prompt": "0.000003", "completion": "0.000015"},
    supported_parameters=["tools", "structured_outputs", "reasoning"],
    architecture={"input_modalities": ["text", "image"], "output_modalities": ["text"]},
)
GRATIS = model(
    "other/llama:free",
    name="Other: Llama (free)",
    created=20,
    context_length=32_000,
    pricing={"prompt": "0", "completion": "0"},
    supported_parameters=[],
    architecture={"input_modalities": ["text"], "output_modalities": ["text"]},
)
UNKNOWN = model("other/unsaid")
ROUTER = model("openrouter/auto", pricing={"prompt": "-1", "completion": "-1"}, context_length=2_000_000)
ALL = [CHEAP, DEAR, GRATIS, UNKNOWN, ROUTER]


def catalogue(*models: Model) -> ModelCatalogue:
    from datetime import UTC, datetime

    return ModelCatalogue(models or ALL, fetched_at=datetime(2026, 11, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, ALL, id="all"),
        pytest.param({"text": "ACME large"}, [DEAR], id="words"),
        pytest.param({"text": "(free)"}, [GRATIS], id="words of the name"),
        pytest.param({"free": True}, [GRATIS], id="free"),
        pytest.param({"free": False}, [CHEAP, DEAR, UNKNOWN, ROUTER], id="not free"),
        pytest.param({"author": "Acme"}, [CHEAP, DEAR], id="author"),
        pytest.param({"supports": "tools"}, [CHEAP, DEAR], id="one capability"),
        pytest.param({"supports": ["tools", "image"]}, [DEAR], id="several capabilities"),
        pytest.param({"input_modalities": "image"}, [DEAR], id="input"),
        pytest.param({"output_modalities": ["text"]}, [CHEAP, DEAR, GRATIS], id="output"),
        pytest.param({"context": 32_000}, [DEAR, GRATIS, ROUTER], id="context"),
        pytest.param({"max_price": 1}, [CHEAP, GRATIS], id="price of input"),
        pytest.param({"max_output_price": "0.2"}, [CHEAP, GRATIS], id="price of output"),
        pytest.param({"free": True, "supports": "tools"}, [], id="nothing passes"),
        pytest.param(
            {"order": "newest", "context": 1, "max_price": 9}, [DEAR, GRATIS, CHEAP], id="newest first"
        ),
        pytest.param({"order": "newest"}, ALL, id="as listed, where an age is not known"),
        pytest.param({"order": "cheapest"}, [GRATIS, CHEAP, DEAR, UNKNOWN, ROUTER], id="cheapest first"),
        pytest.param({"order": "context", "author": "acme"}, [DEAR, CHEAP], id="longest first"),
        pytest.param({"order": "name", "author": "acme"}, [DEAR, CHEAP], id="by name"),
    ],
)
def test_what_passes_and_in_which_order(query: dict[str, Any], found: list[Model]) -> None:
    assert catalogue().find(**query) == found


@pytest.mark.parametrize(
    ("query", "told"),
    [
        pytest.param({"price": 1}, "cannot be found by 'price'", id="unknown"),
        pytest.param({"order": "best"}, "order is 'best'", id="order"),
        pytest.param({"max_price": "cheap"}, "max_price is 'cheap'", id="price"),
        pytest.param({"text": 5}, "text is 5; expected text", id="text"),
        pytest.param({"free": "yes"}, "free is 'yes'; expected True or False", id="free"),
        pytest.param({"author": ["acme"]}, r"author is \['acme'\]; expected text", id="author"),
        pytest.param(
            {"context": "long"}, "context is 'long'; expected a whole number of tokens", id="context"
        ),
        pytest.param({"supports": 5}, "supports is 5; expected a word, or a list", id="capability"),
        pytest.param({"input_modalities": [None]}, r"input_modalities is \[None\]", id="modality"),
    ],
)
def test_a_query_that_is_wrong_is_refused(query: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        catalogue().find(**query)


# names


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_short_name_is_known_or_says_what_it_stands_for(name: str) -> None:
    packaged = ModelCatalogue.snapshot()
    if MODELS[name] in packaged:
        assert packaged.resolve(name).id == MODELS[name]
        assert packaged.get(name) == packaged.get(MODELS[name])
    else:
        with pytest.raises(
            ConfigurationError, match=f"'{name}' stands for '{MODELS[name]}', which is not among"
        ):
            packaged.resolve(name)


def test_short_names_cannot_be_mistaken_for_ids() -> None:
    assert not [name for name in MODELS if set(name) & set("/~@:")]
    assert all("/" in id for id in (*MODELS.values(), *FREE_MODELS))


@pytest.mark.parametrize(
    ("name", "id"),
    [("gpt4o", "openai/gpt-4o"), ("openai/o3", "openai/o3"), (None, None), ("@preset/x", "@preset/x")],
)
def test_only_short_names_are_replaced(name: str | None, id: str | None) -> None:
    assert resolve_alias(name) == id


LISTED = [
    model("anthropic/claude-opus-4", created=1),
    model("anthropic/claude-opus-4.6", created=3),
    model("anthropic/claude-haiku-4.5", created=9),
    model("anthropic/claude-opus-4.6-fast", created=10),
    model("google/gemini-3-flash", created=8),
    model("google/gemini-3-pro-preview-customtools", created=7),
    model("google/gemini-2.5-pro", created=5),
    model("google/gemma-3-27b-it", created=6),
    model("google/gemma-3-4b-it:free", created=2),
]


@pytest.mark.parametrize(
    ("gone", "stand_in"),
    [
        pytest.param("anthropic/claude-3-opus", "anthropic/claude-opus-4.6", id="newest of its size"),
        pytest.param("google/gemini-pro-1.5", "google/gemini-2.5-pro", id="size before age"),
        pytest.param("google/gemma-2-9b-it:free", "google/gemma-3-4b-it:free", id="same variant"),
        pytest.param("google/gemini-nano", None, id="no model of its size"),
        pytest.param("anthropic/claude-opus-3:free", None, id="none of its variant"),
        pytest.param("google/palm-2", None, id="no such family"),
        pytest.param("nobody/claude-3-opus", None, id="no such author"),
        pytest.param("openai/4", None, id="no word in it"),
    ],
)
def test_the_successor_differs_by_its_version_alone(gone: str, stand_in: str | None) -> None:
    found = successor(LISTED, gone)
    assert (None if found is None else found.id) == stand_in


@pytest.mark.parametrize(
    ("price", "cost", "found"),
    [
        ("0.000004", None, False),
        ("0.0000014", None, True),
        ("0.000004", "0.000008", True),
        ("0.000014", "0.000008", False),
    ],
)
def test_the_successor_is_not_much_dearer(price: str, cost: str | None, found: bool) -> None:
    """It is held against what the model cost, or against the cheapest of its kin."""
    cheap, new = {"prompt": "0.000001", "completion": "0"}, {"prompt": price, "completion": "0"}
    listed = [model("a/big-2", created=2, pricing=cheap), model("a/big-9", created=9, pricing=new)]
    newest = successor(listed, "a/big-1", cost=None if cost is None else Decimal(cost))
    assert newest == (listed[1] if found else listed[0])


@pytest.mark.parametrize("short", ["gemini", "claude3opus"])
def test_what_stands_in_for_a_short_name_is_a_plain_model(short: str) -> None:
    found = successor(ModelCatalogue.snapshot(), MODELS[short])
    assert found is not None
    assert not {"fast", "customtools", "image"} & set(re.split("[-.]", found.id))


def test_ages_that_are_not_known_leave_the_order_of_the_service() -> None:
    listed = [model("openai/gpt-6", created=0), model("openai/gpt-4o-2024-08-06", created=1722902400)]
    assert catalogue(*listed).find(order="newest") == listed
    assert successor(listed, "openai/gpt-9") == listed[0]


@pytest.mark.parametrize("name", [None, 5])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"the name of a model is {name}"):
        catalogue().resolve(name)


def test_the_error_of_a_model_that_is_gone_names_its_successor() -> None:
    with pytest.raises(ConfigurationError) as caught:
        catalogue(*LISTED).resolve("claude3opus")
    assert str(caught.value) == (
        "'claude3opus' stands for 'anthropic/claude-3-opus', which is not among the 9 models that the service"
        " lists, as of 2026-11-01; the newest of its family is 'anthropic/claude-opus-4.6'"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("google/gemini-3-flush", "there are 'google/gemini-3-flash'"),
        ("gogle/gemini-3-flash", "there are 'google/gemini-3-flash'"),
    ],
)
def test_the_error_of_a_misspelt_model_names_others(name: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        catalogue(*LISTED).resolve(name)


# the client


def client_with(*models: Model) -> AsyncOpenRouter:
    router = respx.MockRouter(assert_all_called=False)
    body = {"data": [model.model_dump(mode="json") for model in models]}
    router.get(path="/api/v1/models").respond(200, json=body)
    return AsyncOpenRouter(
        base_url="https://openrouter.ai/api/v1",
        transport=httpx.MockTransport(router.async_handler),
        retries=Retries(attempts=1),
    )


async def test_the_client_searches_its_catalogue() -> None:
    async with client_with(*ALL) as client:
        assert [model.id for model in await client.models.search("acme", supports="image")] == [
            "acme/large-2"
        ]
        assert [model.id for model in await client.models.free(context=10_000)] == ["other/llama:free"]
        assert await client.models.resolve("acme/small-1:nitro") == "acme/small-1"


async def test_a_random_free_model_is_one_that_is_listed_and_writes_text() -> None:
    also = model(
        "other/free", pricing={"prompt": "0", "completion": "0"}, architecture={"output_modalities": ["text"]}
    )
    picture = model(
        "other/draw",
        pricing={"prompt": "0", "completion": "0"},
        architecture={"output_modalities": ["image"]},
    )
    chooser = model(
        "openrouter/free",
        pricing={"prompt": "0", "completion": "0"},
        architecture={"output_modalities": ["text"]},
    )
    song = model(
        "other/song",
        pricing={"prompt": "0", "completion": "0"},
        architecture={"output_modalities": ["text", "audio"]},
    )
    judge = model(
        "other/content-safety:free",
        pricing={"prompt": "0", "completion": "0"},
        architecture={"output_modalities": ["text"]},
    )
    async with client_with(*ALL, also, picture, chooser, song, judge) as client:
        drawn = {await client.models.random_free_model() for _ in range(200)}
        free = {each.id for each in await client.models.free()}
        drawings = await client.models.free(output_modalities="image")
    assert drawn == {"other/llama:free", "other/free"}
    assert free == drawn | {"openrouter/free"}
    assert drawings == []  # pictures that have no price are not free


async def test_without_any_free_model_listed_one_of_the_built_in_list_is_drawn() -> None:
    async with client_with(CHEAP) as client:
        assert await client.models.random_free_model() in FREE_MODELS


# presets


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_holds_parameters_that_requests_take(name: str) -> None:
    assert check_chat_params(PRESETS[name], stream=False) == PRESETS[name]


def test_presets_have_the_values_they_are_known_for() -> None:
    assert dict(PRESETS) == {
        "creative": {"temperature": 1.0, "top_p": 0.95},
        "balanced": {"temperature": 0.7, "top_p": 1.0},
        "precise": {"temperature": 0.2, "top_p": 0.9},
        "deterministic": {"temperature": 0, "top_p": 1.0, "seed": 42},
        "code": {"temperature": 0.1, "top_p": 0.95},
    }


def test_most_short_names_stand_for_a_packaged_model_and_some_for_a_newer_one() -> None:
    """So that both sides of the test above are reached."""
    packaged = ModelCatalogue.snapshot()
    assert 0 < sum(id in packaged for id in MODELS.values()) < len(MODELS)
