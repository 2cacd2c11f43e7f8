"""`openrouter-async serve --workers`, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from openrouter_async.testing import Emulator, Fault
from tests.cli.commands import environment
from tests.cli.test_serve import serving
from tests.support.forked import Python

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="workers are found in /proc"),
    pytest.mark.slow,
]

CHAT = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
DOCUMENT = {
    "id": "one",
    "title": "Kept",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "nodes": [],
}


def workers_of(command: int) -> set[int]:
    """Return the processes that a command has started to serve."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == command and b"spawn_main" in (process / "cmdline").read_bytes():
                found.add(int(process.name))
    return found


def wait_until(is_so: Callable[[], object], limit_s: float = 40.0) -> None:
    """Return once this is so."""
    end = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def only(worker: int, command: int) -> Iterator[None]:
    """Let one worker answer within the block, while the others are stopped."""
    others = workers_of(command) - {worker}
    for each in others:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in others:
            os.kill(each, signal.SIGCONT)


def ready(url: str, command: int, size: int = 2) -> list[int]:
    """Wait until each worker answers, and return them."""

    def answers(worker: int) -> bool:
        """Ask it; one that is stopped while it starts may keep a file locked that the other needs."""
        with only(worker, command), suppress(httpx.TimeoutException):
            return httpx.get(f"{url}healthz", timeout=1.0).json() == {"status": "ok"}
        time.sleep(0.2)
        return False

    wait_until(lambda: len(workers_of(command)) == size)
    found = sorted(workers_of(command))
    for worker in found:
        wait_until(lambda worker=worker: answers(worker))  # type: ignore[misc]
    return found


def ended(process: Python) -> tuple[int | None, str, str]:
    out, err = process.communicate(timeout=40)
    return process.returncode, out, err


def test_workers_share_conversations_budget_and_money_that_is_shown(emulator: Emulator) -> None:
    emulator.reply("Hello", usage={"cost": 0.01})
    options = ("--workers", "2", "--budget", "0.01")
    with serving(*options, env=environment(emulator)) as (url, process):
        first, second = ready(url, process.pid)
        with only(first, process.pid):
            assert httpx.put(f"{url}api/conversations/one", json=DOCUMENT).status_code == 204
            answer = httpx.post(f"{url}v1/chat/completions", json={**CHAT, "max_tokens": 20})
            spent = httpx.get(f"{url}api/settings").json()
        with only(second, process.pid):
            assert httpx.get(f"{url}api/conversations/one").json() == DOCUMENT
            refused = httpx.post(f"{url}v1/chat/completions", json=CHAT)
            told = httpx.get(f"{url}api/settings").json()
        process.send_signal(signal.SIGTERM)
        code, out, err = ended(process)
    assert refused.status_code == 402, (answer.text, refused.text)
    assert told == spent
    assert (told["spent"], told["budget"]) == ("0.01", "0.01")
    assert (code, out, err) == (0, "Answers: 1, which cost $0.01\n", "")


def test_a_killed_worker_is_replaced_and_the_command_says_so(emulator: Emulator) -> None:
    with serving("--workers", "2", env=environment(emulator)) as (url, process):
        first, second = ready(url, process.pid)
        with only(first, process.pid):
            assert httpx.post(f"{url}v1/chat/completions", json=CHAT).status_code == 200
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len(workers_of(process.pid) - {first}) == 2)
        [third] = set(ready(url, process.pid)) - {second}
        with only(third, process.pid):
            assert httpx.post(f"{url}v1/chat/completions", json=CHAT, timeout=40).status_code == 200
        process.send_signal(signal.SIGINT)
        code, out, err = ended(process)
    assert code == 0
    assert err.split("\n") == [f"worker {first} was killed by signal 9; another takes its place", ""]
    assert out.startswith("Answers: 1, without those of killed workers, which cost $0.0000")


def test_a_stream_goes_on_in_a_page_that_reaches_another_worker(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.latency(3.0, after=2))
    with serving("--workers", "2", env=environment(emulator)) as (url, process):
        first, _ = ready(url, process.pid)
        with (
            only(first, process.pid),
            httpx.stream("POST", f"{url}api/chat?id=stream-1", json=CHAT, timeout=30) as answer,
        ):
            next(answer.iter_lines())
        with ThreadPoolExecutor(
            6
        ) as pages:  # each with a connection of its own, which either worker may accept
            address = f"{url}api/chat/stream-1/stream"
            again = list(pages.map(lambda _: httpx.get(address, timeout=30), range(6)))
        process.send_signal(signal.SIGINT)
        ended(process)
    assert [(each.status_code, "Hello" in each.text, "world" in each.text) for each in again] == [
        (200, True, True)
    ] * 6
    assert len(emulator.requests) == 1


@pytest.mark.parametrize(
    ("grace", "fault", "end", "sent_to"),
    [
        ("0", Fault.stall(after=2), ["event: error", "ServerStopping"], "command"),
        ("30", Fault.latency(0.7, after=2), ["event: finished", "Hello world"], "group"),
    ],
    ids=["none", "enough"],
)
def test_an_answer_in_progress_has_the_grace_to_end(
    emulator: Emulator, grace: str, fault: Fault, end: list[str], sent_to: str
) -> None:
    """A terminal sends Ctrl-C, and a service manager SIGTERM, to all processes; each ends at the first only."""
    emulator.reply("Hello ", "world", fault=fault)
    options = ("--workers", "2", "--grace", grace)
    with (
        serving(*options, env=environment(emulator), start_new_session=True) as (url, process),
        httpx.stream("POST", f"{url}api/chat", json=CHAT, timeout=40) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        if sent_to == "group":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGTERM)
        rest = "\n".join(lines)
        code, _, err = ended(process)
    assert all(part in rest for part in end), rest
    assert (code, err) == (0, "")


def test_ctrl_c_while_workers_load_ends_them_without_a_traceback(emulator: Emulator) -> None:
    options = ("--workers", "2")
    with serving(*options, env=environment(emulator), start_new_session=True) as (_, process):
        wait_until(lambda: len(workers_of(process.pid)) == 2)
        os.killpg(process.pid, signal.SIGINT)
        code, _, err = ended(process)
    assert (code, err) == (0, "")


def test_no_worker_outlives_the_command(emulator: Emulator) -> None:
    with serving("--workers", "2", env=environment(emulator)) as (url, process):
        workers = ready(url, process.pid)
        process.kill()
        process.wait(40)
        wait_until(lambda: not any(Path(f"/proc/{each}/cwd").exists() for each in workers))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}healthz")


def test_workers_share_the_emulator_of_the_command() -> None:
    with serving("--emulator", "--workers", "2", env=environment(None)) as (url, process):
        answers = []
        for worker in ready(url, process.pid):
            with only(worker, process.pid):
                answers.append(httpx.post(f"{url}v1/chat/completions", json=CHAT))
                assert httpx.get(f"{url}api/settings").json()["is_emulator"] is True
        process.send_signal(signal.SIGINT)
        code, out, err = ended(process)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (code, err) == (0, "")
    assert out.startswith("Answers: 2, which cost")


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--budget", "much"], 2, "budget is 'much'"),
        (["--database", "/nowhere/at/all"], 2, "cannot be opened"),
    ],
)
def test_a_worker_that_cannot_serve_ends_the_command_with_its_reason(
    emulator: Emulator, options: list[str], code: int, told: str
) -> None:
    command = [sys.executable, "-m", "openrouter_async", "serve", "--port", "0", "--workers", "2", *options]
    done = subprocess.run(command, env=environment(emulator), capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_worker_that_ends_before_it_served_ends_the_command(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif '--multiprocessing-fork' in sys.argv:\n    sys.exit(7)\n"
    )
    env = environment(emulator)
    env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    command = [sys.executable, "-m", "openrouter_async", "serve", "--port", "0", "--workers", "2"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done
    assert "a worker ended with exit code" in done.stderr.splitlines()[-1]
