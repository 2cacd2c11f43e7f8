"""What is kept of answered prompts, until somebody asks for an estimate."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from openrouter_async import operations
from openrouter_async._http.observers import Attempt
from openrouter_async._http.usage_samples import KEPT, KEPT_BYTES, UsageSample, UsageSamples
from openrouter_async._sansio.request import RequestData, build_request
from openrouter_async._secret import Secrets

NOBODY: Any = None


def answer(tokens: object = 5, model: object = "openai/gpt-5-2026") -> object:
    return SimpleNamespace(usage=SimpleNamespace(prompt_tokens=tokens), model=model)


def request(
    body: bytes | None = b"{}", operation: operations.Operation = operations.CREATE_CHAT
) -> RequestData:
    return build_request(operation, content=body, model="gpt-5")


def add(samples: UsageSamples, request: RequestData, answer: object) -> None:
    """End a call with an answer, as its attempts do."""
    observer = samples.observe(request, NOBODY)
    if observer is not None:
        observer.ended(Attempt(request=request, number=1, began=0.0, secrets=Secrets(), answer=answer))


def test_a_prompt_is_kept_with_the_models_of_question_and_answer_and_given_out_once() -> None:
    prompts = UsageSamples()
    add(prompts, request(b"one"), answer())
    add(prompts, request(b"two"), answer(7, None))
    assert prompts.take() == [
        UsageSample(b"one", ("openai/gpt-5-2026", "gpt-5"), 5),
        UsageSample(b"two", ("gpt-5",), 7),
    ]
    assert prompts.take() == []


def test_what_says_nothing_of_a_prompt_is_not_kept() -> None:
    prompts = UsageSamples()
    add(prompts, request(None), answer())
    add(prompts, request(operation=operations.CREATE_EMBEDDINGS), answer())
    add(prompts, request(), answer(None))
    add(prompts, request(), object())
    assert prompts.take() == []


def test_old_prompts_give_way_by_number_and_by_size() -> None:
    prompts = UsageSamples()
    for number in range(KEPT + 3):
        add(prompts, request(), answer(number))
    assert [prompt.tokens for prompt in prompts.take()] == list(range(3, KEPT + 3))
    half = b" " * (KEPT_BYTES // 2)
    for number in range(4):
        add(prompts, request(half), answer(number))
    assert [prompt.tokens for prompt in prompts.take()] == [2, 3]
    add(prompts, request(half * 3), answer())
    assert prompts.take() == []
