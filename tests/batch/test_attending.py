"""Ctrl-C that finishes what is in flight, and the display of the progress."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Rate
from openrouter_async.batch.progress_text import progress_line
from openrouter_async.testing import Emulator
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read, texts


def endless() -> Iterator[str]:
    return (f"question {number}" for number in count())


@pytest.mark.loopback
async def test_an_interrupt_finishes_what_is_in_flight() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text == "question 7":
            os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep(0.01)
        return completion(text)

    model = FakeModel(answer)
    batch = batch_of(endless(), model, concurrency=4, finish_on_interrupt=True)
    with anyio.fail_after(10):
        results = await read(batch)
    assert batch.interrupts == 1
    assert len(results) == len(model.asked) < 100


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_second_interrupt_ends_at_once(backend: str) -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep_forever()
        raise AssertionError

    async def main() -> None:
        with anyio.fail_after(10):
            await read(batch_of(endless(), FakeModel(answer), concurrency=1, finish_on_interrupt=True))

    with pytest.raises(KeyboardInterrupt):
        anyio.run(main, backend=backend)


@pytest.mark.loopback
async def test_without_the_setting_an_interrupt_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    await read(batch_of(texts(2), FakeModel(), finish_on_interrupt=True))
    assert signal.getsignal(signal.SIGINT) == before


async def test_in_another_thread_it_is_refused() -> None:
    def make() -> None:
        with pytest.raises(ConfigurationError, match="main thread"):
            batch_of(["x"], FakeModel(), finish_on_interrupt=True)

    await anyio.to_thread.run_sync(make)


async def test_without_a_terminal_the_progress_is_a_line_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await read(batch_of(texts(3), FakeModel(), progress=True))
    assert capsys.readouterr().err.splitlines()[-1].startswith("3 of 3 · $0.003 · ")


async def test_the_progress_says_what_limits_hold_back() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            batch = client.batch(texts(8), model="openai/gpt-4o-mini", concurrency=8, rate=Rate(rpm=30))
            async with batch:
                await anext(batch)
                await anyio.wait_all_tasks_blocked()
                progress = batch.progress
    assert progress.in_flight == 7
    assert progress.waiting >= 6
    assert f"limits hold back {progress.waiting} of 7" in progress_line(progress)
