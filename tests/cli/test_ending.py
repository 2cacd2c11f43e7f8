"""Signals that end a command, beside Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.cli.commands import COMMAND, environment, run

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


def started(*arguments: str, emulator: Emulator, folder: Path) -> subprocess.Popen[str]:
    def heed() -> None:  # also where the tests run in the background, or under nohup
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    return subprocess.Popen(
        [sys.executable, *COMMAND, *arguments],
        env=environment(emulator),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("command", ["ask", "chat"])
def test_what_had_come_of_an_answer_is_logged(tmp_path: Path, number: signal.Signals, command: str) -> None:
    with Emulator(speed=20) as emulator:
        emulator.reply("word " * 400)
        asked = started(command, "-m", "openai/gpt-4o-mini", emulator=emulator, folder=tmp_path)
        assert asked.stdin is not None
        assert asked.stdout is not None
        asked.stdin.write(f"Hello to {number} by {command}\n")
        asked.stdin.close()
        asked.stdin = None
        assert asked.stdout.read(5) == "word "
        asked.send_signal(number)
        _, told = asked.communicate(timeout=60)
        assert (asked.returncode, "Traceback" in told) == (128 + number, False), told
        found = run("logs", "search", f"{number} by {command}", "--json", env=environment(emulator))
    assert "word" in found.stdout


@pytest.mark.parametrize("number", NUMBERS)
def test_a_batch_finishes_what_is_in_flight(tmp_path: Path, number: signal.Signals) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(f'{{"prompt": "{count}"}}\n' for count in range(400)), "utf-8")
    options = ("-m", "openai/gpt-4o-mini", "--concurrency", "4", "-o", "answers.jsonl")
    with Emulator(first_token_s=0.3) as emulator:
        running = started("batch", prompts.name, *options, emulator=emulator, folder=tmp_path)
        assert running.stderr is not None
        while len(emulator.requests) < 6:
            assert running.poll() is None
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
        sent = sum(request.path == "/chat/completions" for request in emulator.requests)
    assert (running.returncode, "Traceback" in told) == (128 + number, False), told
    lines = (tmp_path / "answers.jsonl").read_bytes().splitlines()
    assert len([line for line in lines if "text" in json.loads(line)]) == sent < 400


def test_one_that_is_ignored_stays_so(tmp_path: Path) -> None:
    """As a command under nohup ignores the end of its terminal."""
    with Emulator(speed=200) as emulator:
        emulator.reply("word " * 40)
        command = f"trap '' HUP; exec {sys.executable} -m openrouter_async ask -m openai/gpt-4o-mini Hello"
        with subprocess.Popen(
            ["sh", "-c", command], env=environment(emulator), cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as asked:
            assert asked.stdout is not None
            begun = asked.stdout.read(5)
            asked.send_signal(signal.SIGHUP)
            rest = asked.stdout.read()
        assert asked.returncode == 0
    assert (begun + rest).split() == ["word"] * 40
