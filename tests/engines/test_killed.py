"""Workers that are killed: the engine repeats their parts, and rows that were answered are not asked again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
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


def kill_while_answering(service: Emulator, kill: Callable[[], int]) -> list[int]:
    """Let the service kill at one request; return a list that says how many processes were killed."""
    killed: list[int] = []
    answered = 0

    def answering(request: ReceivedRequest) -> str:
        nonlocal answered
        answered += 1
        if answered == KILL_AT:
            Thread(target=lambda: killed.append(kill())).start()
        return answer(request)

    service.reply_with(answering)
    return killed


def check(rows: list[Row], service: Emulator, killed: list[int]) -> None:
    """All rows are there and right, and of all requests only those in flight were sent again."""
    assert killed == [1]
    assert named(rows) == right(ROWS)
    times = prompts(service)
    assert len(times) == ROWS
    assert 0 <= times.total() - ROWS <= 2 * CONCURRENCY
    assert max(times.values()) <= 2


def is_actor(process: psutil.Process) -> bool:
    return "MapWorker" in " ".join(process.cmdline())


@pytest.mark.usefixtures("local_ray")
def test_a_killed_actor_of_ray(service: Emulator, tmp_path: Path) -> None:
    killed = kill_while_answering(service, lambda: kill_workers(is_actor))
    cities = ray.data.from_arrow(pa.table(columns(ROWS))).repartition(4)
    prompt = RayPrompt(TEXT, **asked(concurrency=CONCURRENCY, journal=tmp_path / "run.jsonl"))
    answered = cities.map_batches(prompt, batch_format="pyarrow", compute=ray.data.ActorPoolStrategy(size=1))
    check(answered.take_all(), service, killed)


def test_a_killed_worker_of_dask(service: Emulator, tmp_path: Path) -> None:
    cities = dd.from_pandas(pd.DataFrame(columns(ROWS)), npartitions=8)
    prompt = DaskPrompt(TEXT, **asked(concurrency=CONCURRENCY, journal=tmp_path / "run.jsonl"))
    with (
        dask.config.set({"distributed.worker.memory.terminate": False}),
        LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None, memory_limit=0) as cluster,
        Client(cluster) as client,
    ):
        workers = set(client.run(os.getpid).values())
        killed = kill_while_answering(service, lambda: kill_workers(lambda process: process.pid in workers))
        rows = cities.map_partitions(prompt, meta=prompt.meta(cities)).compute().to_dict("records")
    check(rows, service, killed)
