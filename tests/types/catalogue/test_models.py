"""What is read of a model never fails on its details, and prices mean what they say."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.types.catalogue.models import Model, ModelPage, Pricing
from tests.support.strategies import damaged

MODEL: dict[str, Any] = {
    "id": "a/x",
    "canonical_slug": "a/x-20260101",
    "name": "A: X",
    "created": 1_700_000_000,
    "context_length": 1000,
    "architecture": {"modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"]},
    "pricing": {
        "prompt": "0.000001",
        "completion": "0.000002",
        "discount": 0.5,
        "overrides": [{"min_prompt_tokens": 200_000, "prompt": "0.000002", "utc_days": ["sunday"]}],
    },
    "top_provider": {"context_length": 1000, "max_completion_tokens": None, "is_moderated": False},
    "supported_parameters": ["tools"],
    "default_parameters": {"temperature": 0.5, "top_k": None},
    "reasoning": {"mandatory": False, "supported_efforts": ["high", None]},
    "benchmarks": {"design_arena": [{"arena": "models", "elo": 1195, "rank": 1, "win_rate": 57.8}]},
    "alias_target": {"name": "X", "slug": "a/x"},
    "links": {"details": "/api/v1/models/a/x/endpoints"},
    "of_tomorrow": {"x": 1},
}


@given(damaged(MODEL))
def test_a_model_is_read_whatever_its_details_are(model: dict[str, Any]) -> None:
    """Only the id is needed; without it there is no model."""
    body = json.dumps(model).encode()
    if isinstance(model.get("id"), str | int | float) and not isinstance(model["id"], bool):
        found = parse(Model, body)
        assert isinstance(found.pricing, Pricing)
        assert found.supported_parameters is None or isinstance(found.supported_parameters, list)
    else:
        with pytest.raises(ParseFailure, match=r"^id: "):
            parse(Model, body)


def test_every_detail_is_kept() -> None:
    model = parse(Model, json.dumps(MODEL).encode())
    assert model.pricing.overrides is not None
    assert model.pricing.overrides[0].utc_days == ["sunday"]
    assert model.pricing.discount == Decimal("0.5")
    assert model.reasoning is not None
    assert model.reasoning.supported_efforts == ["high", None]
    assert model.default_parameters is not None
    assert model.default_parameters.temperature == 0.5
    assert model.alias_target is not None
    assert model.alias_target.slug == "a/x"
    assert model.model_extra == {"of_tomorrow": {"x": 1}}


@pytest.mark.parametrize(
    ("sent", "read", "is_variable", "is_free"),
    [
        ({"prompt": "0.000001", "completion": "0.1"}, (Decimal("0.000001"), Decimal("0.1")), False, False),
        ({"prompt": "0", "completion": "0.0"}, (Decimal(0), Decimal(0)), False, True),
        ({"prompt": "0.1", "completion": "0"}, (Decimal("0.1"), Decimal(0)), False, False),
        ({"prompt": 0.5, "completion": 1}, (Decimal("0.5"), Decimal(1)), False, False),
        ({"prompt": "1e-12", "completion": "999999"}, (Decimal("1e-12"), Decimal(999_999)), False, False),
        ({"prompt": "-1", "completion": "-1"}, (None, None), True, False),
        ({}, (None, None), False, False),
        ({"prompt": "NaN", "completion": "0.1"}, (None, Decimal("0.1")), False, False),
    ],
    ids=str,
)
def test_prices(sent: Any, read: tuple[Decimal, Decimal], is_variable: bool, is_free: bool) -> None:
    pricing = parse(Pricing, json.dumps(sent).encode())
    assert (pricing.prompt, pricing.completion) == read
    assert (pricing.is_variable, pricing.is_free) == (is_variable, is_free)


def test_a_price_that_is_no_number_is_not_known() -> None:
    pricing = parse(Pricing, b'{"prompt": "0.1", "completion": "0.2", "image": "some", "request": "-0.5"}')
    assert (pricing.image, pricing.request) == (None, None)


def test_a_row_that_cannot_be_read_leaves_the_list_readable() -> None:
    page = parse(ModelPage, b'{"data": [{"id": "a/x"}, {"name": "X"}, null, {"id": null}, {"id": "a/y"}]}')
    assert [model.id for model in page.data] == ["a/x", "a/y"]
    assert parse(ModelPage, b'{"data": []}').data == []


@pytest.mark.parametrize("body", [b"{}", b'{"data": [{"name": "X"}]}', b'{"data": [null]}'])
def test_a_list_needs_its_models(body: bytes) -> None:
    with pytest.raises(ParseFailure, match="data"):
        parse(ModelPage, body)


@pytest.mark.parametrize("odd", ["1e999999", "1e-30", "-0.5", "much", "Infinity", 1e300])
def test_a_price_that_cannot_be_meant_is_not_known(odd: Any) -> None:
    pricing = Pricing.model_validate({"prompt": odd, "completion": "0.1", "request": odd, "song": odd})
    assert pricing.prompt is pricing.request is None
    assert pricing.cost(1_000, 1_000) is None
    assert not Pricing.model_validate({"prompt": "0", "completion": "0", "request": odd}).is_free
    assert not Pricing.model_validate({"prompt": "0", "completion": "0", "song": odd}).is_free


def test_what_is_priced_by_the_piece_is_not_free() -> None:
    nothing = {"prompt": "0", "completion": "0"}

    def model(id: str, outputs: list[str] | None, **prices: str | None) -> Model:
        facts = {"output_modalities": outputs}
        return Model.model_validate({"id": id, "architecture": facts, "pricing": {**nothing, **prices}})

    assert model("a/chat", ["text"]).is_free
    assert model("a/chat", ["text"], request=None, image=None).is_free
    assert model("a/silent", None).is_free
    assert model("a/song:free", ["text", "audio"]).is_free
    assert not model("a/song", ["text", "audio"]).is_free
    assert not model("a/film", ["video"]).is_free
    assert not model("a/request", ["text"], request="0.01").is_free
    assert not model("a/newer", ["text"], per_second="0.08").is_free


def test_a_long_prompt_has_the_prices_of_its_override_and_keeps_those_that_it_leaves_out() -> None:
    overrides = [
        {"min_prompt_tokens": 100, "prompt": "2"},
        {"min_prompt_tokens": 200, "completion": "30"},
        {"min_prompt_tokens": 100, "prompt": "7", "utc_days": ["sunday"]},
    ]
    pricing = Pricing.model_validate({"prompt": "1", "completion": "10", "overrides": overrides})
    assert [pricing.cost(tokens, 1) for tokens in (100, 101, 201)] == [110, 212, 432]
