"""What the spans say of costs is what the service bills, to the last digit, however the calls go."""

from __future__ import annotations

import os
import random
from decimal import Decimal

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, OpenRouterError, Recover, TextDelta
from openrouter_async.testing import Emulator, Failure, Fault
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback

CALLS = int(os.environ.get("TELEMETRY_CALLS", "1000"))
AT_ONCE = 20
LOT = 500
"""Calls after which the records of those that broke off are read: both sides keep a thousand in mind."""


async def plain(client: AsyncOpenRouter, text: str) -> None:
    await client.chat.create(text)


async def stream(client: AsyncOpenRouter, text: str) -> None:
    async with client.chat.stream(text) as events:
        await events.final()


async def recover(client: AsyncOpenRouter, text: str) -> None:
    async with client.chat.stream(text, recover=Recover(attempts=2)) as events:
        await events.final()


async def abort(client: AsyncOpenRouter, text: str) -> None:
    async with client.chat.stream(text) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break


async def hit(client: AsyncOpenRouter, text: str) -> None:
    await client.chat.create(text, options={"once": text})
    await client.chat.create(text, options={"once": text})


async def ask_again(client: AsyncOpenRouter, text: str) -> None:
    await client.chat.create(text, output=list[int])


FAULTS = (Failure(status=503), Fault.disconnect(after=2), Fault.error_event(after=2))
KINDS = (plain, plain, stream, stream, recover, abort, hit, ask_again)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_costs_of_spans_add_up_to_the_bill(seen: Seen) -> None:
    chance = random.Random(7)
    failed, spent = 0, Decimal(0)
    with Emulator(seed=7) as emulator:
        async with seen.client(emulator) as client:
            limit = anyio.CapacityLimiter(AT_ONCE)

            async def call(number: int) -> None:
                nonlocal failed
                async with limit:
                    try:
                        await chance.choice(KINDS)(client, f"Say {number}")
                    except OpenRouterError:
                        failed += 1

            for first in range(0, CALLS, LOT):
                async with client.track(settle=30) as spend:
                    emulator.inject_faults(0.1, *FAULTS)
                    async with anyio.create_task_group() as tasks:
                        for number in range(first, min(first + LOT, CALLS)):
                            tasks.start_soon(call, number)
                    emulator.inject_faults(0)  # records are read as the block is left
                assert spend.unsettled == ()
                spent += spend.cost
            # Without faults: an embedding that breaks off has no id, so nobody can look up what it cost.
            for number in range(20):
                reply = await client.embeddings.create(
                    f"Word {number}", model="openai/text-embedding-3-small"
                )
                assert reply.usage is not None
                spent += reply.usage.cost or 0
        billed = emulator.spent
    assert seen.cost == spent == billed > 0
    assert 0 < failed < CALLS / 4
    settled = [span for span in seen.named("generations.get") if span.links]
    assert settled
    counted = seen.metrics()["openrouter.client.cost"]
    assert sum(point.value for point in counted) == pytest.approx(float(billed))
