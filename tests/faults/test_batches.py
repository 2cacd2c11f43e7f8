"""Rows J: batches that are killed, stopped, refused and resumed, over sockets."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    Done,
    Failed,
    Item,
    JournalError,
    Timeouts,
    errors,
)
from tests.faults.batch_runs import fill_the_disk, growth
from tests.faults.calls import FAST, KEY
from tests.faults.evidence import check_error, check_hidden
from tests.faults.measured import measure
from tests.faults.scenes.answers import completion
from tests.faults.scenes.batches import OutOfCredits, Refusing, echo, prompt_of
from tests.faults.service import FaultServer, RunningStage
from tests.support.folders import ROOT
from tests.support.forked import Python
from tests.support.loopback import Reply

KILLS = int(os.environ.get("OPENROUTER_ASYNC_KILLS", "3"))
"""How often a run is killed."""

ITEMS = 1_000


def items(count: int) -> list[Item]:
    return [Item(f"key {number}", f"prompt {number}") for number in range(count)]


async def batch(stage: RunningStage, asked: Sequence[Item], **settings: Any) -> list[Done[str] | Failed]:
    """Return the results of a batch."""
    options = settings.pop("timeouts", None)
    async with (
        AsyncOpenRouter(
            KEY, base_url=stage.url, default_model="a/b", retries=FAST, timeouts=options
        ) as client,
        client.batch(asked, **settings) as running,
    ):
        return [result async for result in running]


def records(path: Path) -> list[dict[str, Any]]:
    """Return the journal's records, read as anyone would."""
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"", "the last line has no end"
    check_hidden(path.read_text("utf-8"))
    return [json.loads(line) for line in lines]


@contextmanager
def started(stage: RunningStage, path: Path, count: int) -> Iterator[Python]:
    """Run a batch in a process of its own."""
    with Python("-m", "tests.faults.batch_runs", stage.url, str(path), str(count), cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def test_J01_killed_at_any_moment(faults: FaultServer, tmp_path: Path) -> None:
    path, chance = tmp_path / "run.jsonl", random.Random()
    with faults.play(echo) as stage:
        for kill in range(KILLS + 1):
            finished = {record["key"] for record in _whole_lines(path)}
            sent = len(stage.requests)
            with started(stage, path, ITEMS) as process:
                if kill < KILLS:
                    wanted = sent + chance.randint(1, 2 * ITEMS // (KILLS + 2))
                    while len(stage.requests) < wanted and process.poll() is None:
                        time.sleep(0.002)
                    process.kill()
                else:
                    assert process.communicate(timeout=60)[0].startswith(f"done {ITEMS}, failed 0, resumed ")
            again = {prompt_of(each).replace("prompt", "key") for each in stage.requests[sent:] if each.body}
            assert not again & finished, "a finished item was sent again"
    keys = [record["key"] for record in records(path)]
    assert len(keys) == len(set(keys)) == ITEMS


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """Return the records that are whole; a killed run may leave half a line behind them."""
    whole = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in whole]


@pytest.mark.parametrize("cut", [1, 30, "inside a character"])
async def test_J02_a_last_line_that_is_cut(
    faults: FaultServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int | str
) -> None:
    path = tmp_path / "run.jsonl"
    asked = [Item(f"key {number}", f"größer {number}") for number in range(3)]
    with faults.play(echo) as stage:
        await batch(stage, asked, journal=path, concurrency=1)
        whole = path.read_bytes()
        end = whole.rindex("ö".encode()) + 1 if isinstance(cut, str) else len(whole) - cut
        path.write_bytes(whole[:end])
        results = await batch(stage, asked, journal=path, concurrency=1)
        assert [result.key for result in results] == [item.key for item in asked]
        assert [prompt_of(request) for request in stage.requests] == [
            *(f"größer {n}" for n in range(3)),
            "größer 2",
        ]
    assert "not written whole" in caplog.text
    assert [record["key"] for record in records(path)] == [item.key for item in asked]


async def test_J03_a_full_disk(faults: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with faults.play(echo) as stage:
        said = (await measure(fill_the_disk, stage.url, str(path))).result
    assert "cannot be written: File too large" in said
    assert len(records(path)) >= 1
    assert int(said.split()[0]) - len(records(path)) in (1, 2)  # the next one may have been on its way


async def test_J03_a_journal_that_is_removed(faults: FaultServer, tmp_path: Path) -> None:
    path, results = tmp_path / "run.jsonl", list[Done[str] | Failed]()

    async def remove_in_the_middle(client: AsyncOpenRouter) -> None:
        async with client.batch(items(50), journal=path, concurrency=1) as running:
            async for result in running:
                results.append(result)
                if len(results) == 5:
                    path.unlink()

    with faults.play(echo) as stage:
        async with AsyncOpenRouter(KEY, base_url=stage.url, default_model="a/b") as client:
            with pytest.raises(JournalError, match="it was removed") as caught:
                await remove_in_the_middle(client)
    check_error(caught.value)
    assert 5 <= len(results) < 50
    assert all(isinstance(result, Done) for result in results)


async def test_J03_a_journal_that_may_not_be_written(faults: FaultServer, tmp_path: Path) -> None:
    with faults.play(echo) as stage:
        with pytest.raises(JournalError, match="cannot be opened") as caught:
            await batch(stage, items(1), journal=tmp_path)
        check_error(caught.value)
        assert stage.requests == []


def test_J04_two_processes_on_one_file(faults: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with faults.play(echo) as stage, started(stage, path, 100_000) as first:
        while len(stage.requests) == 0:
            assert first.poll() is None
            time.sleep(0.005)
        with started(stage, path, 10) as second:
            assert "used by another run" in second.communicate(timeout=60)[0]


@pytest.mark.parametrize("changed", [{"prompt": "other"}, {"temperature": 0.5}, {"model": "c/d"}])
async def test_J05_another_request_under_the_same_key(
    faults: FaultServer, tmp_path: Path, changed: dict[str, Any]
) -> None:
    path = tmp_path / "run.jsonl"
    with faults.play(echo) as stage:
        await batch(stage, [Item("a", "prompt")], journal=path)
        prompt, settings = (
            changed.get("prompt", "prompt"),
            {k: v for k, v in changed.items() if k != "prompt"},
        )
        with pytest.raises(ConfigurationError, match="'a'") as caught:
            await batch(stage, [Item("a", prompt)], journal=path, **settings)
        check_error(caught.value)
        assert len(stage.requests) == 1
        (result,) = await batch(stage, [Item("a", prompt)], journal=path, on_change="redo", **settings)
        assert isinstance(result, Done)
        assert len(stage.requests) == 2


async def test_J06_one_item_fails_and_one_hangs(faults: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    asked = [*items(20), Item("bad", "fail"), Item("slow", "hang"), Item("last", "prompt")]
    with faults.play(echo) as stage:
        results = await batch(stage, asked, journal=path, concurrency=4, timeouts=Timeouts(total=2))
    failed = {result.key: result.error for result in results if isinstance(result, Failed)}
    assert len(results) == 23
    assert {key: type(error) for key, error in failed.items()} == {
        "bad": errors.BadRequest,
        "slow": errors.DeadlineExceeded,
    }
    for error in failed.values():
        check_error(error)
    assert {record["key"]: record["error"]["type"] for record in records(path) if "error" in record} == {
        "bad": "BadRequest",
        "slow": "DeadlineExceeded",
    }


@pytest.mark.slow
async def test_J07_everything_is_refused_for_a_while(faults: FaultServer) -> None:
    """The requests in flight are refused, all wait once, and then go on: far fewer refusals than items."""
    with faults.play(Refusing(32, wait=0.3)) as stage:
        results = await batch(stage, items(200), concurrency=32)
        assert all(isinstance(result, Done) for result in results)
        requests = stage.requests
    assert len(requests) <= 200 + 32 + 8
    waited = requests[32].at - requests[31].at
    assert waited >= 0.25


async def test_J10_credits_end_or_the_key_dies(faults: FaultServer, tmp_path: Path) -> None:
    for status, kind in ((402, errors.InsufficientCredits), (401, errors.AuthenticationError)):
        path = tmp_path / f"{status}.jsonl"
        with faults.play(OutOfCredits(10, status)) as stage:
            with pytest.raises(kind) as caught:
                await batch(stage, items(100), journal=path, concurrency=4)
            check_error(caught.value)
            assert len(stage.requests) <= 10 + 4
        assert len(records(path)) == 10
        assert not any("error" in record for record in records(path))
        with faults.play(echo) as stage:
            assert len(await batch(stage, items(100), journal=path)) == 100
            assert len(stage.requests) == 90


@pytest.mark.slow
async def test_J09_many_items(faults: FaultServer) -> None:
    """A part of the promise, since a call costs what it costs: of an item that is done, only the hash of its key stays.

    That hash is one block of memory; which of them come from blocks that were free already differs from run to run.
    """
    measured = await measure(growth, "4000")
    assert int(measured.result) < 3_600 + 400


@pytest.mark.parametrize(
    "text",
    ["a\nb\r\nc\r", "a\u2028b\u2029c\x85d", "a\0b", "\ud83d alone", '"\\\\n'],
    ids=["ends", "separators", "NUL", "surrogate", "quotes"],
)
async def test_J11_any_reply_is_one_line(faults: FaultServer, tmp_path: Path, text: str) -> None:
    path, expected = (
        tmp_path / "run.jsonl",
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    )
    with faults.play(Reply(json=completion(text))) as stage:
        for _ in range(2):
            (result,) = await batch(stage, items(1), journal=path)
            assert isinstance(result, Done)
            assert result.output == expected
        assert len(stage.requests) == 1
    (record,) = records(path)
    assert record["text"] == expected
