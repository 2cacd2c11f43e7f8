"""A batch that is killed again and again, and what it cost.

`python -m tests.batch.killed ITEMS KILLS [once]` runs a batch of so many items in processes of their own, of which so
many are killed at random moments, and prints what was lost, what came twice, and what was billed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from openrouter_async import AsyncOpenRouter, Item, Retries
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest
from tests.support import forked
from tests.support.folders import ROOT
from tests.support.forked import Python

MODEL = "openai/gpt-4o-mini"
FIRST_TOKEN_S = 0.02
"""How long a request is in flight, at least."""

CONCURRENCY = 16


@dataclass(frozen=True)
class Outcome:
    """How it ended; money in US dollars."""

    items: int
    kills: int
    """How many runs were killed before they had ended by themselves."""
    made: int
    """Answers that the service made; what its cache gave again is not among them."""
    lost: int
    twice: int
    """Items whose answer is in the journal more than once."""
    fair: Decimal
    """The bill of a batch that nobody kills."""
    bill: Decimal
    cost: Decimal
    """What the summary of the last run says."""
    asked_again: int
    paid_again: Decimal
    unsettled: int
    seconds: float


def items(count: int) -> Iterator[Item]:
    return (Item(f"key {number}", f"prompt {number}") for number in range(count))


def answer(request: ReceivedRequest) -> str:
    return f"the answer to {request.prompt}"


async def run(url: str, key: str, journal: str | None, count: int, once: bool) -> dict[str, str]:
    """Run a batch to its end, and return figures of its summary."""
    async with (
        AsyncOpenRouter(key, base_url=url, default_model=MODEL, retries=Retries(base=0.001)) as client,
        client.batch(items(count), journal=journal, concurrency=CONCURRENCY, once=once) as batch,
    ):
        async for _ in batch:
            pass
    summary = batch.summary
    names = ("done", "failed", "cost", "asked_again", "paid_again", "unsettled")
    return {name: str(getattr(summary, name)) for name in names}


def fair_price(count: int) -> Decimal:
    """Return the bill of all items, each asked once."""
    with Emulator(credits="1000") as emulator:
        emulator.reply_with(answer)
        asyncio.run(run(emulator.base_url, emulator.key, None, count, False))
        return emulator.spent


def kill_again_and_again(count: int, kills: int, *, once: bool, seed: int) -> Outcome:
    """Run a batch, kill it so often, and let it end."""
    began, chance, killed = time.monotonic(), random.Random(seed), 0
    fair = fair_price(count)
    answered: Counter[str] = Counter()

    def counted(request: ReceivedRequest) -> str:
        answered[request.prompt] += 1
        return answer(request)

    with TemporaryDirectory() as folder, Emulator(credits="1000", first_token_s=FIRST_TOKEN_S) as emulator:
        emulator.reply_with(counted)
        journal = Path(folder) / "run.jsonl"
        command = ["-m", "tests.batch.killed", "--run", emulator.base_url, emulator.key]
        command += [str(journal), str(count), "once" if once else ""]
        for kill in range(kills):
            left = count - len(answered)
            wanted = answered.total() + chance.randint(1, max(1, 2 * left // (kills - kill + 1)))
            with Python(*command, cwd=ROOT) as process:
                while answered.total() < wanted and process.poll() is None:
                    time.sleep(0.001)
                time.sleep(chance.uniform(0, 2 * FIRST_TOKEN_S))
                killed += process.poll() is None
                process.kill()
        said = json.loads(forked.run(*command, cwd=ROOT).stdout)
        records = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
        texts: Counter[tuple[str, str]] = Counter(
            (record["key"], record["text"]) for record in records if "completion" in record
        )
        right = {(f"key {number}", f"the answer to prompt {number}") for number in range(count)}
        return Outcome(
            items=count,
            kills=killed,
            made=answered.total(),
            lost=len(right - texts.keys()),
            twice=sum(times > 1 for times in texts.values()) + len(texts.keys() - right),
            fair=fair,
            bill=emulator.spent,
            cost=Decimal(said["cost"]),
            asked_again=int(said["asked_again"]),
            paid_again=Decimal(said["paid_again"]),
            unsettled=int(said["unsettled"]),
            seconds=round(time.monotonic() - began, 1),
        )


def main(arguments: list[str]) -> None:
    """See the module."""
    if arguments[0] == "--run":
        url, key, journal, count, once = arguments[1:]
        print(json.dumps(asyncio.run(run(url, key, journal, int(count), once == "once"))))
        return
    os.nice(10)
    seed = random.randrange(2**32)
    outcome = kill_again_and_again(int(arguments[0]), int(arguments[1]), once="once" in arguments, seed=seed)
    for field in fields(outcome):
        print(f"{field.name:12} {getattr(outcome, field.name)}")
    print(f"{'seed':12} {seed}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
