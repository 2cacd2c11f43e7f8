"""Ctrl-C in a program of its own, under `asyncio.run`, whose handler of signals is not that of the interpreter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.cli.commands import environment
from tests.server.waiting import wait_for

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, sys
from openrouter_async import AsyncOpenRouter

async def main():
    async with AsyncOpenRouter(default_model="openai/gpt-4o-mini") as client:
        prompts = [f"question {number}" for number in range(400)]
        batch = client.batch(
            prompts, concurrency=8, journal=sys.argv[1], finish_on_interrupt=True, progress=True
        )
        try:
            async with batch:
                done = [item async for item in batch]
        except KeyboardInterrupt:
            print("interrupted twice", flush=True)
            raise
        print("finished", len(done), batch.interrupts, flush=True)

asyncio.run(main())
"""


def start(emulator: Emulator, journal: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(journal)],
        env=environment(emulator),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests run in the background of a shell, SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_finishes_what_is_in_flight(tmp_path: Path, number: int) -> None:
    with Emulator(first_token_s=1.0) as emulator:
        running = start(emulator, tmp_path / "run.jsonl")
        wait_for(lambda: len(emulator.requests) >= 8, 40)
        os.kill(running.pid, number)
        out, errors = running.communicate(timeout=40)
        sent = len(emulator.requests)
    assert (running.returncode, b"Traceback" in errors) == (0, False), errors
    assert out.decode() == f"finished {sent} 1\n"
    assert b"in flight; interrupt again" in errors
    assert len((tmp_path / "run.jsonl").read_bytes().splitlines()) == sent < 400


def test_a_second_one_ends_at_once_as_python_does(tmp_path: Path) -> None:
    with Emulator(first_token_s=300.0) as emulator:
        running = start(emulator, tmp_path / "run.jsonl")
        assert running.stderr is not None
        wait_for(lambda: len(emulator.requests) >= 8, 40)
        running.send_signal(signal.SIGINT)
        while b"interrupt again" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=40)
    assert out == b"interrupted twice\n"
    assert running.returncode == -signal.SIGINT, errors
    assert errors.decode().rstrip().endswith("KeyboardInterrupt"), errors
    kept = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    assert all(record.keys() == {"key", "request", "generation", "cost", "source"} for record in kept)
    assert {record["cost"] for record in kept} <= {None}, "where the costs of what was in flight are found"
