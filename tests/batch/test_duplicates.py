"""Equal requests of a batch, of which one is sent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import anyio

from openrouter_async import BadRequest, Done, Failed, Item
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read


async def test_equal_requests_are_asked_once_and_answered_for_each() -> None:
    model = FakeModel()
    batch = batch_of(
        ["a", "b", "a", "a", Item("own", "b"), Item("hot", "a", temperature=1)], model, dedupe=True
    )
    results = await batch
    assert sorted(model.asked) == ["a", "a", "b"]  # with another temperature it is another request
    assert [result.output for result in results] == [f"answer to {text}" for text in "abaaba"]
    assert [result.cost for result in results] == [Decimal("0.001")] * 2 + [Decimal(0)] * 3 + [
        Decimal("0.001")
    ]
    assert [result.attempts for result in results] == [1, 1, 0, 0, 0, 1]
    assert len({result.key for result in results}) == 6
    summary = batch.summary
    assert (summary.done, summary.from_cache, summary.cost) == (6, 3, Decimal("0.003"))
    assert summary.models["a/model"].items == 6


async def test_each_has_a_record_in_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    await batch_of(["a", "b", "a"], FakeModel(), dedupe=True, journal=journal)
    model = FakeModel()
    batch = batch_of(["a", "b", "a", "a"], model, dedupe=True, journal=journal)
    results = await batch
    assert model.asked == []  # one that the journal had is the first of the new one
    assert [result.output for result in results] == [f"answer to {text}" for text in "abaa"]
    assert [isinstance(result, Done) and result.is_resumed for result in results] == [True] * 3 + [False]
    assert (
        batch.summary.cost == sum(model.cost for model in batch.summary.models.values()) == Decimal("0.002")
    )


async def test_of_a_failure_those_hear_that_wait_and_it_is_asked_again_later() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        if len(model.asked) == 1:
            await anyio.wait_all_tasks_blocked()  # until the second worker waits too
            raise BadRequest("no", status=400)
        return completion(text)

    model = FakeModel(answer)
    results = await read(batch_of(["a", "a", "a"], model, dedupe=True, concurrency=2))
    assert sorted(type(result).__name__ for result in results) == ["Done", "Failed", "Failed"]
    assert len(model.asked) == 2
    assert all(result.cost == 0 for result in results if isinstance(result, Failed))


async def test_who_is_cancelled_with_the_first_waits_for_nobody() -> None:
    async def hang(text: str, model: FakeModel) -> ChatCompletion:
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(5), anyio.move_on_after(0.02):
        await read(batch_of(["a"] * 5, FakeModel(hang), dedupe=True))
