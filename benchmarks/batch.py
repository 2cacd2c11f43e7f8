"""Batches at full size: faults, a hidden limit, and memory.

`faults [ITEMS]`: 10 % of the requests meet a fault; everything must be accounted for.
`limit [A_SECOND] [SECONDS]`: a limit that the client is not told; at least 90 % of it used, under 2 % refused.
`memory [ITEMS]`: through a fake model, with a journal; the most memory the process had.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from openrouter_async import AsyncOpenRouter, ChatCompletion
from openrouter_async._sansio.chat_body import ChatCall
from openrouter_async.batch.run import Batch
from openrouter_async.testing import Emulator, Failure, Fault, RateLimit

MODEL = "openai/gpt-4o-mini"


async def faults(items: int) -> None:
    """Ask so many items, 256 at once."""
    with Emulator(credits="1000", first_token_s=0.05) as emulator, tempfile.TemporaryDirectory() as folder:
        emulator.inject_faults(
            0.1,
            Failure(status=503),
            Failure(status=502),
            Failure(status=429, retry_after=0.2),
            Fault.reset(),
            Fault.disconnect(after=5),
            Fault.truncate(after=10),
        )
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            prompts = (f"question {number}" for number in range(items))
            journal = Path(folder) / "run.jsonl"
            async with client.batch(prompts, concurrency=256, max_tokens=30, journal=journal) as batch:
                keys = Counter([result.key async for result in batch])
        summary = batch.summary
        print(f"{len(keys)} results of {items}, the most of one key {max(keys.values())}")
        print(f"{summary.done} done, {summary.failed} failed {dict(summary.errors)}, {summary.elapsed:.1f} s")


async def limit(a_second: int, seconds: float) -> None:
    """Keep 64 items in work against a limit, and look at all but the first third of the time."""
    with Emulator(credits="1000", first_token_s=0.2, rate_limit=RateLimit(a_second, 1.0)) as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            began = time.monotonic()

            def prompts() -> Iterator[str]:
                while time.monotonic() < began + seconds:
                    yield "question"

            async with client.batch(prompts(), concurrency=64, max_tokens=5) as batch:
                async for _ in batch:
                    pass
        settled = [
            request.status
            for request in emulator.requests
            if began + seconds / 3 < request.arrived_at < began + seconds
        ]
    statuses = Counter(settled)
    print(
        f"used {statuses[200] / (seconds * 2 / 3) / a_second:.1%}, refused {statuses[429] / len(settled):.2%}"
    )


async def memory(items: int) -> None:
    """Ask a model that answers at once."""
    message = {"role": "assistant", "content": "An answer of a usual kind."}
    reply = ChatCompletion.model_validate({"choices": [{"message": message}], "usage": {"cost": 0.0001}})

    class Answering:
        params: ClassVar[dict[str, object]] = {}
        default_model = None

        def with_options(self, _options: object) -> Answering:
            return self

        async def create(self, _call: ChatCall) -> ChatCompletion[Any]:
            await asyncio.sleep(0)
            return reply

    async def prices() -> Any:
        return lambda *_: None

    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "run.jsonl"
        prompts = (f"question {number}" for number in range(items))
        async with AsyncOpenRouter("sk-or-v1-none") as client:
            sender, transport = client._sender, client._sender.transport
        batch: Batch[str] = Batch(
            prompts, completer=Answering(), transport=transport, sender=sender, prices=prices, journal=journal
        )
        async with batch:
            async for _ in batch:
                pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{batch.summary.done} items, {batch.summary.elapsed:.1f} s, at most {most:.0f} MB")


def main() -> None:
    """Run one of the three, with the size given or its own."""
    name, *sizes = sys.argv[1:] or [""]
    match name:
        case "faults":
            asyncio.run(faults(int(sizes[0]) if sizes else 5_000))
        case "limit":
            a_second, seconds = [*map(int, sizes), 100, 60][:2] if len(sizes) != 1 else [int(sizes[0]), 60]
            asyncio.run(limit(a_second, seconds))
        case "memory":
            asyncio.run(memory(int(sizes[0]) if sizes else 1_000_000))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
