"""Ctrl-C where the event loop cannot tell of it, as on Windows."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from openrouter_async.batch.signals import ENDING, received_signals
from openrouter_async.cli.emulate import hint
from openrouter_async.testing import Emulator
from tests.cli.commands import environment
from tests.server.waiting import wait_for

pytestmark = pytest.mark.slow


class LoopWithoutSignals(asyncio.SelectorEventLoop):
    """As the loops of Windows are."""

    def add_signal_handler(self, *_: object) -> None:  # type: ignore[override]  # less than there
        raise NotImplementedError


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, LoopWithoutSignals])
@pytest.mark.parametrize("number", ENDING)
def test_signals_are_received_in_order_and_handled_as_before_afterwards(
    loop: type[asyncio.SelectorEventLoop], number: int
) -> None:
    async def receive() -> list[int]:
        found: list[int] = []
        with anyio.fail_after(20), received_signals() as signals:
            for _ in range(2):
                os.kill(os.getpid(), number)
                found.append(await anext(signals))
        return found

    # Where the tests run in the background of a shell, SIGINT is ignored, and asyncio makes it the usual again.
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, usual)
    try:
        assert anyio.run(receive, backend_options={"loop_factory": loop}) == [number, number]
        assert signal.getsignal(number) == usual
    finally:
        signal.signal(number, before)


def test_they_are_received_under_trio() -> None:
    async def receive() -> int:
        with anyio.fail_after(20), received_signals() as signals:
            os.kill(os.getpid(), signal.SIGINT)
            return await anext(signals)

    assert anyio.run(receive, backend="trio") == signal.SIGINT


WITHOUT = """
import asyncio, sys
def add_signal_handler(*_):
    raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = add_signal_handler
from openrouter_async.__main__ import main
sys.argv[1:] = {arguments!r}
main()
"""


def start(emulator: Emulator, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a command in a loop that cannot tell of signals."""
    return subprocess.Popen(
        [sys.executable, "-c", WITHOUT.format(arguments=list(arguments))],
        env=environment(emulator, OPENROUTER_MODEL="openai/gpt-4o-mini"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_a_batch_finishes_what_is_in_flight(tmp_path: Path) -> None:
    with Emulator(first_token_s=1.0) as emulator:
        emulator.reply_with(lambda request: f"echo {request.prompt}")
        (tmp_path / "in.txt").write_text("".join(f"n{number}\n" for number in range(400)), "utf-8")
        running = start(emulator, "batch", f"{tmp_path}/in.txt", "-o", f"{tmp_path}/out.jsonl", "-c", "8")
        wait_for(lambda: len(emulator.requests) >= 8, 40)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=40)
        assert (running.returncode, b"Traceback" in errors) == (130, False), errors
        assert b"in flight" in errors
        assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == len(emulator.requests) < 400


def test_a_server_ends(tmp_path: Path) -> None:
    with Emulator() as emulator:
        running = start(emulator, "serve", "--port", "0", "--no-open")
        assert running.stdout is not None
        chat = re.search(r"The chat is at (\S+) ", running.stdout.readline().decode())
        assert chat is not None
        httpx.get(chat[1])  # it has started once it answers; a signal before that ends it as an error
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=40)
        assert (running.returncode, errors) == (0, b"")
        assert b"Answers: 0" in out


def test_the_emulator_ends() -> None:
    with Emulator() as emulator:
        running = start(emulator, "emulate", "--port", "0")
    assert running.stdout is not None
    assert b"is emulated at" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=40)
    assert (running.returncode, errors) == (0, b"")
    assert b"0 requests were answered" in out


def test_settings_are_told_in_the_words_of_the_shells() -> None:
    settings = {"A": "x", "B": "y"}
    assert hint(settings, system="posix").splitlines() == [
        "In another shell:",
        "  export A=x",
        "  export B=y",
    ]
    assert hint(settings, system="nt").splitlines() == [
        "In another PowerShell:",
        '  $env:A = "x"',
        '  $env:B = "y"',
        "or in another cmd:",
        "  set A=x",
        "  set B=y",
    ]
