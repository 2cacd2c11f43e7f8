"""What is kept of answered prompts, until somebody asks for an estimate."""

from __future__ import annotations

from types import SimpleNamespace

from openrouter_async import operations
from openrouter_async._http.usage_samples import KEPT, KEPT_BYTES, AnsweredPrompt, AnsweredPrompts
from openrouter_async._sansio.request import build_request


def answer(tokens: object = 5, model: object = "openai/gpt-5-2026") -> object:
    return SimpleNamespace(usage=SimpleNamespace(prompt_tokens=tokens), model=model)


def request(body: bytes | None = b"{}", operation: operations.Operation = operations.CREATE_CHAT):  # type: ignore[no-untyped-def]
    return build_request(operation, content=body, model="gpt-5")


def test_a_prompt_is_kept_with_the_models_of_question_and_answer_and_given_out_once() -> None:
    prompts = AnsweredPrompts()
    prompts.add(request(b"one"), answer())
    prompts.add(request(b"two"), answer(7, None))
    assert prompts.take() == [
        AnsweredPrompt(b"one", ("openai/gpt-5-2026", "gpt-5"), 5),
        AnsweredPrompt(b"two", ("gpt-5",), 7),
    ]
    assert prompts.take() == []


def test_what_says_nothing_of_a_prompt_is_not_kept() -> None:
    prompts = AnsweredPrompts()
    prompts.add(request(None), answer())
    prompts.add(request(operation=operations.CREATE_EMBEDDINGS), answer())
    prompts.add(request(), answer(None))
    prompts.add(request(), object())
    assert prompts.take() == []


def test_old_prompts_give_way_by_number_and_by_size() -> None:
    prompts = AnsweredPrompts()
    for number in range(KEPT + 3):
        prompts.add(request(), answer(number))
    assert [prompt.tokens for prompt in prompts.take()] == list(range(3, KEPT + 3))
    half = b" " * (KEPT_BYTES // 2)
    for number in range(4):
        prompts.add(request(half), answer(number))
    assert [prompt.tokens for prompt in prompts.take()] == [2, 3]
    prompts.add(request(half * 3), answer())
    assert prompts.take() == []
