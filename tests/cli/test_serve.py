"""`openrouter-async serve`, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from openrouter_async.testing import Emulator, Fault
from tests.cli.commands import COMMAND, RunHere, environment, run
from tests.support.forked import Python

TOKEN = "a-token-that-nobody-guesses"


@contextmanager
def serving(
    *options: str, env: dict[str, str], start_new_session: bool = False
) -> Iterator[tuple[str, Python]]:
    """Run the command within the block, and give the address that it prints."""
    command = [*COMMAND, "serve", "--port", "0", *options]
    with Python(*command, env=env, start_new_session=start_new_session) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+/(?= )", line)
            assert found, (line, process.stderr.read() if not line else "")
            yield found[0], process
        finally:
            process.kill()


def end(process: Python) -> str:
    """Press Ctrl-C, and return what the command wrote then."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    return out


@pytest.mark.parametrize("options", [(), ("--model", "mini")], ids=["the model of the settings", "an alias"])
def test_the_settings_of_the_user_name_its_model(
    emulator: Emulator, run_here: RunHere, options: tuple[str, ...]
) -> None:
    run_here("aliases", "set", "mini", "openai/gpt-4o-mini")
    if not options:
        run_here("config", "set", "model", "mini")
    with serving(*options, env=environment(emulator)) as (url, process):
        settings = httpx.get(f"{url}api/settings").json()
        end(process)
    assert settings["default_model"] == "openai/gpt-4o-mini"


def test_it_serves_page_and_api_until_ctrl_c(emulator: Emulator) -> None:
    emulator.reply("Hello world")
    env = environment(emulator)
    with serving("--model", "openai/gpt-4o-mini", "--budget", "0.50", env=env) as (url, process):
        assert url.startswith("http://127.0.0.1:")
        page = httpx.get(url)
        settings = httpx.get(f"{url}api/settings").json()
        body = {"messages": [{"role": "user", "content": "Hi"}]}
        answer = httpx.post(f"{url}v1/chat/completions", json=body)
        said = end(process)
    assert "<html" in page.text
    assert (settings["default_model"], settings["budget"]) == ("openai/gpt-4o-mini", "0.50")
    assert settings["is_emulator"] is False
    assert answer.json()["choices"][0]["message"]["content"] == "Hello world"
    assert emulator.key not in page.text + answer.text + str(answer.headers)
    assert said.startswith("Answers: 1, which cost $0.0000")


def test_an_answer_in_the_midst_does_not_hold_up_the_end(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=2))
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    with (
        serving("--model", "openai/gpt-4o-mini", env=environment(emulator)) as (url, process),
        httpx.stream("POST", f"{url}api/chat", json=body, timeout=30) as answer,
    ):
        assert next(answer.iter_lines()) == "event: text"
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert emulator.requests[-1].wait_until_over(10)


@pytest.mark.parametrize(
    ("grace", "fault", "end"),
    [
        ("0", Fault.stall(after=2), ["event: error", "ServerStopping"]),
        ("30", Fault.latency(0.7, after=2), ["event: finished", "Hello world"]),
    ],
    ids=["none", "enough"],
)
def test_an_answer_in_progress_has_the_grace_to_end(
    emulator: Emulator, grace: str, fault: Fault, end: list[str]
) -> None:
    emulator.reply("Hello ", "world", fault=fault)
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    with (
        serving("--model", "openai/gpt-4o-mini", "--grace", grace, env=environment(emulator)) as (
            url,
            process,
        ),
        httpx.stream("POST", f"{url}api/chat", json=body, timeout=30) as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines) == "event: text"
        process.send_signal(signal.SIGINT)
        rest = "\n".join(lines)
        said, told = process.communicate(30)
    assert all(part in rest for part in end), rest
    assert (said.startswith("Answers: 1"), told) == (True, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_grace_it_says_at_its_end_only_what_it_always_says(number: signal.Signals) -> None:
    with serving("--emulator", "--grace", "0", env=environment(None)) as (url, process):
        assert httpx.get(url).status_code == 200
        process.send_signal(number)
        assert process.communicate(30) == ("Answers: 0, which cost $0.00\n", "")
        assert process.wait(30) == 0


def test_conversations_outlive_the_server_in_a_file(tmp_path: Path) -> None:
    document = {
        "id": "one",
        "title": "Kept",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "nodes": [],
    }
    database = tmp_path / "chats.db"
    options = ("--emulator", "--database", str(database))
    with serving(*options, env=environment(None)) as (url, process):
        assert httpx.put(f"{url}api/conversations/one", json=document).status_code == 204
        end(process)
    assert database.stat().st_mode & 0o777 == 0o600
    with serving(*options, env=environment(None)) as (url, process):
        assert httpx.get(f"{url}api/conversations/one").json() == document
        assert httpx.get(f"{url}api/settings").json()["is_emulator"] is True


def test_W06_others_can_reach_it_only_with_a_token(emulator: Emulator, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    env = environment(emulator)
    refused = run("serve", "--port", "0", "--host", "0.0.0.0", env=env)
    assert refused.returncode == 2
    assert "--token" in refused.stderr
    with serving("--host", "0.0.0.0", "--token", f"@{secret}", env=env) as (url, _):
        assert httpx.get(f"{url}api/settings").status_code == 401
        authorization = {"authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{url}api/settings", headers=authorization).status_code == 200
        by_name = {"host": socket.gethostname(), **authorization}
        assert httpx.get(f"{url}api/settings", headers=by_name).status_code == 200
        by_another = {"host": "evil.example", **authorization}
        assert httpx.get(f"{url}api/settings", headers=by_another).status_code == 403


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--token", "short"], "at least 16"),
        (["--budget", "much"], "budget"),
        (["--max-body", "0"], "--max-body is 0"),
        (["--grace", "-1"], "--grace is -1"),
        (["--database", "/dev/null"], "not a regular file"),
        (["--database", "/nowhere/at/all"], "cannot be opened"),
        (["--port", "99999"], "--port is 99999; expected 0 to 65535"),
        (["--host", "no.such.host.invalid", "--token", TOKEN], "cannot be used"),
    ],
)
def test_a_wrong_option_is_refused(run_here: RunHere, options: list[str], told: str) -> None:
    port = () if "--port" in options else ("--port", "0")
    done = run_here("serve", "--no-open", *port, *options)
    assert done.returncode == 2, done
    assert told in " ".join(done.stderr.split())
    assert "short" not in done.stderr


def test_a_port_that_is_taken_is_named(run_here: RunHere) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_here("serve", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port} of '127.0.0.1' cannot be used: address already in use" in done.stderr


def test_without_a_key_it_says_so_at_once() -> None:
    done = run("serve", "--port", "0", env=environment(None))
    assert done.returncode == 2
    assert "OPENROUTER_API_KEY" in done.stderr
    assert "--emulator" in done.stderr


@pytest.mark.parametrize("path", ["/dev/zero", "fifo", "."])
def test_W08_what_is_no_regular_file_is_not_attached(run_here: RunHere, tmp_path: Path, path: str) -> None:
    """A device or a pipe might never end, and hold what no one meant to send."""
    place = tmp_path / path
    if path == "fifo":
        os.mkfifo(place)
    done = run_here("ask", "--attach", str(place), "What is it?")
    assert done.returncode == 2
    assert "is not a regular file" in done.stderr
