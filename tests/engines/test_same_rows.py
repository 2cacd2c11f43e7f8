"""The same rows on every engine have the same answers, each paid once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import dask.dataframe as dd
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import ray.data
from anyio import to_thread

from openrouter_async import AsyncOpenRouter, Prompt
from openrouter_async.dask import Prompt as DaskPrompt
from openrouter_async.ray import Prompt as RayPrompt
from openrouter_async.testing import Emulator
from tests.engines.work import TEXT, Row, asked, columns, named, prompts, right

ROWS = 2_000


async def on_asyncio() -> list[Row]:
    async with AsyncOpenRouter() as client:
        return (await client.batch.table(pa.table(columns(ROWS)), prompt=TEXT, **asked())).to_pylist()


def on_processes() -> list[Row]:
    frame = pa.table(columns(ROWS))
    parts = [frame.slice(start, ROWS // 8) for start in range(0, ROWS, ROWS // 8)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return [row for part in pool.map(Prompt(TEXT, **asked()), parts) for row in part.to_pylist()]


def on_ray_actors() -> list[Row]:
    cities = ray.data.from_arrow(pa.table(columns(ROWS))).repartition(8)
    return cities.map_batches(RayPrompt(TEXT, **asked()), batch_format="pyarrow").take_all()


def on_ray_tasks() -> list[Row]:
    cities = ray.data.from_arrow(pa.table(columns(ROWS))).repartition(4)
    return cities.map_batches(Prompt(TEXT, **asked())).take_all()


def on_dask() -> list[Row]:
    cities = dd.from_pandas(pd.DataFrame(columns(ROWS)), npartitions=8)
    prompt = DaskPrompt(TEXT, **asked())
    return cities.map_partitions(prompt, meta=prompt.meta(cities)).compute().to_dict("records")


def on_pandas() -> list[Row]:
    return Prompt(TEXT, **asked())(pd.DataFrame(columns(ROWS))).to_dict("records")


def on_polars() -> list[Row]:
    return Prompt(TEXT, **asked())(pl.DataFrame(columns(ROWS))).to_dicts()


async def test_asyncio(service: Emulator) -> None:
    assert named(await on_asyncio()) == right(ROWS)
    assert set(prompts(service).values()) == {1}


@pytest.mark.parametrize("engine", [on_processes, on_ray_actors, on_ray_tasks, on_dask, on_pandas, on_polars])
@pytest.mark.usefixtures("local_ray")
def test_engines(service: Emulator, engine: Callable[[], list[Row]]) -> None:
    assert named(engine()) == right(ROWS)
    asked_for = prompts(service)
    assert len(asked_for) == ROWS
    assert set(asked_for.values()) == {1}


@pytest.mark.usefixtures("local_ray")
async def test_a_ledger_has_the_answers_for_every_engine(
    service: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that one engine has asked, no other asks."""
    monkeypatch.setattr("tests.engines.work.LEDGER", tmp_path / "run.db")
    first = await on_asyncio()
    assert len(prompts(service)) == ROWS
    for engine in (on_processes, on_ray_actors, on_dask, on_polars):
        rows = await to_thread.run_sync(engine)
        assert named(rows) == named(first) == right(ROWS)
    assert prompts(service).total() == ROWS
