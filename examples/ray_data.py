"""Prompts as a step of a Ray Data pipeline: each row gets a typed value, its cost, or an error.

    pip install 'openrouter-async[ray]'
    python examples/ray_data.py

Workers share a ledger: together they stay within the budget, and rows that a dead worker had answered are not sent
again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import ray
from pydantic import BaseModel

from openrouter_async.ray import Prompt


class Review(BaseModel):
    mood: Literal["good", "bad", "mixed"]
    product: str


def main(count: int, folder: Path) -> None:
    given = [name for name in os.environ if name.startswith("OPENROUTER_")]
    if not ray.is_initialized():
        ray.init(runtime_env={"env_vars": {name: os.environ[name] for name in given}})
    reviews = ray.data.from_items(
        [
            {"id": f"r{n}", "text": f"The lamp {('shines', 'broke')[n % 2]} since day {n}."}
            for n in range(count)
        ]
    )
    label = Prompt(
        "Label this review: {text}",
        key="id",
        output=Review,
        model="openai/gpt-4o-mini",
        max_tokens=100,
        concurrency=256,
        ledger=folder / "reviews.db",
        budget="1.00",
        once=True,
    )
    labelled = reviews.map_batches(label, batch_size=1_000, batch_format="pyarrow").materialize()
    labelled.write_parquet(str(folder / "labelled"))
    failed = labelled.filter(lambda row: row["error"] is not None).count()
    print(f"{labelled.count()} rows, {failed} failed, US$ {labelled.sum('cost')}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, Path.cwd())
