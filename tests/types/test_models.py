"""What is read of a model never fails on its details, and prices mean what they say."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from openrouter_async._sansio.parse import ParseFailure, parse
from openrouter_async.types.models import Model, ModelPage, Pricing
from tests.strategies import damaged

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
        ({"prompt": 0.5, "completion": 1}, (Decimal("0.5"), Decimal(1)), False, False),
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


def test_a_list_needs_its_models() -> None:
    with pytest.raises(ParseFailure, match=r"data\.1\.id: field required"):
        parse(ModelPage, b'{"data": [{"id": "a/x"}, {"name": "X"}]}')
