"""`client.estimate` learns from the usage that calls return, by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL, _emulator, client_of, emulator

__all__ = ["_emulator", "emulator"]

QUESTION = "What is the capital of Norway, and how many people live there? " * 20

pytestmark = pytest.mark.loopback


def counts_double(emulator: Emulator, client: AsyncOpenRouter, times: int) -> int:
    """Have the service count twice what is estimated, and return that estimate."""
    guess = client.estimate(QUESTION).prompt_tokens.tokens
    emulator.reply("Oslo.", times=times, usage={"prompt_tokens": 2 * guess})
    return guess


async def test_plain_calls_streams_and_derived_clients_correct_the_estimates_of_their_model(
    emulator: Emulator,
) -> None:
    async with client_of(emulator) as client:
        guess = counts_double(emulator, client, 3)
        await client.chat.create(QUESTION)
        async with client.chat.stream(QUESTION) as stream:
            await stream.final()
        await client.with_options(session_id="s").chat.create(QUESTION, model="openai/gpt-4.1-mini:nitro")
        corrected = client.estimate(QUESTION)
        assert corrected.prompt_tokens.basis == "learned"
        assert 1.6 * guess < corrected.prompt_tokens.tokens <= 2 * guess
        assert client.with_options(session_id="s").estimate(QUESTION) == corrected
        assert client.estimate(QUESTION, model="openai/gpt-4o").prompt_tokens.basis == "verified"
        assert corrected.high is not None
        assert corrected.high > 0


async def test_the_price_follows_what_was_learnt(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        counts_double(emulator, client, 4)
        before = client.estimate(QUESTION, max_tokens=1)
        for _ in range(4):
            await client.chat.create(QUESTION)
        after = client.estimate(QUESTION, max_tokens=1)
        assert before.high is not None
        assert after.low is not None
        assert after.low > before.high


async def test_many_calls_keep_no_more_than_a_few_prompts(emulator: Emulator) -> None:
    emulator.reply("Oslo.", times=40)
    async with client_of(emulator) as client:
        for number in range(40):
            await client.chat.create(f"Number {number}")
        kept = client._sender.transport.usage_samples.take()
        assert len(kept) == 32
        assert b"Number 39" in kept[-1].body


@pytest.mark.slow
def test_a_call_alone_loads_nothing_of_the_estimator() -> None:
    script = (
        "import anyio, sys\n"
        "from openrouter_async import AsyncOpenRouter\n"
        "from openrouter_async.testing import Emulator\n"
        "async def main():\n"
        "    with Emulator() as emulator:\n"
        "        before = {name for name in sys.modules if '.tokens' in name}\n"
        "        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:\n"
        f"            await client.chat.create('Hi', model={MODEL!r})\n"
        "            print({name for name in sys.modules if name.startswith('openrouter_async.tokens')} - before)\n"
        "anyio.run(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"
