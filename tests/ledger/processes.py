"""Processes that share a ledger, some of which are killed, and what it cost.

`python -m tests.ledger.processes PROCESSES CONCURRENCY ITEMS KILLS [once] [BUDGET] [ADDRESS]` runs a batch in so many
processes at once, kills one of them so often at a random moment and starts another in its place, and prints what came
of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from openrouter_async import AsyncOpenRouter, BudgetExceeded, Item, Limits, Retries, Timeouts, open_ledger
from openrouter_async.testing import Emulator, RateLimit
from openrouter_async.testing.received import ReceivedRequest
from tests.support.folders import ROOT
from tests.support.forked import Python

MODEL = "openai/gpt-4o-mini"
LEASE_S = float(os.environ.get("LEASE_S", "2"))
"""Shorter than that of a program, so a test need not wait; longer where the machine is busy."""
FIRST_TOKEN_S = 0.05
"""How long a request is in flight, at least."""


@dataclass(frozen=True)
class Outcome:
    """How it ended; money in US dollars."""

    items: int
    kills: int
    made: int
    """Answers that the service made; what its cache gave again is not among them."""
    lost: int
    """Items without an answer in the ledger."""
    twice: int
    """Items with more than one."""
    fair: Decimal
    """The bill of a batch that nobody kills."""
    bill: Decimal
    spent: Decimal
    """What the ledger says of its budget, after a later run has counted what was uncounted."""
    uncounted: int
    """Requests whose cost was not known when the processes ended."""
    held: Decimal
    """What it still holds, one lease after the end."""
    results: tuple[int, ...]
    """Of the processes that were not killed."""
    errors: Counter[str]
    """Items that failed in them, by the class of their error."""
    refused: int
    """Processes that the budget has ended."""
    seconds: float


def answer(request: ReceivedRequest) -> str:
    return f"the answer to {request.prompt}"


async def run(url: str, key: str, ledger: str, said: dict[str, object]) -> dict[str, object]:
    """Run a batch to its end, and return how many results it had, and whether the budget ended it."""
    count, concurrency = int(str(said["items"])), int(str(said["concurrency"]))
    budget = said.get("budget")
    results = refused = 0
    async with (
        AsyncOpenRouter(
            key,
            base_url=url,
            default_model=MODEL,
            retries=Retries(base=0.001),
            timeouts=Timeouts(connect=None, headers=None, body=None, idle=None),  # one emulator for thousands
            limits=Limits(concurrency=concurrency),
        ) as client,
        open_ledger(ledger, lease_s=LEASE_S) as shared,
        client.batch(
            (Item(f"key {number}", f"prompt {number}") for number in range(count)),
            ledger=shared,
            concurrency=concurrency,
            once=bool(said.get("once")),
            budget=None if budget is None else str(budget),
            max_tokens=20,
            settle=float(str(said.get("settle", 10.0))),
        ) as batch,
    ):
        try:
            async for _ in batch:
                results += 1
        except BudgetExceeded:
            refused = 1
    return {"results": results, "refused": refused, "errors": dict(batch.summary.errors)}


def fair_price(count: int) -> Decimal:
    """Return the bill of all items, each asked once."""
    with Emulator(credits="1000") as emulator, TemporaryDirectory() as folder:
        emulator.reply_with(answer)
        said: dict[str, object] = {"items": count, "concurrency": 64}
        asyncio.run(run(emulator.base_url, emulator.key, str(Path(folder) / "run.db"), said))
        return emulator.spent


def run_together(
    *,
    processes: int,
    concurrency: int,
    items: int,
    kills: int = 0,
    once: bool = False,
    budget: str | None = None,
    seed: int = 0,
    ledger: str | None = None,
    rate: RateLimit | None = None,
) -> Outcome:
    """Run a batch in several processes; `ledger` is the address, or else a file is made."""
    chance, killed, fair = random.Random(seed), 0, fair_price(items)
    answered: Counter[str] = Counter()

    def counted(request: ReceivedRequest) -> str:
        answered[request.prompt] += 1
        return answer(request)

    with (
        TemporaryDirectory() as folder,
        Emulator(credits="1000", first_token_s=FIRST_TOKEN_S, rate_limit=rate) as emulator,
    ):
        emulator.reply_with(counted)
        where = ledger or str(Path(folder) / "run.db")
        said = {"items": items, "concurrency": concurrency, "once": once, "budget": budget}
        command = ["-m", "tests.ledger.processes", "--run", emulator.base_url, emulator.key]
        command += [where, json.dumps(said)]

        def begin() -> Python:
            return Python(*command, cwd=ROOT)

        began = time.monotonic()
        running = [begin() for _ in range(processes)]
        for kill in range(kills):
            wanted = min(items - 1, answered.total() + chance.randint(1, max(1, items // (kills + 1))))
            while answered.total() < wanted and any(process.poll() is None for process in running):
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 2 * FIRST_TOKEN_S))
            victim = kill % processes
            killed += running[victim].poll() is None
            running[victim].kill()
            running[victim].communicate()
            running[victim] = begin()
        ends = [json.loads(process.communicate()[0]) for process in running]
        seconds = time.monotonic() - began
        uncounted = len(asyncio.run(owed(where)))
        if uncounted:
            asyncio.run(run(emulator.base_url, emulator.key, where, {**said, "settle": 60.0}))
        texts, spent, held = asyncio.run(read(where))
        right = {(f"key {number}", f"the answer to prompt {number}") for number in range(items)}
        return Outcome(
            items=items,
            kills=killed,
            made=answered.total(),
            lost=len(right - texts.keys()),
            twice=sum(times > 1 for times in texts.values()) + len(texts.keys() - right),
            fair=fair,
            bill=emulator.spent,
            spent=spent,
            uncounted=uncounted,
            held=held,
            results=tuple(end["results"] for end in ends),
            errors=sum((Counter(end["errors"]) for end in ends), Counter()),
            refused=sum(end["refused"] for end in ends),
            seconds=round(seconds, 1),
        )


async def owed(where: str) -> Mapping[str, object]:
    """Return the generations in a ledger that were billed and are not counted."""
    async with open_ledger(where, lease_s=LEASE_S) as ledger:
        return await ledger.unbooked()


async def read(where: str) -> tuple[Counter[tuple[str, str]], Decimal, Decimal]:
    """Return the answers in a ledger, and what its batch has spent and holds once a lease is over."""
    texts: Counter[tuple[str, str]] = Counter()
    async with open_ledger(where, lease_s=LEASE_S) as ledger:
        async for _, line in ledger.lines():
            record = json.loads(line)
            if "completion" in record:
                texts[record["key"], record["text"]] += 1
        budget = ledger.budget("batch", None)
        if await budget.held():
            await asyncio.sleep(2 * LEASE_S + 0.1)  # a worker's lease, and that of what it held
        return texts, await budget.spent(), await budget.held()


def main(arguments: list[str]) -> None:
    """See the module."""
    if arguments[0] == "--run":
        url, key, ledger, said = arguments[1:]
        print(json.dumps(asyncio.run(run(url, key, ledger, json.loads(said)))))
        return
    seed = random.randrange(2**32)
    processes, concurrency, items, kills = map(int, arguments[:4])
    outcome = run_together(
        processes=processes,
        concurrency=concurrency,
        items=items,
        kills=kills,
        once="once" in arguments,
        budget=next((each for each in arguments[4:] if each != "once" and "://" not in each), None),
        ledger=next((each for each in arguments[4:] if "://" in each), None),
        seed=seed,
    )
    for field in fields(outcome):
        print(f"{field.name:12} {getattr(outcome, field.name)}")
    print(f"{'seed':12} {seed}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
