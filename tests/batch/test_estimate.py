"""What a whole batch may use and cost, before it starts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Item, Steps, then
from openrouter_async.testing import Emulator, Failure
from tests.batch.fakes import FakeModel, batch_of, texts

MODEL = "openai/gpt-4o-mini"


async def test_the_estimate_of_a_batch_bounds_what_it_costs() -> None:
    with Emulator() as emulator:
        emulator.reply("one two three", times=None)
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            batch = client.batch([*texts(50), Item("a", "more", max_tokens=7)], max_tokens=20)
            estimate = await batch.estimate()
            await batch
            used = batch.summary.models[MODEL]
    assert estimate.items == used.items == 51
    assert estimate.completion_tokens == 50 * 20 + 7
    assert estimate.prompt_tokens.low <= used.prompt_tokens <= estimate.prompt_tokens.high
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 < estimate.low <= used.cost <= estimate.high


@pytest.mark.loopback
@pytest.mark.parametrize("place", ["journal", "ledger"])
async def test_what_is_kept_costs_nothing_more(tmp_path: Path, place: str) -> None:
    where: dict[str, Any] = {place: tmp_path / "run"}
    items = [Item(f"k{number}", f"question {number}") for number in range(6)]
    with Emulator() as emulator:
        emulator.reply_with(
            lambda request: Failure(status=400, message="no") if "question 5" in request.prompt else "yes"
        )
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            await client.batch([items[0], items[5]], **where)
            before = await client.batch(items).estimate()
            batch = client.batch(items, **where)
            rest = await batch.estimate()
            async with batch:
                assert await batch.estimate() == rest
                assert len([result async for result in batch]) == 6
            everything = await client.batch(items, **where, retry_failed="all").estimate()
            changed = await client.batch([Item("k0", "another")], **where, on_change="redo").estimate()
    assert (before.kept, rest.kept, everything.kept, changed.kept) == (0, 2, 5, 0)
    assert before.high is not None
    assert rest.high is not None
    assert 0 < rest.high < before.high
    assert rest.completion_tokens == 4_000


async def test_equal_items_are_estimated_once_with_dedupe() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            each = await client.batch(["x", "x", "y", "x"]).estimate()
            once = await client.batch(["x", "x", "y", "x"], dedupe=True).estimate()
    assert (each.repeated, each.completion_tokens) == (0, 4_000)
    assert (once.repeated, once.completion_tokens) == (2, 2_000)


async def test_a_cascade_costs_at_least_its_first_model_and_at_most_all() -> None:
    strong = "openai/gpt-4o"
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            cheap, dear, both = [
                await client.batch(["a question"], model=model, max_tokens=20).estimate()
                for model in (MODEL, strong, Steps(MODEL, then(strong)))
            ]
    assert cheap.high is not None
    assert dear.high is not None
    assert both.low == cheap.low
    assert both.high == cheap.high + dear.high
    assert both.prompt_tokens == cheap.prompt_tokens


async def test_a_batch_of_another_kind_has_no_estimate() -> None:
    async with AsyncOpenRouter("key") as client:
        batch = client.batch(["x"], kind="embeddings", model="openai/text-embedding-3-small")
        with pytest.raises(ConfigurationError, match="for batches of chat; this one asks /embeddings"):
            await batch.estimate()


async def test_without_a_price_the_tokens_are_still_known() -> None:
    estimate = await batch_of(["a question"], FakeModel(), model="no/such").estimate(answer_tokens=10)
    assert (estimate.low, estimate.high, estimate.completion_tokens) == (None, None, 10)
    assert estimate.prompt_tokens.tokens > 0


async def test_an_item_that_cannot_be_sent_costs_nothing() -> None:
    items = [Item("a", "x", metadata={"a": object()})]  # type: ignore[dict-item]
    estimate = await batch_of(items, FakeModel()).estimate()
    assert (estimate.items, estimate.unsendable, estimate.high) == (1, 1, Decimal(0))


async def test_items_that_are_gone_when_they_were_read_are_not_estimated() -> None:
    with pytest.raises(ConfigurationError, match="read only once"):
        await batch_of(iter(["x"]), FakeModel()).estimate()
