"""`client.batch(once=True)`: what is asked again, by the same or a later run, is answered from the service's cache."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel, field_validator

from openrouter_async import AsyncOpenRouter, BatchSummary, Done, Failed, Item, Retries, Timeouts
from openrouter_async._sansio.once import METADATA_KEY
from openrouter_async.testing import Emulator, Fault, Reply

MODEL = "openai/gpt-4o-mini"
PACE_S = 0.05
"""Seconds that the service takes for an answer whose client has gone."""


async def run(
    emulator: Emulator,
    items: Sequence[Item | str],
    *,
    stop_after: int | None = None,
    headers_s: float = 30.0,
    **settings: Any,
) -> tuple[list[Done[Any] | Failed], BatchSummary]:
    """Run a batch, or as much of it as comes before the block is left."""
    results: list[Done[Any] | Failed] = []
    async with (
        AsyncOpenRouter(
            emulator.key,
            base_url=emulator.base_url,
            default_model=MODEL,
            retries=Retries(base=0.001),
            timeouts=Timeouts(headers=headers_s),
        ) as client,
        client.batch(items, **settings) as batch,
    ):
        async for result in batch:
            results.append(result)
            if len(results) == stop_after:
                break
    return results, batch.summary


def asked_of(emulator: Emulator) -> list[Any]:
    """Return the requests for answers that came whole; who leaves may leave before that."""
    return [request for request in emulator.requests if request.method == "POST" and request.body is not None]


def keys_of(emulator: Emulator) -> list[str]:
    return [request.json["metadata"][METADATA_KEY] for request in asked_of(emulator)]  # type: ignore[index, call-overload, misc]


@pytest.mark.parametrize("finishes", [True, False], ids=["finished unread", "given up"])
async def test_what_was_in_flight_when_the_block_was_left_is_billed_once(
    tmp_path: Path, finishes: bool
) -> None:
    items = [Item(f"key {number}", f"prompt {number}") for number in range(40)]
    with Emulator() as emulator:
        await run(emulator, items)
        fair = emulator.spent
    with Emulator(first_token_s=PACE_S, finishes_unread=finishes) as emulator:
        journal = tmp_path / "run.jsonl"
        for _ in range(4):
            await run(emulator, items, journal=journal, once=True, stop_after=5, concurrency=8)
            if (
                finishes
            ):  # an answer that is asked for again while it is still written is made, and billed, anew
                await anyio.sleep(PACE_S * 4)
        _, summary = await run(emulator, items, journal=journal, once=True)
        assert summary.done == 40
        assert len(asked_of(emulator)) > 40
        assert (emulator.spent == fair) is finishes
        assert len(set(keys_of(emulator))) == 40
        if finishes:
            assert summary.cost == fair  # what the cache gave is booked once, at its price


@pytest.mark.loopback
async def test_items_that_ask_the_same_have_keys_of_their_own() -> None:
    with Emulator() as emulator:
        await run(emulator, ["same", "same"], once=True)
        assert len(set(keys_of(emulator))) == 2
        assert all(result is not None for result in keys_of(emulator))


@pytest.mark.loopback
async def test_the_setting_of_a_call_does_the_same(tmp_path: Path) -> None:
    with Emulator() as emulator:
        for name in ("a", "b"):
            options = {"once": True}
            await run(emulator, [Item("k", "p")], options=options, journal=tmp_path / name)
        assert len(set(keys_of(emulator))) == 1


@pytest.mark.loopback
async def test_metadata_of_the_items_stays() -> None:
    with Emulator() as emulator:
        await run(emulator, [Item("k", "p", metadata={"a": "b"})], once=True)
        assert emulator.requests[0].json["metadata"]["a"] == "b"  # type: ignore[index, call-overload]


class City(BaseModel):
    name: str


@pytest.mark.loopback
async def test_an_answer_that_was_paid_for_and_does_not_serve_is_asked_for_anew(tmp_path: Path) -> None:
    journal, item = tmp_path / "run.jsonl", Item("oslo", "Which city?")
    with Emulator(strict=True) as emulator:
        emulator.reply("no city at all", times=5)
        (failed,), _ = await run(emulator, [item], output=City, once=True, journal=journal)
        assert isinstance(failed, Failed)
        asked = len(asked_of(emulator))
        emulator.reset()
        emulator.reply('{"name": "Oslo"}')
        (done,), _ = await run(emulator, [item], output=City, once=True, journal=journal, retry_failed="all")
        assert isinstance(done, Done)
        assert done.output == City(name="Oslo")
        assert asked > 0


@pytest.mark.loopback
async def test_an_item_that_broke_off_has_the_same_key_in_the_next_run(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    with Emulator() as emulator:
        emulator.script(Reply.of("Hello", fault=Fault.stall()), times=1)
        retries = {"retries": Retries(attempts=1)}
        settings = {"once": True, "journal": journal, "options": retries, "headers_s": 0.5}
        (failed,), _ = await run(emulator, [Item("k", "p")], **settings)
        assert isinstance(failed, Failed)
        bill = emulator.spent
        (done,), summary = await run(emulator, [Item("k", "p")], once=True, journal=journal)
        assert isinstance(done, Done)
        assert done.output == "Hello"
        assert emulator.spent == bill > Decimal(0)
        assert summary.cost == bill


@pytest.mark.loopback
async def test_an_answer_that_is_asked_for_again_is_not_the_kept_one(tmp_path: Path) -> None:
    refused: set[str] = set()

    class Strict(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def check(cls, name: str) -> str:
            if name in refused:
                raise ValueError("not that one")
            return name

    journal, item = tmp_path / "run.jsonl", Item("k", "Which city?")
    with Emulator(strict=True) as emulator:
        emulator.reply('{"name": "Oslo"}')
        await run(emulator, [item], output=Strict, once=True, journal=journal)
        refused.add("Oslo")
        emulator.reply('{"name": "Bergen"}')
        (done,), _ = await run(emulator, [item], output=Strict, once=True, journal=journal, on_change="redo")
        assert isinstance(done, Done)
        assert done.output.name == "Bergen"


@pytest.mark.loopback
@pytest.mark.parametrize("once", [1, None, "key"])
def test_only_yes_or_no_is_taken(once: Any) -> None:
    from openrouter_async import ConfigurationError

    client = AsyncOpenRouter("sk-or-v1-x")
    with pytest.raises(ConfigurationError, match="once is"):
        client.batch(["a"], once=once)
