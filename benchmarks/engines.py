"""Rows on Ray Data: `openrouter_async.ray.Prompt` beside the HTTP stage of `ray.data.llm`.

    python benchmarks/engines.py [ROWS] [SECONDS]

Needs the extras `ray` and `testing`, and `aiohttp`. The service is the emulator, whose answers take so many seconds.
Both stages get the rows in one batch, in one actor. The time is that of the service: from the first request to the end
of the last answer. Actors take some seconds to start, in both cases; this is not measured.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import ray
from ray.data import DataContext, Dataset
from ray.data.llm import HttpRequestProcessorConfig, build_processor

from openrouter_async.ray import Prompt
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest

MODEL = "openai/gpt-4o-mini"


def ours(cities: Dataset, rows: int) -> Dataset:
    """Return the answered rows by way of `Prompt`."""
    prompt = Prompt("In which country is {city}?", model=MODEL, concurrency=rows)
    return cities.map_batches(prompt, batch_size=rows, batch_format="pyarrow")


def http_stage(cities: Dataset, rows: int) -> Dataset:
    """Return the answered rows by way of Ray's stage for HTTP."""
    config = HttpRequestProcessorConfig(
        url=f"{os.environ['OPENROUTER_BASE_URL']}/chat/completions",
        headers={"Authorization": f"Bearer {os.environ['OPENROUTER_API_KEY']}"},
        batch_size=rows,
        concurrency=1,
    )

    def asked(row: dict[str, object]) -> dict[str, object]:
        text = f"In which country is {row['city']}?"
        return {"payload": {"model": MODEL, "messages": [{"role": "user", "content": text}]}}

    def answered(row: dict[str, object]) -> dict[str, object]:
        return {"value": row["http_response"]["choices"][0]["message"]["content"]}  # type: ignore[index]

    return build_processor(config, preprocess=asked, postprocess=answered)(cities)


def main(rows: int, seconds: float) -> None:
    """Run both, twice, and print what they took."""
    sent: list[float] = []

    def answer(request: ReceivedRequest) -> str:
        sent.append(time.monotonic())
        return "Norway"

    with Emulator(credits="1000", first_token_s=seconds) as emulator:
        emulator.reply_with(answer)
        os.environ |= {"OPENROUTER_BASE_URL": emulator.base_url, "OPENROUTER_API_KEY": emulator.key}
        ray.init(
            num_cpus=2, include_dashboard=False, object_store_memory=100 * 1024 * 1024, log_to_driver=False
        )
        DataContext.get_current().enable_progress_bars = False
        try:
            took: dict[Callable[[Dataset, int], Dataset], float] = {}
            for stage in (http_stage, ours, http_stage, ours):
                sent.clear()
                items = [{"city": f"city {n}"} for n in range(rows)]
                values = stage(ray.data.from_items(items, override_num_blocks=1), rows).take_all()
                assert [row["value"] for row in values] == ["Norway"] * rows
                assert len(sent) == rows
                spent = max(sent) - min(sent) + seconds
                took[stage] = min(spent, took.get(stage, spent))
                print(f"{stage.__name__:12} {spent:6.2f} s", flush=True)
            print(f"{took[http_stage] / took[ours]:.1f} times as fast")
        finally:
            ray.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 32, float(sys.argv[2]) if sys.argv[2:] else 0.1)
