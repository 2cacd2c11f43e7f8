"""Batches by the real client over a socket: faults, a hidden limit, structured output, gathering."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    Done,
    Failed,
    InsufficientCredits,
    Item,
    Rate,
    Timeouts,
)
from openrouter_async.batch.stats import BatchSummary
from openrouter_async.options import RequestOptions, ResponseCache
from openrouter_async.testing import Emulator, Failure, Fault, RateLimit, Reply
from tests.batch.fakes import read

MODEL = "openai/gpt-4o-mini"


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)


class City(BaseModel):
    name: str
    people: int


@pytest.mark.slow
@pytest.mark.loopback
async def test_with_faults_everything_is_accounted_for(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        emulator.inject_faults(
            0.1,
            Failure(status=503),
            Failure(status=429, retry_after=0.05),
            Fault.reset(),
            Fault.disconnect(after=5),
            Fault.truncate(after=10),
        )
        async with client_of(emulator) as client:
            items = (Item(str(number), f"question {number}") for number in range(500))
            async with client.batch(
                items, concurrency=100, max_tokens=20, journal=tmp_path / "run.jsonl"
            ) as batch:
                seen = Counter([result.key async for result in batch])
        assert seen == Counter({str(number): 1 for number in range(500)})
        summary = batch.summary
        assert summary.done + summary.failed == 500
        assert summary.done > 400
        assert sum(summary.errors.values()) == summary.failed
        records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
        assert sum("generation" not in record for record in records) == 500
        assert summary.unsettled > 0 or summary.cost == emulator.spent
        assert sum(Decimal(record["cost"] or 0) for record in records) == summary.cost


@pytest.mark.slow
@pytest.mark.loopback
@pytest.mark.parametrize("tells_wait", [True, False])
async def test_a_hidden_limit_is_found_and_used(tells_wait: bool) -> None:
    """Most of what is allowed is used, and next to nothing refused, after a warm-up of some seconds.

    tests/_sansio/test_rate_limit.py has the exact figures, with a clock of its own; here a busy machine takes its part.
    """
    for _ in range(3):  # another program may take the machine for some seconds
        answered, refused = await _share_of_a_hidden_limit(tells_wait)
        if answered >= 0.5 and refused < 0.05:
            break
    assert answered >= 0.5
    assert refused < 0.05


async def _share_of_a_hidden_limit(tells_wait: bool) -> tuple[float, float]:
    """Return the answers as a share of those that the limit allows, and the refusals as a share of the requests."""
    began, warm, end = time.monotonic(), 8.0, 16.0
    limit = RateLimit(20, 1.0, tells_wait=tells_wait)
    with Emulator(credits="100", rate_limit=limit, first_token_s=0.1) as emulator:
        async with client_of(emulator) as client:
            items = (f"question {number}" for number in range(10_000) if time.monotonic() < began + end)
            async with client.batch(items, concurrency=64, max_tokens=5) as batch:
                assert all([isinstance(result, Done) async for result in batch])
        settled = [
            request for request in emulator.requests if began + warm < request.arrived_at < began + end
        ]
    statuses = Counter(request.status for request in settled)
    return statuses[200] / (20 * (end - warm)), statuses[429] / max(len(settled), 1)


@pytest.mark.slow
@pytest.mark.loopback
@pytest.mark.parametrize("wait", [None, 0.2])
async def test_refusals_by_chance_do_not_slow_it_down(wait: float | None) -> None:
    """One of 20 requests is refused whatever the rate; the last half of the items goes at half the full speed."""
    for _ in range(3):  # another program may slow down one of the two
        whole, refused = [await _speed(share, wait) for share in (0.0, 0.05)]
        if refused > 0.5 * whole:
            break
    assert refused > 0.5 * whole


async def _speed(share: float, wait: float | None) -> float:
    """Return the items a second of the last half of a batch of which a share is refused."""
    with Emulator(credits="100", first_token_s=0.3, seed=3) as emulator:
        emulator.inject_faults(share, *([Failure(status=429, retry_after=wait)] if share else []))
        async with client_of(emulator) as client:
            items = [f"question {number}" for number in range(600)]
            async with client.batch(items, concurrency=32, max_tokens=5) as batch:
                times = [time.monotonic() async for result in batch]
    assert batch.summary.done == len(items)
    return 300 / (times[-1] - times[300])


@pytest.mark.loopback
async def test_structured_answers_are_kept_and_read_again(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply_with(lambda request: '{"name": "Oslo", "people": 700000}')
        async with client_of(emulator) as client:
            for _ in range(2):
                async with client.batch(["Oslo"], output=City, journal=tmp_path / "run.jsonl") as batch:
                    (result,) = [result async for result in batch]
                assert result.output == City(name="Oslo", people=700_000)
            assert isinstance(result, Done)
            assert result.is_resumed
            async with client.batch(["Oslo"], output=list[City], journal=tmp_path / "run.jsonl") as other:
                assert not [result.key for result in [r async for r in other] if isinstance(result, Done)]
        assert len([request for request in emulator.requests if request.path == "/chat/completions"]) >= 2


@pytest.mark.loopback
async def test_a_short_list_is_gathered_in_order() -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply_with(
            lambda request: Failure(status=400) if request.prompt == "two" else f"echo {request.prompt}"
        )
        async with client_of(emulator) as client:
            first, second, third = await client.batch(["one", "two", "three"])
        assert (first.output, third.output) == ("echo one", "echo three")
        assert isinstance(second, Failed)


@pytest.mark.loopback
async def test_an_account_that_runs_dry_leaves_the_rest_undone() -> None:
    with Emulator(credits="0.00002") as emulator:
        emulator.reply_with(lambda request: "word " * 20)
        results: list[object] = []
        async with client_of(emulator) as client:
            with pytest.raises(InsufficientCredits):
                await read(client.batch([f"n{number}" for number in range(100)], concurrency=2), results)
        assert 0 < len(results) < 20
        assert all(isinstance(result, Done) for result in results)


@pytest.mark.loopback
async def test_a_budget_by_the_prices_of_the_catalogue_is_not_passed() -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply_with(lambda request: "word " * 50)
        async with client_of(emulator) as client:
            batch = client.batch([f"n{number}" for number in range(300)], budget="0.002", max_tokens=60)
            with pytest.raises(BudgetExceeded):
                await read(batch)
            assert 0.0015 < batch.summary.cost <= 0.002
        assert emulator.spent == batch.summary.cost


@pytest.mark.slow
@pytest.mark.loopback
async def test_the_deadline_of_an_item_ends_one_that_hangs() -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply("never", fault=Fault.stall())
        async with client_of(emulator) as client:
            options = {"timeouts": Timeouts(total=4.0)}
            results = await client.batch(["one", "two", "three"], options=options, concurrency=1)  # type: ignore[call-overload]  # a dict that is one
        assert [type(result) for result in results] == [Failed, Done, Done]


@pytest.mark.loopback
async def test_a_rate_is_kept_to() -> None:
    with Emulator(credits="100") as emulator:
        async with client_of(emulator) as client:
            began = time.monotonic()
            await client.batch([f"n{number}" for number in range(20)], rate=Rate(rpm=60 * 40))
        times = [request.arrived_at for request in emulator.requests if request.path == "/chat/completions"]
        assert max(times) - began >= 19 / 40 - 0.06


def test_an_estimate_sends_nothing_and_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    client = AsyncOpenRouter()
    short = client.estimate("What is the capital of Norway?", model=MODEL, max_tokens=100)
    long = client.estimate("What is the capital of Norway? " * 100, model=MODEL, max_tokens=100)
    assert short.prompt_tokens.low <= 14 <= short.prompt_tokens.high + 4
    assert short.low is not None
    assert short.high is not None
    assert long.low is not None
    assert 0 < short.low < short.high
    assert long.low > 20 * short.low
    unknown = client.estimate("x", model="no/such-model")
    assert (unknown.low, unknown.high) == (None, None)


@pytest.mark.loopback
async def test_what_a_killed_run_paid_for_is_booked_once_where_the_cache_gives_it_again(
    tmp_path: Path,
) -> None:
    """The service finished an answer, and kept it, whose client was killed: the next run gets it for nothing."""
    options: RequestOptions = {"cache": ResponseCache(ttl=3600)}
    with Emulator() as emulator:
        async with client_of(emulator) as client:

            async def run(*keys: str) -> BatchSummary:
                items = [Item(key, "the same question" if key > "a" else "another") for key in keys]
                journal = tmp_path / "run.jsonl"
                async with client.batch(
                    items, journal=journal, max_tokens=9, options=options, concurrency=1
                ) as batch:
                    assert [type(item) async for item in batch] == [Done] * len(keys)
                return batch.summary

            await run("a")
            lost = await client.chat.create("the same question", max_tokens=9, options=options)
            resumed = await run("a", "b", "c")
            again = await run("a", "b", "c", "d")
    assert lost.cost
    assert resumed.cost == again.cost == emulator.spent
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    booked = [record for record in records if "generation" in record]
    assert [(record["key"], record["generation"]) for record in booked] == [("b", lost.generation_id)]


@pytest.mark.loopback
async def test_a_budget_is_not_passed_by_structured_items_that_misfit(tmp_path: Path) -> None:
    """Of items that are asked twice, both requests count: in the budget, the summary and the journal."""
    with Emulator(credits="100") as emulator:
        emulator.reply_with(lambda _: Reply.of('{"name": 1}', usage={"cost": 0.10}))
        async with client_of(emulator) as client:
            batch = client.batch(
                ["Oslo", "Rome", "Lima", "Bonn", "Kyiv", "Riga"],
                output=City,
                budget="1.00",
                max_tokens=100,
                concurrency=1,
                journal=tmp_path / "run.jsonl",
            )
            with pytest.raises(BudgetExceeded):
                await read(batch)
    assert batch.summary.cost == emulator.spent <= Decimal("1.00")
    assert emulator.spent >= Decimal("0.9")
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    assert [record["cost"] for record in records] == ["0.4", "0.4", "0.1"]  # the last has no end


@pytest.mark.loopback
async def test_what_a_record_settled_is_in_the_journal_once(tmp_path: Path) -> None:
    """A reply that broke was billed; its record is read before its item, of unknown cost, is asked again."""
    items = [Item(key, f"question {key}") for key in "abc"]
    asked: dict[str, Any] = {
        "journal": tmp_path / "run.jsonl",
        "budget": "1.00",
        "max_tokens": 9,
        "plugins": [{"id": "web"}],
    }
    with Emulator(credits="100", generation_misses=0) as emulator:
        emulator.reply("lost on the way", fault=Fault.error_event())
        emulator.reply_with(lambda _: Reply.of("word"))
        async with client_of(emulator) as client:
            for _ in range(2):
                async with client.batch(items, **asked) as batch:
                    assert all([isinstance(item, Done) async for item in batch])
                assert batch.summary.cost == emulator.spent
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    assert sum("generation" in record for record in records) == 1
    assert sum(Decimal(record["cost"] or 0) for record in records) == emulator.spent


@pytest.mark.loopback
async def test_what_broke_off_is_in_the_journal_of_a_batch_that_is_left_early(tmp_path: Path) -> None:
    async def items() -> AsyncIterator[str]:
        yield "one"
        await anyio.sleep_forever()

    journal = tmp_path / "run.jsonl"
    with Emulator(credits="100", generation_misses=0) as emulator:
        emulator.reply("word " * 9, fault=Fault.disconnect(after=40))
        async with client_of(emulator) as client, client.batch(items(), journal=journal) as batch:
            async for _ in batch:
                break
    assert batch.summary.unsettled == 0
    assert batch.summary.cost == emulator.spent > 0
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert sum(Decimal(record["cost"] or 0) for record in records) == emulator.spent


@pytest.mark.loopback
@pytest.mark.parametrize("after", [None, 20], ids=["before the head", "within the body"])
@pytest.mark.parametrize("is_resumed", [False, True])
async def test_an_answer_that_was_lost_and_came_from_the_cache_is_booked_once(
    after: int | None, is_resumed: bool, tmp_path: Path
) -> None:
    """Whether the lost one had been named, so that its record was looked for, or is known by the cache alone."""
    journal = tmp_path / "run.jsonl"
    if is_resumed:
        journal.touch()
    with Emulator(credits="100", generation_misses=0) as emulator:
        emulator.reply_with(lambda _: Reply.of("word " * 9, fault=Fault.disconnect(after=after)))
        async with client_of(emulator) as client:
            batch = client.batch(list("abcd"), journal=journal, once=True, max_tokens=9, budget="1")
            results = await read(batch)
    assert all(isinstance(result, Done) for result in results)
    assert batch.summary.cost == emulator.spent > 0
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert sum(Decimal(record["cost"] or 0) for record in records) == emulator.spent


@pytest.mark.loopback
@pytest.mark.parametrize("budget", ["0.15", None], ids=["the budget is spent", "it is left"])
async def test_what_an_item_without_an_end_has_cost_counts_in_the_next_run(
    budget: str | None, tmp_path: Path
) -> None:
    """Its first answer does not fit, and is paid for; the second request is refused, or never answered."""
    journal = tmp_path / "run.jsonl"
    with Emulator(credits="100", generation_misses=0) as emulator:
        for _ in range(2):
            emulator.reply('{"name": "Oslo"}', usage={"cost": 0.1})
            if budget is None:
                emulator.reply("", fault=Fault.stall(after=0))
        async with client_of(emulator) as client:
            for run in (1, 2):
                batch = client.batch(["Oslo"], output=City, journal=journal, max_tokens=9, budget=budget)
                if budget is not None:
                    with pytest.raises(BudgetExceeded):
                        await read(batch)
                else:
                    async with batch, anyio.create_task_group() as tasks:
                        tasks.start_soon(anext, batch)
                        while sum(each.method == "POST" for each in emulator.requests) < 2 * run:  # noqa: ASYNC110  # no event tells
                            await anyio.sleep(0.01)
                        tasks.cancel_scope.cancel()
                assert batch.summary.cost >= Decimal("0.1") * run
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert sum(Decimal(record["cost"]) for record in records) == batch.summary.cost


@pytest.mark.loopback
async def test_what_broke_off_in_a_run_that_is_cancelled_is_counted_by_the_next(tmp_path: Path) -> None:
    """One who cancels does not wait for records; the journal says where they are."""
    journal = tmp_path / "run.jsonl"
    with Emulator(credits="100", generation_misses=0) as emulator:
        emulator.reply("word " * 9, fault=Fault.disconnect(after=40))
        emulator.reply("", fault=Fault.stall(after=0))
        async with client_of(emulator) as client:
            with anyio.CancelScope() as scope:
                async with client.batch(["a", "b"], journal=journal, concurrency=1) as batch:
                    assert isinstance(await anext(batch), Failed)
                    scope.cancel()
                    await anyio.sleep_forever()
            assert batch.summary.cost == 0
            lost = emulator.spent
            for _ in range(2):
                batch = client.batch(["a"], journal=journal, retry_failed="never")
                assert len(await read(batch)) == 1
                assert batch.summary.cost == lost > 0
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert [Decimal(record["cost"] or 0) for record in records] == [0, 0, lost]
