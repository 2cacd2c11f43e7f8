"""Costs by user, model and day, from calls to the emulator and from what hooks are told."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    CostLog,
    OpenRouterError,
    RequestEvent,
    Retries,
)
from openrouter_async.testing import Emulator, Fault
from tests.support.emulated import MODEL

OTHER = "openai/gpt-4o-mini"


def client_of(emulator: Emulator, costs: CostLog) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        base_url=emulator.base_url,
        default_model=MODEL,
        hooks=[costs],
        retries=Retries(attempts=1),
    )


def event(user: str | None, cost: str | None = "0.25", model: str = MODEL) -> RequestEvent:
    return RequestEvent(
        operation="chat.create",
        method="POST",
        path="/chat/completions",
        attempt=1,
        elapsed=0.1,
        model=model,
        user=user,
        cost=None if cost is None else Decimal(cost),
    )


@pytest.mark.loopback
async def test_costs_are_told_by_user_model_and_day(tmp_path: Path) -> None:
    costs = CostLog(tmp_path / "costs.db")
    with Emulator() as emulator:
        emulator.reply("Hello", usage={"cost": 0.5, "prompt_tokens": 10, "completion_tokens": 2}, times=4)
        emulator.fail(400, "no")
        emulator.reply("Cut", " off", " here", fault=Fault.disconnect(after=2))
        async with client_of(emulator, costs) as client:
            await client.chat.create("Hi", user="ann")
            await client.responses.create("Hi", user="ann", model=OTHER)
            async with client.messages.stream("Hi", metadata={"user_id": "bob"}) as stream:
                await stream.final()
            await client.chat.create("Hi")
            with pytest.raises(OpenRouterError):
                await client.chat.create("Hi", user="ann")
            with pytest.raises(OpenRouterError):
                async with client.chat.stream("Hi", user="bob") as cut:
                    await cut.final()
            await client.models.catalogue(max_age=0)
    told = {
        (row.user, row.model): (row.cost, row.calls, row.unknown) for row in await costs.by("user", "model")
    }
    assert told == {
        ("ann", MODEL): (Decimal("0.5"), 1, 0),
        ("ann", OTHER): (Decimal("0.5"), 1, 0),
        ("bob", MODEL): (Decimal("0.5"), 2, 1),
        (None, MODEL): (Decimal("0.5"), 1, 0),
    }
    (ann,) = await costs.by("user", "day", user="ann")
    assert (ann.user, ann.cost, ann.calls, ann.prompt_tokens, ann.completion_tokens) == (
        "ann", Decimal(1), 2, 20, 4
    )  # fmt: skip
    assert ann.day is not None
    today = date.fromisoformat(ann.day)
    assert len(await costs.by("user", since=today, until=today)) == 3
    assert await costs.by("user", until=date(2020, 1, 1)) == []
    assert await costs.by(until=date(2020, 1, 1)) == []
    (whole,) = await costs.by()
    assert (whole.cost, whole.calls, whole.unknown) == (Decimal(2), 5, 1)
    (month,) = await costs.by("month")
    assert month.month == ann.day[:7]
    costs.close()
    costs.close()
    assert (await costs.by())[0].calls == 5
    assert stat.S_IMODE((tmp_path / "costs.db").stat().st_mode) == 0o600


@pytest.mark.loopback
async def test_the_cost_of_a_call_that_was_cut_off_is_read_from_its_record(tmp_path: Path) -> None:
    costs = CostLog(tmp_path / "costs.db")
    with Emulator() as emulator:
        emulator.reply("Cut", " off", " here", fault=Fault.disconnect(after=2), times=3)
        async with client_of(emulator, costs) as client:
            for user in ("ann", "bob", "ann"):
                with pytest.raises(OpenRouterError) as caught:
                    async with client.chat.stream("Hi", user=user) as cut:
                        await cut.final()
                await client.generations.get(caught.value.generation_id, wait=True)
            costs.failed(replace(event("eve", None), generation_id="gen-no-such"))
            costs.failed(event("eve", None))
            assert (await costs.by())[0].unknown == 5
            async with AsyncOpenRouter("sk-wrong", base_url=emulator.base_url) as stranger:
                with pytest.raises(OpenRouterError):
                    await costs.settle(stranger.generations)
            assert await costs.settle(client.generations, most=1) == 0  # the latest, which has no record
            assert await costs.settle(client.generations) == 3
            assert await costs.settle(client.generations) == 0
        (whole,) = await costs.by()
        assert (whole.unknown, whole.calls, whole.cost) == (2, 5, emulator.spent)
        assert whole.completion_tokens > 0
        by_user = {row.user: row.cost for row in await costs.by("user")}
        assert by_user["ann"] == 2 * by_user["bob"] > 0
    costs.close()


class Users:
    """Remembers the user of each operation."""

    def __init__(self) -> None:
        self.told: dict[str, str | None] = {}

    def started(self, event: RequestEvent) -> None:
        self.told[event.operation] = event.user

    def retried(self, event: RequestEvent) -> None:
        pass

    finished = failed = retried


async def test_every_operation_tells_its_end_user() -> None:
    users = Users()
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, hooks=[users]) as client:
            calls: list[Callable[[], Awaitable[object]]] = [
                lambda: client.completions.create("x", model=MODEL, user="u"),
                lambda: client.embeddings.create(["x"], model="openai/text-embedding-3-small", user="u"),
                lambda: client.images.create("x", model="openai/gpt-image-1", user="u"),
                lambda: client.audio.speak("x", model="openai/gpt-4o-mini-tts", voice="alloy", user="u"),
                lambda: client.audio.transcribe(b"ID3", model="openai/whisper-1", user="u"),
                lambda: client.videos.create("x", model="google/veo-3", user="u"),
                lambda: client.rerank.create("x", ["a"], model="cohere/rerank-v3.5", user="u"),
                lambda: client.decisions.create(
                    "x", {"a": {"type": "noul", "instructions": "?"}}, model=MODEL, user="u"
                ),
            ]
            for call in calls:
                with suppress(OpenRouterError):  # what comes of it is another matter
                    await call()
    assert len(users.told) == len(calls), users.told
    assert set(users.told.values()) == {"u"}


def add_many(path: Path, worker: int) -> None:
    costs = CostLog(path)
    for number in range(200):
        costs.finished(event(f"user-{number % 5}", "0.000000000001"))
    costs.failed(event(f"worker-{worker}", None))
    costs.close()


@pytest.mark.slow
async def test_several_processes_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "costs.db"
    spawned = multiprocessing.get_context("spawn")
    workers = [spawned.Process(target=add_many, args=(path, number)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    costs = CostLog(path)
    (whole,) = await costs.by()
    assert (whole.cost, whole.calls, whole.unknown) == (Decimal("0.0000000004"), 402, 2)
    assert len(await costs.by("user")) == 7
    costs.close()


async def test_what_cannot_be_written_is_told_and_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "costs.db"
    costs = CostLog(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE calls RENAME TO others")
    costs.finished(event("ann"))
    with pytest.raises(ConfigurationError, match="1 costs could not be written"):
        await costs.by()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE others RENAME TO calls")
    database.close()
    assert [(row.user, row.cost) for row in await costs.by("user")] == [("ann", Decimal("0.25"))]
    costs.close()


async def test_a_cost_of_any_size_is_kept_and_takes_no_other_with_it(tmp_path: Path) -> None:
    """A whole number of SQLite ends at nine million dollars, in picodollars."""
    costs = CostLog(tmp_path / "costs.db")
    for cost in ("0.25", "10000000", "0.5", "20000000", "0.125"):
        costs.finished(event("ann", cost))
    (row,) = await costs.by("user")
    assert (row.calls, round(row.cost, 6)) == (5, Decimal("30000000.875"))
    costs.close()


async def test_what_is_wrong_is_refused(tmp_path: Path) -> None:
    for name in ("none/costs.db", "a\0b", "a" * 300):
        with pytest.raises(ConfigurationError, match="cannot be kept"):
            CostLog(tmp_path / name)
    with closing(sqlite3.connect(tmp_path / "other.db")) as database, database:
        database.execute("CREATE TABLE mine (id INTEGER)")
    database.close()
    with pytest.raises(ConfigurationError, match="something else"):
        CostLog(tmp_path / "other.db")
    costs = CostLog(tmp_path / "costs.db")
    with pytest.raises(ConfigurationError, match="column"):
        await costs.by("colour")  # type: ignore[arg-type]
    costs.close()
