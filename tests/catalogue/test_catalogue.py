"""The catalogue finds models by every name a request may use, and says what it does not know."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import Model, ModelCatalogue
from openrouter_async.catalogue.capabilities import _PARAMETERS as PARAMETERS
from openrouter_async.catalogue.capabilities import is_capable, is_known
from openrouter_async.types.chat.request import REPLACED_PARAMS, ChatParams
from openrouter_async.types.chat.short_names import listings_of

from .make_snapshot import SNAPSHOT, make_snapshot


def listed(id: str, slug: str | None = None, **more: Any) -> Model:
    return Model.model_validate({"id": id, "canonical_slug": slug, **more})


MODELS = [
    listed("a/chat:free", "a/chat-20260101", supported_parameters=["seed"]),
    listed(
        "a/chat",
        "a/chat-20260101",
        supported_parameters=["seed", "tools", "brand_new"],
        architecture={"input_modalities": ["text", "image"], "output_modalities": ["text", "audio"]},
        pricing={"prompt": "0.000001", "completion": "0.000002"},
    ),
    listed("~a/chat-latest", "~a/chat-latest", supported_parameters=["seed", "tools"]),
    listed("a/vectors", architecture={"input_modalities": ["text"], "output_modalities": ["embeddings"]}),
    listed("a/bare", "a/vectors"),
    listed("a/router", pricing={"prompt": "-1", "completion": "-1"}),
]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def catalogue() -> ModelCatalogue:
    return ModelCatalogue(MODELS, fetched_at=NOW)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("a/chat", "a/chat"),
        ("a/chat:free", "a/chat:free"),
        ("a/chat:nitro", "a/chat"),
        ("a/chat:free:online", "a/chat:free"),
        ("a/chat:nitro@preset/polite", "a/chat"),
        ("a/chat@preset/polite", "a/chat"),
        ("a/chat-20260101", "a/chat"),
        ("a/chat-20260101:floor", "a/chat"),
        ("~a/chat-latest", "~a/chat-latest"),
        ("a/vectors", "a/vectors"),
        ("@preset/polite", None),
        ("a/other", None),
        ("~a/other-latest", None),
        ("chat", None),
        ("", None),
        (":free", None),
        ("A/CHAT", None),
    ],
)
def test_names_lead_to_their_listing(catalogue: ModelCatalogue, name: str, id: str | None) -> None:
    found = catalogue.get(name)
    assert (found.id if found else None) == id
    assert (name in catalogue) is (id is not None)
    assert (catalogue.price(name) is None) is (id is None)


def test_the_closest_listing_comes_first() -> None:
    assert list(listings_of("a/b:free:online@preset/x")) == ["a/b:free:online", "a/b:free", "a/b"]


@pytest.mark.parametrize(
    ("name", "capability", "supported"),
    [
        ("a/chat", "tools", True),
        ("a/chat:nitro", "tools", True),
        ("a/chat:free", "tools", False),
        ("a/chat", "structured_outputs", False),
        ("a/chat", "brand_new", True),
        ("a/chat:free", "brand_new", False),
        ("a/chat", "tolls", None),
        ("a/other", "tools", None),
        ("a/bare", "tools", None),
        ("a/bare", "image", None),
        ("a/chat", "image", True),
        ("a/chat", "video", False),
        ("a/chat", "audio", False),
        ("a/chat", "audio_output", True),
        ("a/chat", "image_output", False),
        ("a/chat", "embeddings", False),
        ("a/vectors", "embeddings", True),
        ("a/vectors", "embeddings_output", True),
        ("a/vectors", "smell_output", None),
    ],
)
def test_support_is_true_false_or_not_known(
    catalogue: ModelCatalogue, name: str, capability: str, supported: bool | None
) -> None:
    assert catalogue.supports(name, capability) is supported


def test_a_model_itself_may_be_asked_about(catalogue: ModelCatalogue) -> None:
    foreign = listed("b/other", supported_parameters=["tools"])
    assert catalogue.supports(foreign, "tools") is True
    assert catalogue.price(foreign) is foreign.pricing
    assert is_capable(foreign, "image") is None


def test_models_are_found_by_what_they_support(catalogue: ModelCatalogue) -> None:
    assert [model.id for model in catalogue.supporting("tools")] == ["a/chat", "~a/chat-latest"]
    assert [model.id for model in catalogue.supporting("tools", "image")] == ["a/chat"]
    assert catalogue.supporting("tolls") == []
    assert len(catalogue.supporting()) == len(catalogue)


def test_prices_are_decimals_and_a_routers_price_is_none(catalogue: ModelCatalogue) -> None:
    price, variable = catalogue.price("a/chat"), catalogue.price("a/router")
    assert price is not None
    assert (price.prompt, price.completion, price.is_variable) == (
        Decimal("0.000001"),
        Decimal("0.000002"),
        False,
    )
    assert variable is not None
    assert (variable.prompt, variable.completion, variable.is_variable) == (None, None, True)


def test_it_iterates_in_the_order_of_the_service(catalogue: ModelCatalogue) -> None:
    assert list(catalogue) == MODELS
    assert len(catalogue) == len(MODELS)
    assert 3 not in catalogue


def test_similar_ids_help_with_slips(catalogue: ModelCatalogue) -> None:
    assert catalogue.similar("a/chet")[0] == "a/chat"


def test_its_age_is_in_seconds() -> None:
    past = datetime.now(UTC) - timedelta(seconds=90)
    assert 90 <= ModelCatalogue([], fetched_at=past).age < 100
    assert ModelCatalogue([], fetched_at=datetime.now(UTC) + timedelta(hours=1)).age == 0


def test_it_says_what_it_is(catalogue: ModelCatalogue) -> None:
    assert repr(catalogue) == "<ModelCatalogue of 6 models, service of 2026-06-01 00:00:00+00:00>"


# The packaged list


def test_the_snapshot_has_its_date_and_hundreds_of_models() -> None:
    snapshot = ModelCatalogue.snapshot()
    assert snapshot.source == "snapshot"
    assert snapshot.fetched_at.tzinfo is UTC
    assert snapshot.age == pytest.approx(time.time() - snapshot.fetched_at.timestamp(), abs=5)
    assert len(snapshot) > 300
    assert all(model.name and model.context_length for model in snapshot)
    assert all(snapshot.get(model.id) is model for model in snapshot)


def test_the_snapshot_knows_capabilities_and_prices() -> None:
    snapshot = ModelCatalogue.snapshot()
    assert snapshot.supports("openai/gpt-4o:nitro", "structured_outputs") is True
    assert snapshot.supports("anthropic/claude-sonnet-4", "reasoning") is True
    router = snapshot.price("openrouter/auto")
    assert router is not None
    assert router.is_variable
    free = snapshot.price("openai/gpt-oss-20b:free")
    assert free is not None
    assert free.is_free
    tiered = snapshot.price("anthropic/claude-sonnet-4")
    assert tiered is not None
    assert tiered.overrides is not None
    assert tiered.overrides[0].min_prompt_tokens == 200_000
    assert tiered.overrides[0].prompt == Decimal("0.000006")


def test_the_snapshot_names_its_sources_and_has_no_prose() -> None:
    text = SNAPSHOT.read_text("utf-8")
    assert len(text) < 250_000
    assert "MIT" in text
    assert "Apache-2.0" in text
    assert "description" not in text


def test_the_snapshot_is_what_its_script_makes() -> None:
    from tests.support.folders import EXCHANGES

    assert SNAPSHOT.read_text("utf-8") == make_snapshot(EXCHANGES)


def test_every_parameter_that_is_known_without_a_list_is_one_of_a_request() -> None:
    """A name that is misspelt would be a capability that nobody knows."""
    for name in PARAMETERS:
        assert name in ChatParams.__annotations__ or name in REPLACED_PARAMS, name
    assert is_known("max_completion_tokens")
