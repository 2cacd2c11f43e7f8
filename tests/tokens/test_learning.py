"""Estimates that learn from usage."""

from __future__ import annotations

import json
import random

import pytest

from openrouter_async.tokens.estimate import TokenEstimate
from openrouter_async.tokens.learning import TokenLearner
from openrouter_async.tokens.prompt import estimate_prompt

MODEL = "somebody/something"


def estimate(tokens: int) -> TokenEstimate:
    return TokenEstimate(tokens, tokens // 2, tokens * 2, "unverified")


def test_nothing_is_changed_before_something_was_learnt() -> None:
    learner = TokenLearner()
    assert learner.correct(MODEL, estimate(100)) == estimate(100)
    learner.learn("another/model", estimate(100), 200)
    assert learner.correct(MODEL, estimate(100)) == estimate(100)
    assert learner.correct(None, estimate(100)) == estimate(100)


def test_a_model_that_counts_more_is_met_and_its_band_narrows() -> None:
    learner, chance = TokenLearner(), random.Random(1)
    for _ in range(30):
        guessed = chance.randint(300, 3000)
        learner.learn(MODEL, estimate(guessed), round(guessed * 1.3 * chance.uniform(0.97, 1.03)))
    corrected = learner.correct(MODEL, estimate(1000))
    assert corrected.basis == "learned"
    assert 1260 < corrected.tokens < 1340
    assert corrected.low <= 1300 <= corrected.high
    assert corrected.high - corrected.low < 250


def test_one_usage_moves_the_guess_but_keeps_the_band_wide() -> None:
    learner = TokenLearner()
    learner.learn(MODEL, estimate(1000), 2000)
    corrected = learner.correct(MODEL, estimate(1000))
    assert 1500 < corrected.tokens < 2000
    assert corrected.high - corrected.low > 1500


def test_what_was_learnt_long_ago_is_forgotten() -> None:
    learner = TokenLearner()
    for used in [500] * 20 + [2000] * 80:
        learner.learn(MODEL, estimate(1000), used)
    assert learner.correct(MODEL, estimate(1000)).tokens > 1850


def test_usage_that_says_nothing_is_left_out() -> None:
    learner = TokenLearner()
    learner.learn(MODEL, estimate(100), None)
    learner.learn(MODEL, estimate(100), 0)
    learner.learn(MODEL, TokenEstimate(0, 0, 0), 50)
    assert learner.correct(MODEL, estimate(100)) == estimate(100)


def test_an_exact_count_is_not_corrected() -> None:
    learner = TokenLearner()
    learner.learn(MODEL, estimate(100), 300)
    exact = TokenEstimate(100, 100, 100, "exact")
    assert learner.correct(MODEL, exact) == exact


PLAIN: dict[str, object] = {
    "model": "asked/model",
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


def learnt_from(body: dict[str, object]) -> bool:
    learner = TokenLearner()
    learner.learn_request(json.dumps(body).encode(), MODEL, 1_000)
    return learner.correct(MODEL, estimate(100)).basis == "learned"


def test_a_request_is_learnt_from_as_the_model_that_answered_it() -> None:
    learner = TokenLearner()
    guess = estimate_prompt(PLAIN["messages"], model=MODEL)
    for _ in range(5):
        learner.learn_request(json.dumps(PLAIN).encode(), MODEL, 40 * guess.tokens)
    assert learner.correct(MODEL, guess).tokens > 10 * guess.tokens
    assert learner.correct("asked/model", guess) == guess


@pytest.mark.parametrize(
    "more",
    [
        {"plugins": [{"id": "web"}]},
        {"web_search_options": {}},
        {"preset": "polite"},
        {"model": "asked/model:online"},
        {"model": "asked/model@preset/polite"},
        {"tools": [{"type": "openrouter:web_search"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, IMAGE]}]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_prompt_to_which_the_service_adds_or_that_is_not_all_text_is_left_out(
    more: dict[str, object],
) -> None:
    assert learnt_from(PLAIN)
    assert not learnt_from(PLAIN | more)
