"""Several models for one call, each asked where the one before it did not do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    Done,
    Failed,
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
from openrouter_async.types.chat.completion import ChatCompletion

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


def at_first(failures: int) -> object:
    """Return replies of which the strong model refuses the first as overloaded."""
    left = [failures]

    def reply(request: ReceivedRequest) -> str | Failure:
        if request.json["model"] == STRONG and left[0]:
            left[0] -= 1
            return Failure(status=503, message="busy", retry_after=0.01)
        return "no" if request.json["model"] == CHEAP else "yes"

    return reply


TWO = Steps(CHEAP, then(STRONG, when=lambda reply: reply.text == "no"))


@pytest.mark.loopback
async def test_a_batch_repeats_only_the_step_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.batch.after_failure.BASE", 0.01)
    with Emulator() as emulator:
        emulator.reply_with(at_first(2))  # type: ignore[arg-type]  # it returns what may be scripted
        async with client_of(emulator) as client:
            batch = client.batch(["hard"], model=TWO)
            [result] = await batch
        assert asked_of(emulator) == [CHEAP, STRONG, STRONG, STRONG]
        assert (result.output, result.attempts) == ("yes", 4)
        assert result.cost == result.completion.cost == batch.summary.cost == emulator.spent


@pytest.mark.loopback
@pytest.mark.parametrize("kept", ["journal", "ledger"])
async def test_a_resumed_batch_asks_only_the_steps_that_are_left(tmp_path: Path, kept: str) -> None:
    where = {kept: tmp_path / "run"}
    with Emulator() as emulator:
        emulator.reply_with(at_first(1))  # type: ignore[arg-type]  # as above
        async with client_of(emulator) as client:
            first = client.batch(["hard"], model=TWO, attempts=1, **where)  # type: ignore[arg-type]  # one of the two
            [failed] = await first
            assert isinstance(failed, Failed)
            assert failed.error.steps_left == STRONG
            again = client.batch(["hard"], model=TWO, **where)  # type: ignore[arg-type]
            [result] = await again
            assert asked_of(emulator) == [CHEAP, STRONG, STRONG]
            before = first.summary.cost if kept == "ledger" else 0  # a journal's costs are those of all runs
            assert (result.output, again.summary.cost + before) == ("yes", emulator.spent)
            other = Steps(CHEAP, then(BEST))
            await client.batch([Item("x", "hard")], model=other, **where)  # type: ignore[arg-type]
        assert asked_of(emulator)[3:] == [CHEAP]


@pytest.mark.parametrize("kept", ["journal", "ledger"])
async def test_a_changed_item_begins_with_the_first_step(tmp_path: Path, kept: str) -> None:
    where: dict[str, Any] = {kept: tmp_path / "run"}
    with Emulator() as emulator:
        emulator.reply_with(at_first(1))  # type: ignore[arg-type]  # as above
        async with client_of(emulator) as client:
            await client.batch([Item("a", "hard")], model=TWO, attempts=1, **where)
            await client.batch([Item("a", "harder")], model=TWO, **where)
        assert asked_of(emulator) == [CHEAP, STRONG, CHEAP, STRONG]


@pytest.mark.parametrize(("least", "asked"), [(0.0, [CHEAP]), (1.0, [CHEAP, STRONG])])
async def test_a_reply_that_the_model_was_unsure_of_is_asked_again(least: float, asked: list[str]) -> None:
    with Emulator() as emulator:
        emulator.reply("complaint", times=None)
        async with client_of(emulator) as client:
            reply = await client.chat.create("Well?", model=Steps(CHEAP, then(STRONG, min_confidence=least)))
            assert asked_of(emulator) == asked
            assert emulator.requests[0].json["logprobs"] is True
            assert reply.cost == emulator.spent
            if least:
                assert "logprobs" not in emulator.requests[1].json
                assert reply.confidence is None
            else:
                assert reply.confidence is not None
                assert 0.5 <= reply.confidence < 1


@pytest.mark.parametrize(
    ("logs", "confidence"),
    [([-0.1, -2.0, None], 0.1353), ([0.0], 1.0), ([0.5], 1.0), ([None], None), ([], None)],
)
def test_confidence_is_the_probability_of_the_least_likely_token(
    logs: list[float | None], confidence: float | None
) -> None:
    tokens = [{"token": "x", "logprob": log} for log in logs]
    reply: ChatCompletion[str] = ChatCompletion.model_validate(
        {"choices": [{"message": {"content": "x"}, "logprobs": {"content": tokens}}]}
    )
    assert reply.confidence == (None if confidence is None else pytest.approx(confidence, abs=1e-4))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Steps(CHEAP),
        lambda: Steps("", then(STRONG)),
        lambda: Steps(CHEAP, then(STRONG, min_confidence=80)),
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
