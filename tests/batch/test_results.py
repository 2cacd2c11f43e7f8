"""What a result says besides its reply: source, cost, time and attempts, also where the journal had it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Done, Failed, Item, response_meta
from openrouter_async.testing import Emulator
from tests.batch.fakes import FakeModel, batch_of, completion, read, texts

MODEL = "openai/gpt-4o-mini"


class City(BaseModel):
    name: str


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)


async def test_a_result_has_the_very_object_that_came_in() -> None:
    items = ["a question", [{"role": "user", "content": "another"}], Item("c", "a third")]
    results = await read(batch_of(items, FakeModel()))
    assert all(result.source is items[result.index] for result in results)


async def test_a_result_says_what_it_cost_and_how_often_it_was_sent() -> None:
    with Emulator() as emulator:
        emulator.fail(503, times=1, retry_after=0.01)
        async with client_of(emulator) as client:
            [result] = await client.batch(["Hi"])
        assert isinstance(result, Done)
        assert (result.attempts, result.cost) == (2, emulator.spent)
        assert result.elapsed >= response_meta(result.completion).elapsed > 0


async def test_a_failed_item_says_what_it_cost_and_how_often_it_was_sent() -> None:
    with Emulator() as emulator:
        emulator.reply("no value", times=None)
        async with client_of(emulator) as client:
            [result] = await client.batch(["Hi"], output=City)
        assert isinstance(result, Failed)
        assert result.attempts == sum(each.path == "/chat/completions" for each in emulator.requests) > 1
        assert result.cost == emulator.spent > 0
        assert result.source == "Hi"


async def test_an_item_that_cannot_be_sent_cost_nothing() -> None:
    [result] = await read(batch_of([Item("a", "x", metadata={"a": object()})], FakeModel()))  # type: ignore[dict-item]
    assert isinstance(result, Failed)
    assert (result.cost, result.attempts, result.elapsed) == (Decimal(0), 0, 0.0)


@pytest.mark.parametrize("kind", ["text", "value"])
async def test_resumed_results_say_what_they_cost_then(kind: str, tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.fail(503, times=1, retry_after=0.01)
        async with client_of(emulator) as client:
            runs = [
                await (
                    client.batch(["Hi", "Ho"], journal=tmp_path / "run.jsonl")
                    if kind == "text"
                    else client.batch(["Hi", "Ho"], output=City, journal=tmp_path / "run.jsonl")
                )
                for _ in range(2)
            ]
    for first, second in zip(*runs, strict=True):
        assert isinstance(first, Done)
        assert isinstance(second, Done)
        assert second.is_resumed
        assert (second.cost, second.attempts, second.source) == (first.cost, first.attempts, first.source)
        assert second.elapsed == pytest.approx(first.elapsed, abs=0.05)
        before, now = response_meta(first.completion), response_meta(second.completion)
        assert now.headers == {}
        assert (now.status, now.generation_id, now.request_id) == (
            before.status,
            before.generation_id,
            before.request_id,
        )


async def test_resumed_embeddings_have_their_metadata(tmp_path: Path) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            for _ in range(2):
                results = await client.batch(
                    ["red", "blue"],
                    kind="embeddings",
                    model="openai/text-embedding-3-small",
                    journal=tmp_path / "run.jsonl",
                )
        assert [response_meta(result.output).status for result in results] == [200, 200]


async def test_totals_by_model_add_up_after_resuming_whatever_failed(tmp_path: Path) -> None:
    """Failures that were paid for, and items of the journal that this run does not have, are in the totals too."""
    journal = tmp_path / "run.jsonl"
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            emulator.reply("no value", times=None)
            await client.batch(["Hi"], output=City, journal=journal)
            emulator.reply_with(None)
            emulator.reset()
            spent = emulator.spent
            first = client.batch(["Ho", "Ha"], model="openai/gpt-4o", journal=journal)
            await first
            again = client.batch(["Ho"], model="openai/gpt-4o", journal=journal)
            await again
            spent = emulator.spent + first.summary.models[MODEL].cost
    for batch in (first, again):
        summary = batch.summary
        assert sum(model.cost for model in summary.models.values()) == summary.cost == spent
        assert sorted(summary.models) == ["openai/gpt-4o", MODEL]
        assert summary.models[MODEL].cost > 0
    assert again.summary.models["openai/gpt-4o"] == replace(first.summary.models["openai/gpt-4o"], items=1)


async def test_journals_of_older_versions_resume_without_what_they_lack(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    await read(batch_of(texts(2), FakeModel(), journal=journal))
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    for line in lines:
        for name in ("elapsed", "attempts", "models", "http"):
            line.pop(name, None)
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    batch = batch_of(texts(2), FakeModel(), journal=journal)
    results = await read(batch)
    assert [(result.cost, result.attempts, result.elapsed) for result in results] == [
        (Decimal("0.001"), 0, 0.0)
    ] * 2
    assert batch.summary.models["a/model"].cost == batch.summary.cost == Decimal("0.002")
    assert batch.summary.models["a/model"].prompt_tokens == 20


async def test_time_and_rate_stop_with_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("openrouter_async.batch.stats.time.monotonic", lambda: now)

    def answer(text: str, model: FakeModel) -> object:
        nonlocal now
        now += 2.0
        return completion(text)

    batch = batch_of(texts(3), FakeModel(answer), concurrency=1)  # type: ignore[arg-type]  # it returns a completion
    await read(batch)
    before = batch.progress, batch.summary
    assert (before[0].elapsed, before[1].elapsed) == (6.0, 6.0)
    assert before[0].rate == 0.5
    now += 3600
    assert (batch.progress, batch.summary) == before
