"""Batches that share a ledger within one process: who asks, who waits, and what each gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    Decisions,
    Done,
    Failed,
    Item,
    Ledger,
    LedgerError,
    Ranking,
    Rate,
    open_ledger,
)
from openrouter_async.batch.kinds import BatchKind
from openrouter_async.batch.results import Result
from openrouter_async.ledger.holder import MemoryHolder
from openrouter_async.ledger.steps import Answer, Finish, GiveUp, Step
from openrouter_async.testing import Emulator, Failure, Fault
from openrouter_async.testing.received import ReceivedRequest
from tests.batch.fakes import read

MODEL = "openai/gpt-4o-mini"
EMBEDDING = "openai/text-embedding-3-small"
GONE = Failure(status=404, availability={"fallback_models": ["openai/gpt-4o"], "retryable": False})
pytestmark = pytest.mark.loopback


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)


def asked(emulator: Emulator) -> Counter[str]:
    return Counter(each.prompt for each in emulator.requests if each.path.endswith("/chat/completions"))


async def run_beside(
    emulator: Emulator,
    ledger: Path | Ledger,
    count: int,
    into: list[list[Result[str]]],
    *,
    concurrency: int = 8,
) -> None:
    items = [Item(f"k{number}", f"question {number}") for number in range(count)]
    async with client_of(emulator) as client:
        into.append(await client.batch(items, ledger=ledger, concurrency=concurrency, max_tokens=5))


async def test_two_batches_ask_each_item_once_and_both_have_all_results(tmp_path: Path) -> None:
    with Emulator(credits="100", first_token_s=0.02) as emulator:
        results: list[list[Result[str]]] = []
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(run_beside, emulator, tmp_path / "run.db", 60, results)
        assert set(asked(emulator).values()) == {1}
        assert asked(emulator).total() == 60
        first, second = ([(each.key, each.output) for each in one] for one in results)
        assert first == second
        assert [key for key, _ in first] == [f"k{number}" for number in range(60)]
        fresh = sum(not each.is_resumed for one in results for each in one if isinstance(each, Done))
        assert fresh == 60


async def test_a_later_run_reads_the_ledger_and_pays_nothing(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        results: list[list[Result[str]]] = []
        await run_beside(emulator, tmp_path / "run.db", 10, results)
        spent = emulator.spent
        await run_beside(emulator, tmp_path / "run.db", 10, results)
        assert emulator.spent == spent
        assert all(isinstance(each, Done) and each.is_resumed for each in results[1])
        async with open_ledger(tmp_path / "run.db") as ledger:
            assert await ledger.budget("batch", None).spent() == spent


async def test_an_item_that_fails_is_not_asked_by_the_others_that_run(tmp_path: Path) -> None:
    with Emulator(credits="100", first_token_s=0.05) as emulator:
        emulator.reply_with(lambda request: Failure(status=400, message="no"))
        results: list[list[Result[str]]] = []
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(run_beside, emulator, tmp_path / "run.db", 5, results)
        assert set(asked(emulator).values()) == {1}
        errors = [each.error for one in results for each in one if isinstance(each, Failed)]
        assert len(errors) == 15
        assert all("no" in error.message for error in errors)


@pytest.mark.parametrize(("retry_failed", "again"), [("all", 2), ("never", 1)])
async def test_a_later_run_asks_failed_items_again_as_it_is_told(
    tmp_path: Path, retry_failed: str, again: int
) -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply_with(lambda request: Failure(status=400, message="no"))
        async with client_of(emulator) as client:
            for _ in range(2):
                await client.batch(
                    [Item("k", "question")],
                    ledger=tmp_path / "run.db",
                    retry_failed=retry_failed,  # type: ignore[arg-type]  # of the table
                )
        assert asked(emulator)["question"] == again


async def test_a_changed_item_is_refused_or_asked_again(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        async with client_of(emulator) as client:
            ledger = tmp_path / "run.db"
            await client.batch([Item("k", "old")], ledger=ledger)
            with pytest.raises(ConfigurationError, match="the ledger has an answer for"):
                await client.batch([Item("k", "new")], ledger=ledger)
            (result,) = await client.batch([Item("k", "new")], ledger=ledger, on_change="redo")
            assert isinstance(result, Done)
            assert not result.is_resumed
            (result,) = await client.batch([Item("k", "new")], ledger=ledger)
            assert isinstance(result, Done)
            assert result.is_resumed
        assert asked(emulator) == {"old": 1, "new": 1}


async def test_a_batch_that_is_left_returns_its_items_at_once(tmp_path: Path) -> None:
    with Emulator(credits="100", first_token_s=30) as emulator:
        async with client_of(emulator) as client, open_ledger(tmp_path / "run.db") as ledger:
            with anyio.move_on_after(1):
                await client.batch([Item("k", "question")], ledger=ledger, settle=0)
            assert asked(emulator) == {"question": 1}
            assert await ledger.free(("k",)) == {"k"}


async def test_dedupe_and_a_ledger_ask_equal_requests_once(tmp_path: Path) -> None:
    with Emulator(credits="100", first_token_s=0.02) as emulator:
        async with client_of(emulator) as client:
            items = [Item(f"k{number}", "the same") for number in range(10)]
            for _ in range(2):
                results = await client.batch(items, ledger=tmp_path / "run.db", dedupe=True)
                assert len({each.output for each in results}) == 1
        assert asked(emulator) == {"the same": 1}


async def test_a_ledger_and_a_journal_exclude_each_other(tmp_path: Path) -> None:
    async with AsyncOpenRouter("key", default_model=MODEL) as client:
        with pytest.raises(ConfigurationError, match="give one of the two"):
            client.batch(["a"], ledger=tmp_path / "run.db", journal=tmp_path / "run.jsonl")
        with pytest.raises(ConfigurationError, match="ledger is 7"):
            client.batch(["a"], ledger=7)  # type: ignore[call-overload]


async def test_refusals_are_learned_in_the_ledger_and_not_in_the_client(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        refused = iter([True] * 5)

        def answer(request: ReceivedRequest) -> str | Failure:
            return Failure(status=429, retry_after=0.05) if next(refused, False) else "yes"

        emulator.reply_with(answer)
        async with client_of(emulator) as client, open_ledger(tmp_path / "run.db") as ledger:
            results = await client.batch([f"question {number}" for number in range(40)], ledger=ledger)
            assert all(isinstance(each, Done) for each in results)
            assert client._sender.transport.limiter.rates == {}
            go = await ledger.rate(MODEL)
            assert go is not None
            assert go > 0


async def test_a_given_rate_is_kept_by_the_ledger(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        results: list[list[Result[str]]] = []

        async def run(number: int) -> None:
            async with client_of(emulator) as client:
                items = [f"question {number} {each}" for each in range(10)]
                results.append(await client.batch(items, ledger=tmp_path / "run.db", rate=Rate(rpm=1_200)))

        began = anyio.current_time()
        async with anyio.create_task_group() as group:
            group.start_soon(run, 1)
            group.start_soon(run, 2)
        assert anyio.current_time() - began >= 19 / 20 - 0.05
        assert sum(map(len, results)) == 20


async def test_a_named_budget_is_of_all_blocks_and_refuses(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        async with open_ledger(tmp_path / "run.db") as ledger:
            for _ in range(2):
                budget = ledger.budget("user:42", "1", every="month")
                async with client_of(emulator) as client, client.track(budget=budget):
                    await client.chat.create("Hi", max_tokens=5)
            assert await budget.spent() == emulator.spent > 0
            assert await budget.held() == 0
            budget = ledger.budget("user:42", emulator.spent, every="month")
            async with client_of(emulator) as client, client.track(budget=budget):
                with pytest.raises(BudgetExceeded, match="'user:42'") as caught:
                    await client.chat.create("Hi", max_tokens=5)
            assert caught.value.budget == caught.value.spent == emulator.spent
        assert asked(emulator) == {"Hi": 2}


class Full(MemoryHolder):
    """A holder that cannot keep the first record."""

    failures = 1

    async def apply(self, steps: Sequence[Step]) -> list[Answer]:
        if self.failures and any(isinstance(step, Finish | GiveUp) for step in steps):
            self.failures -= 1
            raise LedgerError("the disk is full")
        return await super().apply(steps)


@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_result_that_the_ledger_cannot_keep_is_delivered_and_kept_later(is_answered: bool) -> None:
    results: list[Result[str]] = []
    with Emulator(credits="100") as emulator:
        if not is_answered:
            emulator.fail(400, "no")
        async with client_of(emulator) as client, Ledger(Full()) as ledger:
            asked: dict[str, Any] = {"ledger": ledger, "concurrency": 1, "retry_failed": "never"}
            with pytest.raises(LedgerError, match="the disk is full"):
                await read(client.batch(["a", "b"], **asked), results)
            assert [isinstance(result, Done) for result in results] == [is_answered]
            with anyio.fail_after(60):
                again = await client.batch(["a"], **asked)
            assert [(result.key, result.is_resumed) for result in again] == [(results[0].key, True)]
        assert len(emulator.requests) == 1


async def test_a_call_of_a_free_model_that_is_charged_counts(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply("Hello", times=2, usage={"cost": 0.1})
        async with client_of(emulator) as client, open_ledger(tmp_path / "run.db") as ledger:
            catalogue = await client.models.catalogue()
            free = next(model.id for model in catalogue if model.is_free)
            budget = ledger.budget("user:42", "0.05")
            async with client.track(budget=budget):
                await client.chat.create("Hi", model=free, max_tokens=5)
                with pytest.raises(BudgetExceeded):  # which is known by now
                    await client.chat.create("Hi", model=free, max_tokens=5)
            assert await budget.spent() == emulator.spent == Decimal("0.1")


async def test_a_batch_counts_in_a_named_budget_and_in_that_of_the_ledger(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        async with client_of(emulator) as client, open_ledger(tmp_path / "run.db") as ledger:
            budget = ledger.budget("user:42", "1")
            await client.batch(["a", "b"], ledger=ledger, budget=budget, max_tokens=5)
            assert await budget.spent() == await ledger.budget("batch", None).spent() == emulator.spent > 0
            async with open_ledger(":memory:") as other:
                with pytest.raises(ConfigurationError, match="of another ledger"):
                    await client.batch(["c"], ledger=ledger, budget=other.budget("user:42", "1"))


async def test_a_cost_that_is_unknown_at_the_end_is_counted_by_the_next_run(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply("word " * 5, times=1, fault=Fault.disconnect(after=40))
        async with client_of(emulator) as client:
            for settle, is_all in ((0, False), (10, True)):
                async with (
                    open_ledger(tmp_path / "run.db") as ledger,
                    client.batch([Item("k", "question")], ledger=ledger, settle=settle) as batch,
                ):
                    assert [result async for result in batch]
                async with open_ledger(tmp_path / "run.db") as ledger:
                    assert await ledger.unbooked() is not is_all
                    assert (await ledger.budget("batch", None).spent() == emulator.spent) is is_all
        assert emulator.spent > 0


async def test_embeddings_share_a_ledger(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(20)]
    with Emulator(credits="100", first_token_s=0.02) as emulator:
        vectors: list[list[list[float]]] = []

        async def run() -> None:
            async with client_of(emulator) as client:
                results = await client.batch(
                    texts, kind="embeddings", model=EMBEDDING, ledger=tmp_path / "run.db", budget="1"
                )
                vectors.append([result.output.vectors[0] for result in results])

        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(run)
        assert len([each for each in emulator.requests if each.path.endswith("/embeddings")]) == 20
        assert vectors[0] == vectors[1]
        async with open_ledger(tmp_path / "run.db") as ledger:
            assert await ledger.budget("batch", None).spent() == emulator.spent > 0


RANKS = [
    {"query": f"{word} sea", "documents": ["green grass", f"the {word} sea"]}
    for word in ("blue", "red", "calm")
]
QUESTIONS = {"mood": {"type": "choice", "instructions": "How?", "criteria": {"calm": None, "angry": None}}}
DECISIONS = [{"state": state, "questions": QUESTIONS} for state in ("a storm", "a lake", "a crowd")]


def said_by(output: object) -> object:
    """Return what a ranking or decisions say, without the ids and times of their answer."""
    if isinstance(output, Ranking):
        return output.documents
    assert isinstance(output, Decisions)
    return output.choice("mood").choice


@pytest.mark.parametrize(("kind", "given"), [("rerank", RANKS), ("decisions", DECISIONS)])
async def test_ranks_and_decisions_share_a_ledger(
    tmp_path: Path, kind: BatchKind, given: list[object]
) -> None:
    """Two batches at once send each item once, both have all values, and a later one pays nothing."""
    items = [Item(f"k{number}", each) for number, each in enumerate(given)]
    with Emulator(credits="100", first_token_s=0.02) as emulator:
        values: list[list[object]] = []

        async def run() -> None:
            async with client_of(emulator) as client:
                results = await client.batch(
                    items, kind=kind, model="m", ledger=tmp_path / "run.db", budget="1"
                )
                assert [result.key for result in results if isinstance(result, Done)] == ["k0", "k1", "k2"]
                values.append([said_by(result.output) for result in results])

        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(run)
        await run()
        assert len([each for each in emulator.requests if each.method == "POST"]) == 3
        assert values[0] == values[1] == values[2]
        if kind == "rerank":
            assert values[2] == [[f"the {word} sea", "green grass"] for word in ("blue", "red", "calm")]
        else:
            assert all(choice in ("calm", "angry") for choice in values[2])
        async with open_ledger(tmp_path / "run.db") as ledger:
            budget = ledger.budget("batch", None)
            assert await budget.spent() == emulator.spent > 0
            assert await budget.held() == 0


@pytest.mark.parametrize(("kind", "given"), [("rerank", RANKS), ("decisions", DECISIONS)])
async def test_a_shared_budget_stops_ranks_and_decisions(
    tmp_path: Path, kind: BatchKind, given: list[object]
) -> None:
    """Their price is not listed, so each is sent alone, and the next where the budget has room."""
    items = [Item(f"k{number} {again}", each) for again in range(4) for number, each in enumerate(given)]
    with Emulator(credits="100") as emulator:
        async with client_of(emulator) as client:
            await client.batch(items[:1], kind=kind, model="m")
            price = emulator.spent
            batch = client.batch(
                items, kind=kind, model="m", ledger=tmp_path / "run.db", budget=price * Decimal("2.5")
            )
            async with batch:
                with pytest.raises(BudgetExceeded):
                    async for _ in batch:
                        pass
        assert 0 < emulator.spent - price <= price * 3


async def test_a_fallback_model_counts_in_the_ledger_and_its_answer_is_shared(tmp_path: Path) -> None:
    with Emulator(credits="100") as emulator:
        emulator.reply_with(lambda request: GONE if request.model == MODEL else "from another model")
        for _ in range(2):
            async with client_of(emulator) as client:
                (result,) = await client.batch(
                    [Item("k", "question")], ledger=tmp_path / "run.db", fallback=True, budget="1"
                )
                assert result.output == "from another model"
        assert asked(emulator) == {"question": 2}  # the first model, and the other
        async with open_ledger(tmp_path / "run.db") as ledger:
            budget = ledger.budget("batch", None)
            assert await budget.spent() == emulator.spent > 0
            assert await budget.held() == 0
