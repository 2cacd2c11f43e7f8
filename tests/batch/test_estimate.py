"""What a whole batch may use and cost, before it starts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Item
from openrouter_async.testing import Emulator
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
