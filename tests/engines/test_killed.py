"""Workers that are killed: the engine repeats their parts, and rows that were answered are not asked again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import dask
import dask.dataframe as dd
import pandas as pd
import psutil
import pyarrow as pa
import pytest
import ray.data
from distributed import Client, LocalCluster

from openrouter_async.dask import Prompt as DaskPrompt
from openrouter_async.ray import Prompt as RayPrompt
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest
from tests.engines.work import TEXT, Row, answer, asked, columns, named, prompts, right

ROWS = 2_000
CONCURRENCY = 16
KILL_AT = 500
"""The request at which a worker is killed, a quarter of the way."""


def kill_workers(is_one: Callable[[psutil.Process], bool]) -> int:
    """Kill the processes below this one that are workers; return how many there were."""
    killed = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if is_one(process):
                process.send_signal(signal.SIGKILL)
                killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed


@dataclass
class Seen:
    """What the service saw."""

    killed: int = 0
    """Processes that were killed at a request."""
    made: int = 0
    """Answers that it made, and billed; those of its cache are not among them."""


def kill_while_answering(service: Emulator, kill: Callable[[], int]) -> Seen:
    """Let the service kill at one request; return what it will have seen."""
    seen = Seen()

    def kill_now() -> None:
        seen.killed = kill()

    def answering(request: ReceivedRequest) -> str:
        seen.made += 1
        if seen.made == KILL_AT:
            Thread(target=kill_now).start()
        return answer(request)

    service.reply_with(answering)
    return seen


def kill_one(is_one: Callable[[psutil.Process], bool]) -> Callable[[], int]:
    """Return a function that kills the first such process."""
    chosen: list[int] = []

    def is_first(process: psutil.Process) -> bool:
        if is_one(process):
            chosen.append(process.pid)
        return chosen[:1] == [process.pid]

    return lambda: kill_workers(is_first)


def check(rows: list[Row], service: Emulator, seen: Seen) -> None:
    """All rows are there and right, and of all requests only those in flight were sent again."""
    assert seen.killed == 1
    assert named(rows) == right(ROWS)
    times = prompts(service)
    assert len(times) == ROWS
    assert 0 <= times.total() - ROWS <= 2 * CONCURRENCY
    assert max(times.values()) <= 2


def is_actor(process: psutil.Process) -> bool:
    return "MapWorker" in " ".join(process.cmdline())


@pytest.mark.usefixtures("local_ray")
def test_a_killed_actor_of_ray(service: Emulator, tmp_path: Path) -> None:
    seen = kill_while_answering(service, lambda: kill_workers(is_actor))
    cities = ray.data.from_arrow(pa.table(columns(ROWS))).repartition(4)
    prompt = RayPrompt(TEXT, **asked(concurrency=CONCURRENCY, journal=tmp_path / "run.jsonl"))
    answered = cities.map_batches(prompt, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=1))
    check(answered.take_all(), service, seen)


def test_a_killed_worker_of_dask(service: Emulator, tmp_path: Path) -> None:
    cities = dd.from_pandas(pd.DataFrame(columns(ROWS)), npartitions=8)
    prompt = DaskPrompt(TEXT, **asked(concurrency=CONCURRENCY, journal=tmp_path / "run.jsonl"))
    with (
        dask.config.set({"distributed.worker.memory.terminate": False}),
        LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None, memory_limit=0) as cluster,
        Client(cluster) as client,
    ):
        workers = set(client.run(os.getpid).values())
        seen = kill_while_answering(service, lambda: kill_workers(lambda process: process.pid in workers))
        rows = cities.map_partitions(prompt, meta=prompt.meta(cities)).compute().to_dict("records")
    check(rows, service, seen)


@pytest.mark.usefixtures("local_ray")
def test_one_of_two_actors_of_ray_with_a_ledger(service: Emulator, tmp_path: Path) -> None:
    seen = kill_while_answering(service, kill_one(is_actor))
    cities = ray.data.from_arrow(pa.table(columns(ROWS))).repartition(8)
    prompt = RayPrompt(TEXT, **asked(concurrency=CONCURRENCY, ledger=tmp_path / "run.db", once=True))
    rows = cities.map_batches(
        prompt, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=2)
    ).take_all()
    check(rows, service, seen)
    assert seen.made == ROWS  # so the bill is the fair price


def test_one_of_two_workers_of_dask_with_a_ledger(service: Emulator, tmp_path: Path) -> None:
    cities = dd.from_pandas(pd.DataFrame(columns(ROWS)), npartitions=8)
    prompt = DaskPrompt(TEXT, **asked(concurrency=CONCURRENCY, ledger=tmp_path / "run.db", once=True))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster,
        Client(cluster) as client,
    ):
        workers = set(client.run(os.getpid).values())
        seen = kill_while_answering(service, kill_one(lambda process: process.pid in workers))
        rows = cities.map_partitions(prompt, meta=prompt.meta(cities)).compute().to_dict("records")
    check(rows, service, seen)
    assert seen.made == ROWS  # so the bill is the fair price
