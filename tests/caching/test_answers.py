"""A local cache, asked by calls: hits send and cost nothing, and a file that cannot be used costs a warning."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from typing_extensions import Unpack

from openrouter_async import (
    AsyncOpenRouter,
    BadRequest,
    ChatCompletion,
    LocalCache,
    RequestOptions,
    ResponseCache,
    errors,
    response_meta,
)
from openrouter_async.caching.store import AnswerStore
from openrouter_async.testing import Emulator
from tests.support.loopback import WAIT_S

pytestmark = pytest.mark.loopback

MODEL = "openai/gpt-5-mini"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def cache(tmp_path: Path) -> LocalCache:
    return LocalCache(tmp_path / "answers.sqlite")


def sent(emulator: Emulator) -> int:
    """Return how often a model was asked."""
    return sum(request.method == "POST" for request in emulator.requests)


def where(reply: ChatCompletion) -> tuple[str, bool] | None:
    return None if reply.cache is None else (reply.cache.where, reply.cache.is_hit)


def client_of(emulator: Emulator, local_cache: LocalCache | None, **options: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, local_cache=local_cache, default_model=MODEL, **options
    )


async def test_the_second_call_is_free_and_says_so(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        first = await client.chat.create("Name a colour.")
    async with client_of(emulator, cache) as client, client.track(budget="0.000001") as spend:
        second = await client.chat.create("Name a colour.")
        assert (spend.cost, spend.calls, spend.unsettled) == (Decimal(0), 0, ())
    assert sent(emulator) == 1
    assert second.model_dump() == first.model_dump()
    assert first.usage.is_reported
    assert (second.id, second.usage) == (first.id, first.usage)
    assert first.cost == first.usage.cost
    assert (first.cache, second.cost, second.billed) == (None, Decimal(0), ())
    assert where(second) == ("local", True)
    assert second.cache is not None
    assert (second.cache.source_id, second.cache.saved) == (first.id, first.cost)
    assert 0 <= (second.cache.age or 0) < 60


async def test_it_can_be_off_other_or_asked_anew_for_one_call(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:

        async def ask(**options: Unpack[RequestOptions]) -> str | None:
            return (await client.chat.create("Name a colour.", options=options)).id

        first = await ask()
        assert await ask() == first
        assert await ask(local_cache=None) != first
        assert await ask() == first
        other = await ask(local_cache=replace(cache, variant="another opinion"))
        assert other != first
        assert await ask(local_cache=replace(cache, variant="another opinion")) == other
        renewed = await ask(local_cache=replace(cache, refresh=True))
        assert renewed != first
        assert await ask() == renewed
    assert sent(emulator) == 4


async def test_calls_that_differ_are_sent(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        await client.chat.create("Name a colour.")
        await client.chat.create("Name a colour.", temperature=1)
        await client.chat.create("Name a colour.", options={"headers": {"x-a": "b"}})
        await client.messages.create("Name a colour.", max_tokens=100)
    assert sent(emulator) == 4


async def test_failed_and_truncated_answers_are_not_kept(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        for _ in range(2):
            reply = await client.chat.create("Tell a long story.", max_tokens=1)
            assert reply.finish_reason == "length"
        assert sent(emulator) == 2
        for _ in range(2):
            with pytest.raises((BadRequest, errors.NotFound)):
                await client.chat.create("Hi", model="none/there")
    assert sent(emulator) == 4


async def test_other_dialects_and_vectors_are_kept(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        for _ in range(2):
            message = await client.messages.create("Name a colour.", max_tokens=1_000)
            response = await client.responses.create("Name a colour.")
            vectors = await client.embeddings.create(
                ["a", "b", "c"], model="openai/text-embedding-3-small", inputs_per_request=2
            )
    assert sent(emulator) == 4
    assert [message.cost, response.cost, vectors.cost] == [Decimal(0)] * 3
    assert len(vectors.vectors) == 3


async def test_ranks_and_decisions_are_kept(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        costs = []
        for _ in range(2):
            ranking = await client.rerank.create(
                "Which is blue?", ["the sea", "grass"], model="cohere/rerank-v3.5"
            )
            decisions = await client.decisions.create(
                {"late": 3}, {"late": {"type": "noul", "instructions": "Is it late?"}}, model="m"
            )
            costs.append([ranking.cost, decisions.cost])
    assert sent(emulator) == 2
    assert all(costs[0])
    assert costs[1] == [Decimal(0), Decimal(0)]


async def test_a_run_of_kept_replies_costs_nothing(emulator: Emulator, cache: LocalCache) -> None:
    def weather(city: str) -> str:
        """Return the weather."""
        return f"It is sunny in {city}."

    async with client_of(emulator, cache) as client:
        runs = [await client.chat.run("How is the weather in Rome?", tools=[weather]) for _ in range(2)]
        conversations = []
        for _ in range(2):
            conversation = client.conversation()
            await conversation.send("Name a fish.")
            conversations.append(await conversation.send("Name another."))
    assert [run.text for run in runs] == [runs[0].text] * 2
    assert runs[0].usage.cost
    assert conversations[0].usage.cost
    assert [runs[1].usage.cost, conversations[1].usage.cost] == [Decimal(0)] * 2
    assert sent(emulator) == len(runs[0].steps) + 2


EMBEDDING = "openai/text-embedding-3-small"


async def test_vectors_are_kept_by_input_and_only_others_are_asked_for(
    emulator: Emulator, cache: LocalCache
) -> None:
    inputs = [f"text {number}" for number in range(100)]
    unknown = {*inputs[::10]}
    async with client_of(emulator, cache) as client:
        whole = await client.embeddings.create(inputs, model=EMBEDDING, options={"local_cache": None})
        known = await client.embeddings.create(
            [each for each in inputs if each not in unknown], model=EMBEDDING
        )
        async with client.track() as spend:
            part = await client.embeddings.create(inputs, model=EMBEDDING)
        again = await client.embeddings.create([*reversed(inputs)], model=EMBEDDING)
        one = await client.embeddings.create(inputs[7], model=EMBEDDING)
    bodies = [request.body for request in emulator.requests if request.method == "POST"]
    assert [len(body["input"]) for body in bodies] == [100, 90, 10]
    assert {*bodies[2]["input"]} == unknown
    assert whole.vectors == part.vectors == again.vectors[::-1]
    assert one.vectors == [whole.vectors[7]]
    assert [each.index for each in part.data] == [*range(100)]
    assert whole.usage is not None
    assert known.usage is not None
    assert part.usage is not None
    assert (part.usage.prompt_tokens or 0) + (known.usage.prompt_tokens or 0) == whole.usage.prompt_tokens
    assert part.cost == part.usage.cost == spend.cost
    assert part.cost
    assert (again.cost, one.cost) == (0, 0)
    assert response_meta(part).reused is not None
    saved = response_meta(part).reused.saved  # type: ignore[union-attr]  # checked above
    assert abs((saved or 0) - (known.cost or 0)) < Decimal("1e-12")


async def test_equal_calls_for_vectors_share_a_request(emulator: Emulator, cache: LocalCache) -> None:
    costs = list[Decimal | None]()
    async with client_of(emulator, cache, coalesce=True) as client:
        await client.embeddings.create(["a"], model=EMBEDDING)

        async def ask() -> None:
            costs.append((await client.embeddings.create(["a", "b", "c"], model=EMBEDDING)).cost)

        async with client.track() as spend, anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask)
    assert sent(emulator) == 2
    assert sorted(map(bool, costs)) == [False] * 19 + [True]
    assert sum(filter(None, costs)) == spend.cost


async def test_vectors_of_other_lengths_or_forms_are_others(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        for _ in range(2):
            await client.embeddings.create(["a"], model=EMBEDDING)
            await client.embeddings.create(["a"], model=EMBEDDING, dimensions=8)
            await client.embeddings.create(["a"], model=EMBEDDING, input_type="search_query")
            await client.embeddings.create(["a"], model="openai/text-embedding-3-large")
            await client.embeddings.create([1, 2], model=EMBEDDING)
            await client.embeddings.create([[1, 2], [3]], model=EMBEDDING)
    assert sent(emulator) == 6


async def test_vectors_in_several_requests_cost_what_was_asked_for(
    emulator: Emulator, cache: LocalCache
) -> None:
    async with client_of(emulator, cache) as client:
        await client.embeddings.create(["a", "b"], model=EMBEDDING)
        async with client.track() as spend:
            whole = await client.embeddings.create(
                ["a", "b", "c", "d"], model=EMBEDDING, inputs_per_request=2
            )
    assert sent(emulator) == 2
    assert whole.usage is not None
    assert whole.cost == whole.usage.cost == spend.cost
    assert whole.cost


async def test_the_caches_of_service_and_machine_compose(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache, cache=ResponseCache(ttl=60)) as client:
        first = await client.chat.create("Name a colour.")
        local = await client.chat.create("Name a colour.")
        served = await client.chat.create("Name a colour.", options={"local_cache": None})
    assert [*map(where, (first, local, served))] == [("service", False), ("local", True), ("service", True)]
    assert sent(emulator) == 2


async def test_an_output_is_read_from_a_kept_answer(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        values = [(await client.chat.create("How many?", output=int)).output for _ in range(2)]
    assert values[0] == values[1]
    assert sent(emulator) == 1


async def test_a_batch_counts_hits_as_free(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        batches = [client.batch(["a", "b", "c"], model=MODEL) for _ in range(2)]
        first, second = [[result.completion.id for result in await batch] for batch in batches]
    assert sent(emulator) == 3
    assert first == second
    summaries = [batch.summary for batch in batches]
    assert [(each.done, each.from_cache) for each in summaries] == [(3, 0), (3, 3)]
    assert summaries[0].cost > 0
    assert summaries[1].cost == 0


async def test_many_calls_at_once_are_looked_up_together(emulator: Emulator, cache: LocalCache) -> None:
    replies: list[dict[int, str]] = []
    for _ in range(2):
        seen = dict[int, str]()
        async with client_of(emulator, cache) as client, anyio.create_task_group() as tasks:

            async def ask(client: AsyncOpenRouter, number: int, seen: dict[int, str]) -> None:
                seen[number] = (await client.chat.create(f"Say {number}.")).text

            for number in range(300):
                tasks.start_soon(ask, client, number, seen)
        replies.append(seen)
    assert sent(emulator) == 300
    assert replies[0] == replies[1]


def spoilt(path: Path, fault: str) -> LocalCache:
    """Return a cache whose file cannot be used."""
    if fault == "cut":
        store = AnswerStore(path)
        store.connection()
        store.close()
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif fault == "text":
        path.write_text("no database, but long enough to be looked at" * 100)
    elif fault in ("other", "newer"):
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE answers (mine)")
        if fault == "newer":
            connection.execute("PRAGMA application_id = 1869767011")
            connection.execute("PRAGMA user_version = 7")
        connection.commit()
        connection.close()
    elif fault == "folder":
        path.mkdir()
    elif fault == "unwritable":
        return LocalCache(path.parent / "none" / "answers.sqlite")
    else:
        return LocalCache("/dev/full")
    return LocalCache(path)


@pytest.mark.parametrize("fault", ["cut", "text", "other", "newer", "folder", "unwritable", "device"])
async def test_a_file_that_cannot_be_used_is_a_warning_and_plain_calls(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    cache = spoilt(tmp_path / "answers.sqlite", fault)
    async with client_of(emulator, cache) as client:
        with caplog.at_level(logging.WARNING):
            first = await client.chat.create("Name a colour.")
            second = await client.chat.create("Name a colour.")
    assert first.id != second.id
    assert sent(emulator) == 2
    assert len(caplog.records) == 1, caplog.text
    assert "the local cache" in caplog.text
    assert "calls are sent" in caplog.text
    assert "colour" not in caplog.text


async def test_a_file_that_another_process_locks_is_read_and_is_written_once_it_is_free(
    emulator: Emulator, cache: LocalCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async.caching.store.BUSY_S", 0.01)
    async with client_of(emulator, cache) as client:
        await client.chat.create("Name a fish.")
    async with client_of(emulator, cache) as client:
        await client.chat.create("Name a fish.")
        with closing(sqlite3.connect(cache.path, isolation_level=None)) as other, other:
            other.execute("BEGIN IMMEDIATE")
            for colour in ("a light", "a dark"):
                await client.chat.create(f"Name {colour} colour.")
            await client.chat.create("Name a light colour.")
            await client.chat.create("Name a fish.")
            with anyio.fail_after(WAIT_S):
                while "locked" not in caplog.text:  # noqa: ASYNC110 - it is another thread that tells
                    await anyio.sleep(0.01)
            await anyio.sleep(0.3)
            other.execute("ROLLBACK")
        other.close()
        assert sent(emulator) == 3
    assert len(caplog.records) == 1, caplog.text
    assert "database is locked; answers are kept once it is free" in caplog.text
    async with client_of(emulator, cache) as client:
        for thing in ("fish", "light colour", "dark colour"):
            await client.chat.create(f"Name a {thing}.")
    assert sent(emulator) == 3


async def test_a_file_that_is_full_is_read_and_left_for_a_while(
    emulator: Emulator, cache: LocalCache, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(emulator, cache) as client:
        await client.chat.create("Name a fish.")
        answers = client._sender.transport.answers.of(cache)
        answers._writer._state.store.connection().execute("PRAGMA max_page_count = 1")
        numbers = range(60)
        first = [(await client.chat.create(f"Say {number}.")).id for number in numbers]
        with anyio.fail_after(WAIT_S):
            while "full" not in caplog.text:  # noqa: ASYNC110 - it is another thread that tells
                await anyio.sleep(0.01)
        again = [(await client.chat.create(f"Say {number}.")).id for number in numbers]
    assert not {*first} & {*again}
    assert re.search(
        r"is full; the file is not used for 30 seconds, and calls are sent; \d+ answers were not kept",
        caplog.text,
    )
    assert len(caplog.records) == 1, caplog.text


async def test_a_file_that_cannot_be_opened_for_a_lock_is_left_for_a_while(
    emulator: Emulator, cache: LocalCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async.caching.store.BUSY_S", 0.01)
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as other, other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        async with client_of(emulator, cache) as client:
            for _ in range(3):
                await client.chat.create("Name a fish.")
        other.execute("ROLLBACK")
    other.close()
    assert sent(emulator) == 3
    assert len(caplog.records) == 1, caplog.text


async def test_a_file_that_is_damaged_while_it_is_used_gives_no_wrong_answer(
    emulator: Emulator, cache: LocalCache, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_of(emulator, cache) as client:
        texts = [(await client.chat.create(f"Say {i}.")).text for i in range(20)]
    with open(cache.path, "r+b") as file:  # noqa: ASYNC230, PTH123 - it is small
        file.truncate(os.fstat(file.fileno()).st_size // 2)
    async with client_of(emulator, cache) as client:
        again = [(await client.chat.create(f"Say {i}.")).text for i in range(20)]
    assert again == texts, "the emulator answers the same"
    assert "the local cache" in caplog.text


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"path": ""}, "LocalCache.path is ''; expected the path of a file"),
        ({"path": "a", "ttl": 0}, "LocalCache.ttl"),
        ({"path": "a", "max_bytes": 0}, "LocalCache.max_bytes"),
        ({"path": "a", "variant": 2}, "LocalCache.variant is 2; expected text"),
        ({"path": "a", "refresh": "yes"}, "LocalCache.refresh"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=reason):
        LocalCache(**settings)


def test_a_path_alone_is_no_cache() -> None:
    with pytest.raises(errors.ConfigurationError, match="local_cache is a str; expected LocalCache"):
        AsyncOpenRouter("sk-or-v1-x", local_cache="a")  # type: ignore[arg-type]
