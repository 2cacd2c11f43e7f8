"""What a request is foreseen to cost: from its bound, from what was seen before, or not at all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async.spending.forecast import FIRST_ANSWER, MARGIN, Forecast, Request
from openrouter_async.types.models import Pricing

KNOWN = Pricing.model_validate({"prompt": "0.000001", "completion": "0.00001"})


class Prices:
    def price(self, model: str) -> Pricing | None:
        return {
            "a/known": KNOWN,
            "a/router": Pricing.model_validate({"prompt": "-1", "completion": "-1"}),
        }.get(model)


def request(**body: Any) -> Request:
    return Request(json.dumps(body).encode())


def foreseen(forecast: Forecast, call: Request) -> Decimal | None:
    return forecast.cost(call.model, call.prompt_tokens, call.max_tokens)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_bound_of_the_answer_decides(name: str) -> None:
    call = request(model="a/known", messages=[{"role": "user", "content": "hello"}], **{name: 500})
    cost = foreseen(Forecast(Prices()), call)
    assert cost == KNOWN.cost(call.prompt_tokens, 500)
    assert 0 < call.prompt_tokens < 20


def test_without_a_bound_the_longest_answer_so_far_does() -> None:
    forecast = Forecast(Prices())
    call = request(model="a/known", prompt="hello")
    assert foreseen(forecast, call) == KNOWN.cost(call.prompt_tokens, FIRST_ANSWER)
    forecast.learn("a/known", cost=Decimal("0.01"), completion_tokens=40)
    forecast.learn("a/known", cost=Decimal("0.01"), completion_tokens=30)
    assert foreseen(forecast, call) == KNOWN.cost(call.prompt_tokens, 40)


def test_an_answer_that_no_model_writes_costs_its_prompt_only() -> None:
    call = request(model="a/known", input="hello")
    cost = Forecast(Prices()).cost(call.model, call.prompt_tokens, 0)
    assert cost == KNOWN.cost(call.prompt_tokens, 0)


@pytest.mark.parametrize("model", ["a/unknown", "a/router", None])
def test_of_an_unknown_price_the_dearest_so_far_counts(model: str | None) -> None:
    forecast = Forecast(Prices())
    call = request(model=model, prompt="hello")
    assert foreseen(forecast, call) is None
    forecast.learn(model, cost=Decimal("0.02"), completion_tokens=None)
    forecast.learn(model, cost=Decimal("0.01"), completion_tokens=None)
    assert foreseen(forecast, call) == Decimal("0.02") * MARGIN


def test_pictures_do_not_count_as_text() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1_000_000}}
    call = request(model="a/known", messages=[{"role": "user", "content": [picture]}])
    assert call.prompt_tokens < 10_000


@pytest.mark.parametrize("content", [None, b"", b"[]", b"nonsense", b'{"model": 3, "max_tokens": "x"}'])
def test_a_body_that_says_nothing_is_no_failure(content: bytes | None) -> None:
    call = Request(content)
    assert (call.model, call.max_tokens) == (None, None)
    assert foreseen(Forecast(Prices()), call) is None
