"""Minutes of mixed traffic on a bad day: `python -m tests.faults.soak SECONDS [--cancels N]`, or `nox -s soak`.

A hundred calls at once, plain, streamed, structured and runs of tools, of which one request in ten goes wrong, some are
cancelled, and some are read slowly. Then so many calls are cancelled at any moment, after which all must work. Prints
the figures, each with what it must be, and exits with 1 where one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
import sys
import time
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Limits, OpenRouterError, Output, Retries, tool
from openrouter_async.streaming.events import TextDelta
from tests.faults.calls import KEY
from tests.faults.evidence import _sockets
from tests.faults.scenes.soak import BadDay
from tests.faults.server import Report
from tests.faults.service import FaultServer, RunningStage

CONCURRENCY = 100
FAULTS = 0.1
CANCELLED = 0.05
MOST_CALLS = 2_000_000

MIB = 1024 * 1024
SLOPE_FROM_S = 240
"""A run must last so long before the slope of its memory means something."""


class Word(BaseModel):
    """The type of structured calls."""

    word: str


@dataclass
class Seen:
    """What came of the calls. Times are kept in arrays, made beforehand, so that they do not count as growth."""

    outcomes: Counter[str] = field(default_factory=Counter)
    delivered: array[float] = field(default_factory=lambda: array("d", bytes(8 * MOST_CALLS)))
    """When the first piece of each stream came; 0 where none did."""
    cancelled: array[float] = field(default_factory=lambda: array("d", bytes(8 * MOST_CALLS)))
    """When each call was cancelled; 0 where it was not."""
    began: int = 0
    strange: list[str] = field(default_factory=list)
    """Errors that are none of the library's."""


Work = Callable[[AsyncOpenRouter, str, int, Seen], Awaitable[object]]


@tool
def double(n: int) -> int:
    """Return twice a number."""
    return 2 * n


async def _plain(client: AsyncOpenRouter, prompt: str, number: int, seen: Seen) -> object:
    return await client.chat.create(prompt)


async def _structured(client: AsyncOpenRouter, prompt: str, number: int, seen: Seen) -> object:
    return await client.chat.create(prompt, output=Output(Word, path="native"))


async def _stream(client: AsyncOpenRouter, prompt: str, number: int, seen: Seen) -> object:
    async with client.chat.stream(prompt) as stream:
        async for event in stream:
            if isinstance(event, TextDelta) and not seen.delivered[number]:
                seen.delivered[number] = time.monotonic()
            if random.random() < 0.01:
                await asyncio.sleep(random.random() / 20)
        return await stream.final()


async def _run(client: AsyncOpenRouter, prompt: str, number: int, seen: Seen) -> object:
    return await client.chat.run(prompt, tools=[double])


KINDS: tuple[Work, ...] = (_plain, _plain, _stream, _stream, _structured, _run)


async def one_call(client: AsyncOpenRouter, seen: Seen, *, cancel_after: float | None = None) -> None:
    """Make a call of some kind, and count how it ends."""
    number = seen.began
    seen.began += 1
    work = random.choice(KINDS)
    try:
        if cancel_after is None:
            await work(client, f"say {number}", number, seen)
        else:
            async with asyncio.timeout(cancel_after):
                await work(client, f"slow {number}", number, seen)
        seen.outcomes["good"] += 1
    except TimeoutError:
        seen.cancelled[number] = time.monotonic()
        seen.outcomes["cancelled"] += 1
    except OpenRouterError as error:
        if seen.delivered[number]:
            seen.outcomes["broke off after a piece"] += 1
        elif cancel_after is not None:
            seen.outcomes["failed before it was cancelled"] += 1
        else:
            seen.outcomes[f"failed: {type(error).__name__}"] += 1
    except Exception as error:  # noqa: BLE001 - counted, and a missed figure
        seen.strange.append(repr(error))


async def traffic(client: AsyncOpenRouter, seen: Seen, seconds: float) -> list[tuple[float, int]]:
    """Keep a hundred calls in flight for so long; return the memory held, second by second."""
    until, began = time.monotonic() + seconds, time.monotonic()
    memory: list[tuple[float, int]] = []

    async def worker() -> None:
        while time.monotonic() < until:
            cancelled = random.random() < CANCELLED
            await one_call(client, seen, cancel_after=0.05 + random.random() / 5 if cancelled else None)

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(worker())
        while (now := time.monotonic()) < until:
            memory.append((now - began, _rss()))
            await asyncio.sleep(1)
    return memory


async def storm(client: AsyncOpenRouter, count: int) -> tuple[int, int]:
    """Cancel so many calls at any moment; return how many of 30 calls work then, and how many bytes more are held."""
    seen = Seen()

    async def cancelled(calls: int) -> None:
        for _ in range(calls):
            await one_call(client, seen, cancel_after=random.random() / 50)

    async def many(calls: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(cancelled(calls // CONCURRENCY))

    await many(count // 4)  # until memory is what it will be
    before = _held()
    await many(count)
    after = _held()
    works = 0
    for _ in range(30):
        try:
            await client.chat.create("say 0")
            works += 1
        except OpenRouterError as error:
            print(f"after the storm: {error!r}")
    return works, after - before


@dataclass(frozen=True)
class Figure:
    """One figure, and whether it is what it must be."""

    name: str
    value: str
    wanted: str
    holds: bool


def figures_of(seen: Seen, report: Report, memory: list[tuple[float, int]], seconds: float) -> list[Figure]:
    """Return the figures of the traffic."""
    failed = sum(count for name, count in seen.outcomes.items() if name.startswith("failed: "))
    good = seen.outcomes["good"]
    rate = good / max(1, good + failed)
    twice = sum(1 for note in report.named("request") if 0 < seen.delivered[int(note.value)] < note.at)
    gone = {int(note.value): note.at for note in report.named("gone")}
    delays = [(at - seen.cancelled[number]) * 1_000 for number, at in gone.items() if seen.cancelled[number]]
    p50, p99 = (
        (statistics.quantiles(delays, n=100)[each] for each in (49, 98)) if len(delays) > 1 else (0.0, 0.0)
    )
    settled = [(at, size) for at, size in memory if at >= seconds / 4]
    first, last = settled[: max(1, len(settled) // 4)], settled[-max(1, len(settled) // 4) :]
    growth = (
        statistics.median(size for _, size in last) - statistics.median(size for _, size in first)
    ) / MIB
    slope = (
        statistics.linear_regression(*zip(*settled, strict=True)).slope * 600 / MIB
        if len(settled) > 2
        else 0.0
    )
    is_long = seconds >= SLOPE_FROM_S
    return [
        Figure("calls", f"{seen.began:,}", "over 0", seen.began > 0),
        Figure("requests, faults included", f"{len(report.named('request')):,}", "", True),
        Figure("good, of those that can be retried", f"{rate:.4%}", "at least 99.9%", rate >= 0.999),
        Figure("sent again after a delivered piece", f"{twice}", "0", twice == 0),
        Figure("errors that are none of the library's", f"{len(seen.strange)}", "0", not seen.strange),
        Figure("gone after a cancel, median", f"{p50:.1f} ms of {len(delays):,}", "", True),
        Figure("gone after a cancel, p99", f"{p99:.1f} ms", "under 500 ms", p99 < 500),
        Figure("memory, growth", f"{growth:.2f} MiB", "under 5 MiB", growth < 5),
        Figure(
            "memory, slope in 10 minutes",
            f"{slope:.2f} MiB",
            "under 1 MiB" if is_long else f"judged from {SLOPE_FROM_S} s on",
            slope < 1 or not is_long,
        ),
    ]


def _rss() -> int:
    """Return the memory this process has in use, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


def _held() -> int:
    gc.collect()
    return _rss()


@asynccontextmanager
async def client_of(stage: RunningStage) -> AsyncIterator[AsyncOpenRouter]:
    """Make a client that tries five times."""
    async with AsyncOpenRouter(
        KEY,
        base_url=stage.url,
        default_model="a/b",
        retries=Retries(attempts=5, base=0.01, cap=0.1),
        limits=Limits(concurrency=CONCURRENCY, idle=CONCURRENCY),
    ) as client:
        yield client


async def soak(seconds: int, cancels: int) -> list[Figure]:
    """Run all of it, and return the figures."""
    with FaultServer() as server, server.play(handler=BadDay(FAULTS)) as stage:
        sockets, tasks, seen = _sockets(), len(asyncio.all_tasks()), Seen()
        async with client_of(stage) as client:
            memory = await traffic(client, seen, seconds)
            await asyncio.sleep(0.6)
            figures = figures_of(seen, stage.report(), memory, seconds)
        print(", ".join(f"{count:,} {name}" for name, count in seen.outcomes.most_common()))
        print("\n".join(seen.strange[:5]))
        with server.play(handler=BadDay(0)) as calm:
            async with client_of(calm) as client:
                works, growth = await storm(client, cancels)
        await asyncio.sleep(0.1)
        left_sockets, left_tasks = len(_sockets() - sockets), len(asyncio.all_tasks()) - tasks
    return [
        *figures,
        Figure(f"work after {cancels:,} cancelled calls", f"{works} of 30", "30 of 30", works == 30),
        Figure("memory, growth over those", f"{growth / MIB:.2f} MiB", "under 5 MiB", growth < 5 * MIB),
        Figure("sockets left open", f"{left_sockets}", "0", left_sockets == 0),
        Figure("tasks left", f"{left_tasks}", "0", left_tasks == 0),
    ]


def main() -> int:
    """Soak, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description="Minutes of a bad day.")
    parser.add_argument("seconds", type=int)
    parser.add_argument("--cancels", type=int, default=10_000, help="calls that are cancelled afterwards")
    options = parser.parse_args()
    if options.seconds < 1 or options.cancels < CONCURRENCY:
        parser.error(f"expected at least 1 second, and {CONCURRENCY} cancelled calls")
    figures = asyncio.run(soak(options.seconds, options.cancels))
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        wanted = f"{figure.wanted}{'' if figure.holds else ': MISSED'}"
        print(f"{figure.name:{width}}  {figure.value:>22}  {wanted}".rstrip())
    return not all(figure.holds for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
