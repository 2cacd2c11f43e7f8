"""What every store of streams promises, and readers and workers rely on."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest

from openrouter_async import ConfigurationError
from openrouter_async.server import MemoryStreams
from openrouter_async.server.relays.failures import WebError
from tests.server.relays.streams.conftest import Make


async def test_events_are_read_from_any_on(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    await store.append("a", [b"1", b"2"])
    await store.append("a", [b"3"])
    for after in range(4):
        part = await store.read("a", after, 0)
        assert part is not None
        assert (list(part.events), part.state) == ([b"1", b"2", b"3"][after:], "running")
    await store.end("a", "over")
    part = await store.read("a", 3, 5)
    assert part is not None
    assert (list(part.events), part.state) == ([], "over")


async def test_many_events_are_read_in_parts(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    events = [str(number).encode() for number in range(2500)]
    await store.append("a", events)
    await store.end("a", "over")
    found: list[bytes] = []
    while (part := await store.read("a", len(found), 0)) is not None and part.events:
        found += part.events
    assert found == events


async def test_a_reader_waits_for_the_next(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    found: list[Any] = []

    async def read() -> None:
        found.append(await store.read("a", 0, 20))

    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(read)
            await anyio.lowlevel.checkpoint()
            await store.append("a", [b"1"])
    assert [list(part.events) for part in found] == [[b"1"]] * 3


async def test_a_wait_ends(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    part = await store.read("a", 0, 0.05)
    assert part is not None
    assert (list(part.events), part.state) == ([], "running")


async def test_a_beat_waits_as_long_as_it_is_told_to(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    with anyio.move_on_after(0.01) as given_up:
        await store.beat("a", 0.9)
    assert given_up.cancelled_caught
    with anyio.fail_after(20):
        assert not (await store.beat("a", 0.01)).is_stopped


async def test_an_id_names_the_newest_and_a_run_each(make: Make) -> None:
    store = make()
    assert await store.find("7") is None
    await store.begin("7", "a", "events")
    await store.begin("7", "b", "ai-sdk")
    newest, older = await store.find("7"), await store.find("7", "a")
    assert newest is not None
    assert older is not None
    assert (newest.run, newest.format, newest.state) == ("b", "ai-sdk", "running")
    assert older.run == "a"
    assert await store.find("8", "a") is None, "a run is found under its own id only"


async def test_a_stop_is_known_at_the_next_beat(make: Make) -> None:
    store = make()
    assert not await store.stop("7")
    await store.begin("7", "a", "events")
    assert not (await store.beat("a", 0)).is_stopped
    assert await store.stop("7")
    with anyio.fail_after(15):
        assert (await store.beat("a", 20)).is_stopped
    await store.end("a", "over")
    assert not await store.stop("7")


async def test_a_stop_wakes_a_beat_that_waits(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    found = []

    async def beat() -> None:
        found.append(await store.beat("a", 20))

    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            group.start_soon(beat)
            await anyio.sleep(0.05)
            await store.stop("7")
    assert found[0].is_stopped


async def test_a_new_stream_stops_the_one_that_has_its_id(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    await store.begin("8", "other", "events")
    await store.begin("7", "b", "events")
    stopped = [(await store.beat(run, 0)).is_stopped for run in ("a", "b", "other")]
    assert stopped == [True, False, False]


async def test_it_knows_since_when_nobody_reads(make: Make) -> None:
    store = make()
    await store.begin("7", "a", "events")
    assert (await store.beat("a", 0)).unattended_s < 5
    await anyio.sleep(0.2)
    before = (await store.beat("a", 0)).unattended_s
    assert before >= 0.15
    began = time.monotonic()
    await store.attend("a")
    since = (await store.beat("a", 0)).unattended_s
    assert since < 0.1 + time.monotonic() - began


async def test_what_is_over_is_forgotten_after_a_while(make: Make) -> None:
    store = make(keep=0.05)
    await store.begin("7", "a", "events")
    await store.append("a", [b"1"])
    await anyio.sleep(0.1)
    assert await store.find("7") is not None, "it runs"
    await store.end("a", "over")
    await anyio.sleep(0.1)
    await store.begin("8", "b", "events")
    assert await store.find("7") is None
    assert await store.read("a", 0, 0) is None


async def test_no_more_run_than_may(make: Make) -> None:
    store = make(max_streams=2)
    await store.begin("7", "a", "events")
    await store.begin("8", "b", "events")
    with pytest.raises(WebError, match="2 streams run already") as refused:
        await store.begin("9", "c", "events")
    assert refused.value.status == 503
    await store.end("a", "over")
    await store.begin("9", "c", "events")
    assert await store.find("7") is not None


async def test_what_is_not_there_is_none(make: Make) -> None:
    store = make()
    assert await store.read("a", 0, 0) is None
    await store.attend("a")


@pytest.mark.parametrize("name", ["max_streams", "max_events", "max_bytes", "keep"])
async def test_a_wrong_limit_is_named(make: Make, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is 0"):
        make(**{name: 0})


async def test_what_one_store_writes_another_reads(make: Make) -> None:
    """As two workers do; streams in memory are those of one."""
    here = make()
    there = here if make is MemoryStreams else make()
    await here.begin("7", "a", "events")
    found: list[Any] = []

    async def read() -> None:
        found.append(await there.read("a", 0, 20))

    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(0.05)
            await here.append("a", [b"1", b"2"])
    assert found[0].events[0] == b"1"
    assert await there.stop("7")
    assert (await here.beat("a", 0)).is_stopped
    began = time.monotonic()
    await there.attend("a")
    assert (await here.beat("a", 0)).unattended_s < 1 + time.monotonic() - began


async def test_memory_forgets_the_oldest_answers_when_all_have_too_many_bytes() -> None:
    store = MemoryStreams(max_total_bytes=100)
    for run in ("a", "b"):
        await store.begin(run, run, "events")
        await store.append(run, [b"x" * 40])
        await store.end(run, "over")
    await store.begin("c", "c", "events")
    await store.append("c", [b"x" * 40])
    assert await store.find("a") is None
    assert await store.find("b") is not None
    assert not (await store.beat("c", 0)).is_full
    await store.append("c", [b"x" * 70])
    assert await store.find("b") is None
    assert (await store.beat("c", 20)).is_full
    with pytest.raises(WebError) as caught:
        await store.begin("d", "d", "events")
    assert (caught.value.status, caught.value.kind) == (503, "TooManyStreams")
    await store.end("c", "over")
    await store.begin("d", "d", "events")
    assert await store.find("c") is None
