"""What a request is foreseen to cost: at most where that is known, and told as unknown where it is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.charges import Charge
from openrouter_async.spending.forecast import FIRST_ANSWER, MARGIN, Forecast, Foreseen, Request
from openrouter_async.types.catalogue.models import Model, Pricing

CHEAP = {"prompt": "0.000001", "completion": "0.00001"}
DEAR = {"prompt": "0.0001", "completion": "0.001"}
PRICES: dict[str, dict[str, Any]] = {
    "a/cheap": {"pricing": CHEAP},
    "a/dear": {"pricing": DEAR},
    "a/free": {"pricing": {"prompt": "0", "completion": "0"}},
    "a/router": {"pricing": {"prompt": "-1", "completion": "-1"}},
    "a/request": {"pricing": {"prompt": "0", "completion": "0", "request": "0.02"}},
    "a/odd": {"pricing": {"prompt": "1e999999", "completion": "1e-30"}},
    "a/newer": {"pricing": {"prompt": "0", "completion": "0", "per_second": "0.1"}},
    "a/song": {
        "pricing": {"prompt": "0", "completion": "0"},
        "architecture": {"output_modalities": ["text", "audio"]},
    },
    "a/sight": {"pricing": {**CHEAP, "image": "0.5"}},
    "a/ear": {"pricing": {**CHEAP, "audio": "0.0001"}},
    "a/cache": {"pricing": {**CHEAP, "input_cache_write_1h": "0.000002"}},
    "a/think": {"pricing": {**CHEAP, "internal_reasoning": "0.00002"}},
    "a/long": {"pricing": {**CHEAP, "overrides": [{"min_prompt_tokens": 50, **DEAR}]}},
    "a/night": {"pricing": {**CHEAP, "overrides": [{"utc_start": 100, "utc_end": 200, **DEAR}]}},
}


class Prices:
    def get(self, name: str) -> Model | None:
        facts = PRICES.get(name)
        return None if facts is None else Model.model_validate({"id": name, **facts})


def request(text: str = "hello", path: str = "/chat/completions", **body: Any) -> Request:
    return Request({"messages": [{"role": "user", "content": text}], **body}, path)


def foreseen(**body: Any) -> Foreseen:
    return Forecast(Prices()).of(request(**body))


def priced(prices: dict[str, str], answer: int, call: Request | None = None) -> Decimal | None:
    tokens = (call or request(model="a/cheap")).prompt_tokens
    return Pricing.model_validate(prices).cost(tokens, answer)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_bound_of_the_answer_decides(name: str) -> None:
    found = foreseen(model="a/cheap", **{name: 500})
    assert (found.cost, found.is_known) == (priced(CHEAP, 500), True)


def test_of_several_bounds_the_larger_counts_and_of_several_models_the_dearest() -> None:
    assert foreseen(model="a/cheap", max_tokens=5, max_completion_tokens=700).cost == priced(CHEAP, 700)
    assert foreseen(model="a/free", models=["a/cheap", "a/dear"], max_tokens=5).cost == priced(DEAR, 5)
    assert foreseen(model="a/dear", models=["a/free"], max_tokens=5).cost == priced(DEAR, 5)


def test_each_of_several_answers_counts() -> None:
    assert foreseen(model="a/cheap", max_tokens=500, n=3).cost == priced(CHEAP, 1_500)


@pytest.mark.parametrize("bound", [None, -5, 0, -(10**9), True, "500", [5], float("nan")])
def test_what_is_no_bound_bounds_nothing(bound: Any) -> None:
    found = foreseen(model="a/cheap", max_tokens=bound)
    assert (found.cost, found.is_known) == (priced(CHEAP, FIRST_ANSWER), False)


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        pytest.param({"model": "a/request", "max_tokens": 9}, Decimal("0.02"), id="a price of the request"),
        pytest.param({"model": "a/long", "max_tokens": 9, "text": "word " * 90}, "dear", id="a long prompt"),
        pytest.param({"model": "a/night", "max_tokens": 9}, "dear", id="a price of the hour"),
        pytest.param({"model": "a/think", "max_tokens": 9}, 9 * Decimal("0.00002"), id="reasoning"),
    ],
)
def test_the_dearest_case_counts(body: dict[str, Any], cost: Any) -> None:
    call = request(**body)
    found = Forecast(Prices()).of(call)
    assert found.is_known
    assert found.cost >= (priced(DEAR, 9, call) if cost == "dear" else cost)  # type: ignore[operator]  # both known


def test_pictures_sound_and_caching_have_prices_of_their_own() -> None:
    def of(model: str, part: dict[str, Any]) -> Decimal:
        body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": [part]}]}
        return Forecast(Prices()).of(Request(body)).cost

    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    marked = {"type": "text", "text": "word " * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert of("a/sight", image) > Decimal("0.5") > of("a/cheap", image)
    assert of("a/ear", sound) > 5 * of("a/cheap", sound)
    assert of("a/cache", marked) > Decimal("1.5") * of("a/cheap", marked)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no model"),
        pytest.param({"model": "b/other"}, id="a model that is not listed"),
        pytest.param({"model": "a/router"}, id="a router"),
        pytest.param({"model": "a/odd"}, id="prices that cannot be meant"),
        pytest.param({"model": "a/song"}, id="songs"),
        pytest.param({"model": "a/newer"}, id="a price of a newer kind"),
        pytest.param({"model": "a/free", "models": ["b/other"]}, id="a fallback that is not listed"),
        pytest.param({"model": "@preset/x"}, id="a preset"),
        pytest.param({"model": "a/free@preset/x"}, id="a model with a preset"),
        pytest.param({"model": "a/free", "preset": "x"}, id="a preset beside"),
        pytest.param({"model": "a/free:online"}, id="a search by the name"),
        pytest.param({"model": "a/free", "plugins": [{"id": "web"}]}, id="a search by a plugin"),
        pytest.param({"model": "a/free", "plugins": [{"id": "file-parser"}]}, id="a parser"),
        pytest.param({"model": "a/free", "plugins": [{"id": "of tomorrow"}]}, id="a newer plugin"),
        pytest.param({"model": "a/free", "tools": [{"type": "openrouter:web_search"}]}, id="a server tool"),
        pytest.param({"model": "a/free", "web_search_options": {}}, id="a search by options"),
        pytest.param({"model": "a/free", "modalities": ["text", "image"]}, id="pictures asked for"),
        pytest.param({"model": "a/free", "audio": {"voice": "x"}}, id="sound asked for"),
        pytest.param({"model": "a/cheap", "service_tier": "priority"}, id="a faster tier"),
        pytest.param({"model": "a/free", "path": "/images"}, id="an operation of another kind"),
        pytest.param(
            {"model": "a/free", "messages": [{"role": "user", "content": [{"type": "file"}]}]}, id="a file"
        ),
    ],
)
def test_what_has_no_listed_price_is_unknown_until_one_was_seen_and_never_free(body: dict[str, Any]) -> None:
    forecast = Forecast(Prices())
    call = request(**{"max_tokens": 100, **body})
    assert not forecast.of(call).is_known
    assert not forecast.of(call).is_free
    forecast.learn(call, Charge(cost=Decimal("0.02")))
    forecast.learn(call, Charge(cost=Decimal("0.01")))
    found = forecast.of(request(**{"max_tokens": 100, **body}))
    assert found.is_known
    assert found.cost == max(Decimal("0.02") * MARGIN, forecast.priced(call, 100) or Decimal(0))


@pytest.mark.parametrize(
    "body",
    [
        {"plugins": [{"id": "response-healing"}, {"id": "web", "enabled": False}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "openrouter:datetime"}]},
        {"modalities": ["text"], "service_tier": "flex"},
        {"models": ["a/free"]},
    ],
    ids=str,
)
def test_what_costs_nothing_by_itself_leaves_a_free_call_free(body: dict[str, Any]) -> None:
    """Else a budget would be in the way of calls that it has nothing to do with."""
    assert foreseen(model="a/free", **body).is_free


def test_an_embedding_costs_its_prompt_only() -> None:
    call = Request({"model": "a/cheap", "input": "hello"}, "/embeddings")
    found = Forecast(Prices()).of(call)
    assert (found.cost, found.is_known) == (priced(CHEAP, 0, call), True)


def test_without_a_bound_the_longest_answer_so_far_counts() -> None:
    forecast = Forecast(Prices())
    call = request(model="a/cheap")
    for tokens in (40, 30):
        forecast.learn(call, Charge(cost=priced(CHEAP, tokens), completion_tokens=tokens))
    assert forecast.of(call) == Foreseen(
        cost=priced(CHEAP, 40) or Decimal(0), is_known=True, priced=priced(CHEAP, 40)
    )


def test_what_a_call_cost_beyond_its_price_is_added_to_its_kind_from_then_on() -> None:
    forecast = Forecast(Prices())
    call = request(model="a/cheap", max_tokens=100)
    assert forecast.of(call).cost < Decimal("0.01")
    forecast.learn(call, Charge(cost=Decimal("0.60"), completion_tokens=10))
    forecast.learn(call, Charge(cost=Decimal("0.10"), completion_tokens=10))
    assert forecast.of(call).cost == Decimal("0.60")
    assert Decimal("0.60") < forecast.of(request(model="a/cheap", max_tokens=200)).cost < Decimal("0.61")
    assert forecast.of(request(model="a/dear", max_tokens=1)).cost < Decimal("0.1")  # another kind


def test_a_call_on_a_key_of_ones_own_counts_with_what_its_provider_charged() -> None:
    forecast = Forecast(Prices())
    call = request(model="a/router", max_tokens=100)
    forecast.learn(call, Charge(cost=Decimal(0), byok_cost=Decimal("0.6")))
    assert forecast.of(call).cost == Decimal("0.6") * MARGIN


@pytest.mark.parametrize(
    "body",
    [
        {"model": "a/router", "max_tokens": 100},
        {"model": "a/free", "max_tokens": 100, "plugins": [{"id": "web"}]},
        {"model": "a/cheap"},
    ],
)
def test_a_call_that_cost_nothing_does_not_make_the_next_one_free(body: dict[str, Any]) -> None:
    """As one whose answer a cache gave: no tokens and no cost."""
    forecast = Forecast(Prices())
    call = request(**body)
    before = forecast.of(call)
    forecast.learn(call, Charge(cost=Decimal(0), completion_tokens=0))
    assert forecast.of(call) == before
    assert not before.is_known
    forecast.learn(call, Charge(cost=Decimal("0.5"), completion_tokens=0))
    assert forecast.of(call).is_known
    assert forecast.of(call).cost >= Decimal("0.5")


def test_an_answer_that_cost_nothing_shows_how_long_answers_are() -> None:
    forecast = Forecast(Prices())
    call = request(model="a/cheap")
    forecast.learn(call, Charge(cost=Decimal(0), completion_tokens=40))
    assert forecast.of(call) == Foreseen(
        cost=priced(CHEAP, 40) or Decimal(0), is_known=True, priced=priced(CHEAP, 40)
    )


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ([7] * 1_000, 1_000, 1_050),
        ([[7] * 600, [8] * 400], 1_000, 1_050),
        ([{"content": [{"type": "text", "text": "word " * 1_000}]}], 1_000, 2_000),
        ([{"role": "user", "content": "word " * 1_000}], 1_000, 2_000),
        ([{"type": "function_call_output", "call_id": "1", "output": "word " * 1_000}], 1_000, 2_000),
    ],
)
def test_a_prompt_counts_in_whatever_form_it_is_given(given: Any, least: int, most: int) -> None:
    assert least <= Request({"model": "openai/x", "input": given}, "/embeddings").prompt_tokens <= most
    assert Request({"model": "openai/x", "prompt": given}, "/completions").prompt_tokens >= least


def test_pictures_do_not_count_as_text() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1_000_000}}
    call = Request({"model": "a/cheap", "messages": [{"role": "user", "content": [picture]}]})
    assert call.prompt_tokens < 10_000


@pytest.mark.parametrize("content", [None, b"", b"[]", b"nonsense", b'{"model": 3, "max_tokens": "x"}'])
def test_a_body_that_says_nothing_is_no_failure(content: bytes | None) -> None:
    call = Request.read(content)
    assert (call.model, call.bound) == (None, None)
    assert not Forecast(Prices()).of(call).is_known


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "model", "models", "max_tokens", "max_completion_tokens", "n", "plugins", "tools", "modalities", "messages",
    "input", "service_tier", "speed", "prompt", "preset", "audio", "image_config",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), ODD | st.sampled_from([*PRICES, -1, 10**30]), max_size=8))
def test_whatever_is_sent_the_forecast_is_an_amount_that_is_not_below_zero(body: dict[str, Any]) -> None:
    found = Forecast(Prices()).of(Request(body))
    assert found.cost.is_finite()
    assert found.cost >= 0
