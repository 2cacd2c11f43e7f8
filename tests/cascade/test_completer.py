"""Several models for one call, each asked where the one before it did not do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    Done,
    Item,
    Output,
    ProviderError,
    SchemaMismatch,
    Steps,
    then,
)
from openrouter_async.options import Retries
from openrouter_async.testing import Emulator, Failure
from openrouter_async.testing.received import ReceivedRequest

CHEAP, STRONG, BEST = "openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4"


class Verdict(BaseModel):
    is_complaint: bool
    confidence: float


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))


def asked_of(emulator: Emulator) -> list[str]:
    return [request.json["model"] for request in emulator.requests if request.path == "/chat/completions"]


def by_model(confidence: dict[str, float | str]) -> object:
    def reply(request: ReceivedRequest) -> str:
        value = confidence[request.json["model"]]
        return value if isinstance(value, str) else f'{{"is_complaint": true, "confidence": {value}}}'

    return reply


def is_unsure(reply: object) -> bool:
    return reply.output.confidence < 0.8  # type: ignore[attr-defined, no-any-return]  # a reply with a Verdict


STEPS = Steps(CHEAP, then(STRONG, when=is_unsure), then(BEST, when=is_unsure))


@pytest.mark.parametrize(
    ("confidence", "asked"),
    [
        ({CHEAP: 0.9}, [CHEAP]),
        ({CHEAP: 0.5, STRONG: 0.9}, [CHEAP, STRONG]),
        ({CHEAP: 0.5, STRONG: 0.6, BEST: 0.1}, [CHEAP, STRONG, BEST]),
        ({CHEAP: "no value", STRONG: 0.9}, [CHEAP, STRONG]),
        ({CHEAP: 0.5, STRONG: '{"is_complaint": 3}', BEST: 0.9}, [CHEAP, STRONG, BEST]),
    ],
)
async def test_the_next_model_is_asked_where_a_reply_does_not_do(
    confidence: dict[str, float | str], asked: list[str]
) -> None:
    with Emulator() as emulator:
        emulator.reply_with(by_model(confidence))  # type: ignore[arg-type]  # it returns text
        async with client_of(emulator) as client:
            reply = await client.chat.create(
                "Well?", model=STEPS, output=Output(Verdict, attempts=1, path="native")
            )
        assert asked_of(emulator) == asked
        assert reply.model == asked[-1]
        assert reply.output.confidence == confidence[asked[-1]]
        assert reply.cost == emulator.spent
        assert len(reply.billed) == len(asked)


async def test_the_error_of_the_last_model_has_what_all_were_billed() -> None:
    with Emulator() as emulator:
        emulator.reply('{"is_complaint": 3}', times=None)
        async with client_of(emulator) as client:
            with pytest.raises(SchemaMismatch) as caught:
                await client.chat.create(
                    "Well?",
                    model=Steps(CHEAP, then(STRONG)),
                    output=Output(Verdict, attempts=1, path="native"),
                )
        assert sum(usage.cost for usage in caught.value.billed if usage is not None) == emulator.spent  # type: ignore[attr-defined]
        assert len(caught.value.billed) == 2


async def test_another_failure_is_raised_with_what_was_billed_before() -> None:
    with Emulator() as emulator:
        emulator.reply_with(
            lambda request: "hm" if request.json["model"] == CHEAP else Failure(status=502, message="away")
        )
        async with client_of(emulator) as client:
            with pytest.raises(ProviderError) as caught:
                await client.chat.create("Well?", model=Steps(CHEAP, then(STRONG, when=lambda reply: True)))
        assert len(caught.value.billed) == 1


async def test_a_batch_asks_further_models_within_one_budget_and_one_journal(tmp_path: Path) -> None:
    steps = Steps(CHEAP, then(STRONG, when=lambda reply: "not sure" in reply.text))
    items = ["easy", "hard", Item("own", "hard", model=BEST)]
    with Emulator() as emulator:
        emulator.reply_with(
            lambda request: (
                "not sure" if request.json["model"] == CHEAP and "hard" in request.prompt else "sure"
            )
        )
        async with client_of(emulator) as client:
            batch = client.batch(items, model=steps, journal=tmp_path / "run.jsonl", budget="1", max_tokens=9)
            results = await batch
            assert sorted(asked_of(emulator)) == sorted([CHEAP, CHEAP, STRONG, BEST])
            assert [result.attempts for result in results] == [1, 2, 1]
            assert sum(result.cost or 0 for result in results) == batch.summary.cost == emulator.spent
            totals = batch.summary.models
            assert sum(total.cost for total in totals.values()) == emulator.spent
            again = client.batch(items, model=steps, journal=tmp_path / "run.jsonl", max_tokens=9)
            resumed = await again
            assert all(isinstance(result, Done) and result.is_resumed for result in resumed)
            assert [result.cost for result in resumed] == [result.cost for result in results]
            assert {name: total.cost for name, total in again.summary.models.items()} == {
                name: total.cost for name, total in totals.items()
            }
            with pytest.raises(BudgetExceeded):
                await client.batch(["hard"], model=steps, budget=Decimal("0.0000001"), max_tokens=9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Steps(CHEAP),
        lambda: Steps("", then(STRONG)),
        lambda: Steps(CHEAP, STRONG),  # type: ignore[arg-type]
    ],
)
def test_steps_that_are_none_are_refused(make: object) -> None:
    with pytest.raises(ConfigurationError):
        make()  # type: ignore[operator]  # one of the above


async def test_a_model_that_is_neither_a_slug_nor_steps_is_refused() -> None:
    async with AsyncOpenRouter("key") as client:
        with pytest.raises(ConfigurationError, match="expected the slug of a model, or Steps"):
            await client.chat.create("x", model=3)  # type: ignore[call-overload]
        with pytest.raises(ConfigurationError, match="Steps are for chat"):
            client.batch(["x"], kind="embeddings", model=STEPS)
