"""The budget: what is spent and what is in flight stay below it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from openrouter_async.batch.items import Item
from openrouter_async.errors import BudgetExceeded
from openrouter_async.types.catalogue.models import Pricing
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, Prices, batch_of, completion, read, texts


async def prices() -> Prices:
    """A tenth of a cent for 100 tokens of output; what goes in is free."""
    return Prices(Pricing.model_validate({"prompt": "0", "completion": "0.00001"}))


async def slow(text: str, model: FakeModel) -> ChatCompletion:
    await anyio.sleep(0.002)
    return completion(text, cost="0.0002")


@pytest.mark.parametrize("concurrency", [1, 8, 64])
async def test_a_bounded_answer_never_passes_the_budget(concurrency: int) -> None:
    """20 tokens are used of the 100 that may be: money that was held and not spent is used for further items."""
    model = FakeModel(slow)
    results: list[object] = []
    batch = batch_of(
        texts(200),
        model,
        budget="0.0105",
        prices=prices,
        model="a/model",
        max_tokens=100,
        concurrency=concurrency,
    )
    with pytest.raises(BudgetExceeded, match=r"0\.0105 US dollars") as caught:
        await read(batch, results)
    assert model.most_at_once <= 10
    assert len(results) == 48
    assert caught.value.spent == Decimal("0.0096")
    assert batch.summary.cost == Decimal("0.0096")


async def test_an_unbounded_answer_is_taken_to_be_as_long_as_the_longest_so_far() -> None:
    """The first are taken to have 1,000 tokens, 0.01 dollars; then it is seen that they have 20."""
    model = FakeModel(slow)
    batch = batch_of(texts(200), model, budget="0.02", prices=prices, model="a/model")
    with pytest.raises(BudgetExceeded):
        await read(batch)
    assert len(model.asked) == 100
    assert batch.summary.cost == Decimal("0.02")


async def test_without_prices_items_go_one_by_one_until_one_has_a_cost() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        if len(model.asked) == 1:
            await anyio.sleep(0.01)
            assert model.at_once == 1
        else:
            await anyio.sleep(0.001)
        return completion(text)

    model = FakeModel(answer)
    async with batch_of(texts(50), model, budget="1", concurrency=10) as batch:
        assert len([result async for result in batch]) == 50
    assert model.most_at_once == 10


async def test_what_earlier_runs_cost_counts(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    items = [Item(text, text) for text in texts(20)]
    with pytest.raises(BudgetExceeded):
        await read(batch_of(items, FakeModel(), budget="0.0105", journal=path, concurrency=1))
    model = FakeModel()
    with pytest.raises(BudgetExceeded):
        await read(batch_of(items, model, budget="0.0105", journal=path, concurrency=1))
    assert model.asked == []
    async with batch_of(items, model, budget="0.05", journal=path, concurrency=1) as batch:
        assert len([result async for result in batch]) == 20


@pytest.mark.parametrize(("budget", "answered"), [("0", 0), ("1", 3)])
async def test_a_budget_of_nothing_asks_nothing(budget: str, answered: int) -> None:
    model = FakeModel()
    batch = batch_of(texts(3), model, budget=budget)
    try:
        async with batch:
            async for _ in batch:
                pass
    except BudgetExceeded:
        assert answered == 0
    assert len(model.asked) == answered
