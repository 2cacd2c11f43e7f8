"""What the client tells was spent is what the service bills, and a budget holds, whatever the work and its mishaps are.

The work is drawn at random, from everything that asks a model, and runs at once under one budget. Answers are as long
as they like within their bound, some do not fit their schema, some break off, and some are left.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    Done,
    Item,
    OpenRouterError,
    Output,
    ResponseCache,
    Retries,
    max_cost,
    tool,
)
from openrouter_async.testing import Emulator, Fault, Reply, tool_call
from openrouter_async.testing.received import ReceivedRequest

pytestmark = pytest.mark.loopback

MODEL, DEAR = "openai/gpt-4o-mini", "openai/gpt-4o"
BOUND = 120
SEARCH = Decimal("0.0201")
"""What the first call with a search may cost, of which nothing is known before."""


class City(BaseModel):
    name: str
    founded: int


@tool
def weather(city: str) -> str:
    """Weather of a city."""
    return f"{city}: clear"


class Work:
    """Pieces of work, and what they were told that they cost."""

    def __init__(self, client: AsyncOpenRouter, random: Random, folder: Path) -> None:
        self.client = client
        self.random = random
        self.folder = folder
        self.told = Decimal(0)
        self.refused = 0
        self.number = 0

    def some(self) -> Callable[[], Awaitable[None]]:
        self.number += 1
        ways = [self.plain, self.streamed, self.structured, self.run, self.batch, self.cached, self.fallback]
        return partial(self.tried, partial(self.random.choice(ways), self.number))

    def mishap(self) -> Callable[[], Awaitable[None]]:
        self.number += 1
        ways = [self.left, self.recovered, self.cancelled, self.searched, self.killed_and_resumed]
        return partial(self.tried, partial(self.random.choice(ways), self.number))

    async def tried(self, way: Callable[[], Awaitable[None]]) -> None:
        try:
            await way()
        except BudgetExceeded as error:
            self.refused += 1
            self.add(error)
        except OpenRouterError as error:
            self.add(error)

    def add(self, error: OpenRouterError) -> None:
        usages = error.billed if error.run is None else [error.run.usage]
        self.told += sum((usage.cost or Decimal(0) for usage in usages if usage is not None), Decimal(0))

    async def plain(self, number: int) -> None:
        reply = await self.client.chat.create(f"plain {number}", max_tokens=BOUND)
        self.told += reply.cost or 0

    async def streamed(self, number: int) -> None:
        async with self.client.chat.stream(f"streamed {number}", max_tokens=BOUND) as stream:
            reply = await stream.final()
        self.told += reply.cost or 0

    async def structured(self, number: int) -> None:
        wanted = Output(City, attempts=3, max_cost="0.01")
        reply = await self.client.chat.create(f"structured {number}", output=wanted, max_tokens=BOUND)
        if reply.cost is not None:  # of an attempt that broke off, nobody knows it yet
            assert reply.cost == reply.total_cost == reply.usage.cost  # type: ignore[union-attr]  # then it is told
        self.told += reply.cost or 0

    async def run(self, number: int) -> None:
        run = await self.client.chat.run(
            f"run {number}", tools=[weather], max_tokens=BOUND, stop=max_cost("0.005")
        )
        self.told += run.usage.cost or 0

    async def cached(self, number: int) -> None:
        options: Any = {"cache": ResponseCache()}
        for _ in range(2):
            reply = await self.client.chat.create(f"cached {number}", max_tokens=BOUND, options=options)
            self.told += reply.cost or 0

    async def fallback(self, number: int) -> None:
        reply = await self.client.chat.create(f"fallback {number}", models=[DEAR], max_tokens=BOUND)
        self.told += reply.cost or 0

    async def batch(self, number: int) -> None:
        items = [f"{kind} {number}" for kind in ("structured", "other", "third")]
        batch = self.client.batch(items, output=City, budget="0.01", max_tokens=BOUND, concurrency=2)
        try:
            async with batch:
                async for _ in batch:
                    pass
        except BudgetExceeded:
            self.refused += 1  # what its attempts used is in the error, and in the summary
        self.told += batch.summary.cost

    async def left(self, number: int) -> None:
        async with self.client.chat.stream(f"left {number}", max_tokens=BOUND) as stream:
            await stream.__anext__()

    async def recovered(self, number: int) -> None:
        async with self.client.chat.stream(f"broken {number}", max_tokens=BOUND, recover=True) as stream:
            await stream.final()

    async def cancelled(self, number: int) -> None:
        with anyio.move_on_after(0.3):
            await self.client.chat.create(f"slow {number}", max_tokens=BOUND)

    async def searched(self, number: int) -> None:
        await self.client.chat.create(f"searched {number}", max_tokens=BOUND, plugins=[{"id": "web"}])

    async def killed_and_resumed(self, number: int) -> None:
        """A batch that ends in its midst, and goes on: its journal then tells what both runs paid for."""
        items = [Item(f"{each}", f"{each} of {number}") for each in range(6)]
        journal = self.folder / f"{number}.jsonl"
        asked: Any = {"journal": journal, "max_tokens": BOUND, "concurrency": 2}
        async with self.client.batch(items, **asked) as batch:
            async for _ in batch:
                break
        async with self.client.batch(items, **asked) as batch:
            assert {item.key for item in [each async for each in batch] if isinstance(item, Done)} <= set(
                "012345"
            )


def answers(random: Random, *, breaks: bool) -> Callable[[ReceivedRequest], Reply]:
    def answer(request: ReceivedRequest) -> Reply:
        prompt = request.prompt or ""
        text = "word " * random.randint(1, BOUND - 10)
        if request.json.get("response_format") or "structured" in prompt:
            text = random.choice(['{"name": "Oslo", "founded": 1048}', '{"name": 1}', "Oslo, I think."])
        if request.json.get("tools") and request.json["messages"][-1]["role"] != "tool":  # type: ignore[index,call-overload]  # as they are sent
            return Reply.of(tool_call("weather", city="Oslo"))
        fault = None
        if breaks and prompt.startswith("broken"):
            fault = Fault.disconnect(after=random.randint(1, 3))
        elif breaks and prompt.startswith("slow"):
            fault = Fault.latency(2, after=1)
        elif breaks and random.random() < 0.1:
            fault = random.choice([Fault.disconnect(after=5), Fault.truncate(after=5), Fault.error_event()])
        model = DEAR if prompt.startswith("fallback") else None
        return Reply.of(text, fault=fault, model=model)

    return answer


@pytest.mark.parametrize("seed", range(6))
async def test_all_that_is_told_adds_up_to_the_bill_and_stays_within_the_budget(
    seed: int, tmp_path: Path
) -> None:
    random = Random(seed)
    budget = Decimal(random.choice(["0.002", "0.01", "1"]))
    with Emulator(credits="100", seed=seed) as emulator:
        emulator.reply_with(answers(random, breaks=False))
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
            async with client.track(budget=budget) as spend:
                work = Work(client, random, tmp_path)
                for _ in range(3):
                    async with anyio.create_task_group() as tasks:
                        for _ in range(6):
                            tasks.start_soon(work.some())
            assert spend.unsettled == ()
            assert spend.held == 0
            assert work.told == spend.cost == emulator.spent <= budget
            assert work.refused == 0 or budget < 1
            assert spend.cost > 0


@pytest.mark.parametrize("seed", range(6))
async def test_what_breaks_off_is_billed_held_and_counted(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    budget = Decimal(random.choice(["0.03", "0.06", "1"]))
    with Emulator(credits="100", seed=seed, first_token_s=0.02, generation_misses=0) as emulator:
        emulator.reply_with(answers(random, breaks=True))
        async with AsyncOpenRouter(
            emulator.key,
            base_url=emulator.base_url,
            default_model=MODEL,
            retries=Retries(base=0.001, cap=0.001),
        ) as client:
            async with client.track(budget=budget, settle=20) as spend:
                work = Work(client, random, tmp_path)
                for _ in range(3):
                    async with anyio.create_task_group() as tasks:
                        for _ in range(3):
                            tasks.start_soon(work.some())
                            tasks.start_soon(work.mishap())
            assert emulator.spent <= budget + SEARCH
            # What was cancelled before the service had named it has no record that could be looked for.
            nameless = [call for call in spend.unsettled if call.generation_id is None]
            assert len(nameless) == len(spend.unsettled)
            assert spend.cost == emulator.spent or (nameless and spend.cost < emulator.spent)
            assert work.told <= spend.cost
