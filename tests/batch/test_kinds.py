"""Batches of embeddings, ranks and decisions: the same journal, budget and limits as those of chat."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    Decisions,
    Done,
    Embeddings,
    Failed,
    Item,
    Ranking,
    Retries,
    errors,
)
from openrouter_async.testing import Emulator
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

MODEL = "openai/text-embedding-3-small"
DOCUMENTS = ["green grass", "the blue sea"]
RANKS: list[dict[str, object]] = [
    {"query": "blue sea", "documents": DOCUMENTS},
    {"query": "grass", "documents": DOCUMENTS, "top_n": 1},
]
QUESTIONS: dict[str, object] = {
    "mood": {"type": "choice", "instructions": "How?", "criteria": {"calm": None, "angry": None}}
}


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))


async def test_embeddings_of_many_texts_are_kept_and_not_asked_again(tmp_path: Path) -> None:
    journal = tmp_path / "vectors.jsonl"
    texts = [f"text {number}" for number in range(20)]
    async with Emulator() as emulator, client_of(emulator) as client:
        results = await client.batch(texts, kind="embeddings", model=MODEL, dimensions=8, journal=journal)
        assert all(isinstance(result, Done) for result in results)
        vectors = [result.output.vectors[0] for result in results]
        assert {len(vector) for vector in vectors} == {8}
        assert (await client.embeddings.create(texts, model=MODEL, dimensions=8)).vectors == vectors
        asked, spent = len(emulator.requests), emulator.spent
        again = client.batch(
            [*texts, "one more"], kind="embeddings", model=MODEL, dimensions=8, journal=journal
        )
        resumed = await again
        assert len(emulator.requests) == asked + 1
        assert emulator.spent - spent < spent / 20
    assert [result.output.vectors[0] for result in resumed[:20]] == vectors
    assert isinstance(resumed[0].output, Embeddings)
    assert (again.summary.resumed, again.summary.done) == (20, 21)
    assert resumed[0].completion.usage.is_reported
    assert resumed[0].completion.usage.cost == results[0].completion.usage.cost  # type: ignore[union-attr]


async def test_ranks_have_the_callers_documents_also_from_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "ranks.jsonl"
    async with Emulator() as emulator, client_of(emulator) as client:
        for asked in (2, 2):
            batch = client.batch(RANKS, kind="rerank", model="m", journal=journal)
            first, second = await batch
            assert isinstance(first.output, Ranking)
            assert first.output.documents == ["the blue sea", "green grass"]
            assert second.output.documents == ["green grass"]
            assert len(emulator.requests) == asked
        assert batch.summary.cost == Decimal("0.002") == emulator.spent


async def test_decisions_by_key() -> None:
    items = [Item(key, {"state": key, "questions": QUESTIONS}) for key in ("a", "b")]
    async with Emulator() as emulator, client_of(emulator) as client:
        results = {each.key: each.output for each in await client.batch(items, kind="decisions", model="m")}
    assert results.keys() == {"a", "b"}
    assert all(isinstance(decisions, Decisions) for decisions in results.values())
    assert results["a"].choice("mood").choice in ("calm", "angry")


async def test_a_budget_holds_for_what_has_no_listed_price() -> None:
    async with Emulator() as emulator, client_of(emulator) as client:
        batch = client.batch(RANKS * 5, kind="rerank", model="m", budget="0.0035")
        async with batch:
            with pytest.raises(BudgetExceeded):
                async for _ in batch:
                    pass
        assert emulator.spent <= Decimal("0.0035")
        assert emulator.spent == batch.summary.cost > 0


async def test_an_item_that_cannot_be_sent_fails_alone() -> None:
    items: list[object] = ["red", "", 7, {"query": "?"}]
    async with Emulator() as emulator, client_of(emulator) as client:
        results = await client.batch(items, kind="embeddings", model=MODEL)
        ranks = await client.batch([RANKS[0], {"query": "?"}, "text"], kind="rerank", model="m")
    assert [type(result) for result in results] == [Done, Failed, Failed, Failed]
    assert [type(result) for result in ranks] == [Done, Failed, Failed]
    assert isinstance(ranks[1], Failed)
    assert "expected a dict of query and documents" in ranks[1].error.message


def flaky() -> Callable[[Connection], None]:
    """Return the handler of a service that is busy for every second request, and short of a vector for one text."""
    count = 0

    def answer(connection: Connection, request: Request) -> None:
        nonlocal count
        count += 1
        if count % 2:
            connection.send(
                Reply(
                    503, json={"error": {"code": 503, "message": "busy"}}, headers={"retry-after": "0"}
                ).encode()
            )
            return
        body: Any = json.loads(request.body)
        data = [] if body["input"] == "none" else [{"embedding": [1.0], "index": 0}]
        connection.send(Reply(json={"data": data, "id": f"gen-{count}", "usage": {"cost": 0.1}}).encode())

    return serve_responses([answer])


@pytest.mark.slow
async def test_what_is_busy_is_asked_again_and_what_is_wrong_fails() -> None:
    with LoopbackServer(flaky()) as server:
        async with AsyncOpenRouter("sk-or-v1-x", base_url=server.url, retries=Retries(attempts=1)) as client:
            batch = client.batch(["a", "none"], kind="embeddings", model=MODEL, concurrency=1, attempts=2)
            good, bad = await batch
    assert isinstance(good, Done)
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, errors.InvalidResponseError)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kind": "images"}, "kind is 'images'; expected 'embeddings', 'rerank' or 'decisions'"),
        ({"model": None}, "needs a model"),
        ({"once": True}, "once and fallback are for chat"),
        ({"output": int}, "output is for chat"),
        ({"temperature": 1}, "no parameter 'temperature'"),
        ({"dimensions": 0}, "dimensions is 0"),
    ],
)
async def test_wrong_arguments_are_told_at_once(settings: dict[str, Any], reason: str) -> None:
    given = {"kind": "embeddings", "model": MODEL, **settings}
    async with AsyncOpenRouter("sk-or-v1-x") as client:
        with pytest.raises(ConfigurationError, match=reason):
            client.batch(["a"], **given)


async def test_a_journal_of_another_kind_is_another_request(tmp_path: Path) -> None:
    journal = tmp_path / "a.jsonl"
    async with Emulator() as emulator, client_of(emulator) as client:
        await client.batch([Item("a", "red")], kind="embeddings", model=MODEL, journal=journal)
        with pytest.raises(ConfigurationError, match="not the one that the journal has an answer for"):
            await client.batch([Item("a", "red")], model=MODEL, journal=journal)
