"""`openrouter-async batch`, as a process: files in, files out, exit codes, and Ctrl-C in a real terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from anyio import to_thread

from openrouter_async import AsyncOpenRouter, Item, user
from openrouter_async.testing import Emulator, Failure
from tests.cli.commands import COMMAND
from tests.cli.commands import run as run_command
from tests.support.forked import Forked

ROOT = Path(__file__).parents[2]
MODEL = "openai/gpt-4o-mini"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        running.reply_with(lambda request: f"echo {request.prompt}")
        yield running


def environment(emulator: Emulator) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "OPENROUTER_BASE_URL": emulator.base_url,
        "OPENROUTER_API_KEY": emulator.key,
        "OPENROUTER_MODEL": MODEL,
        "TERM": "xterm",
    }


def run(emulator: Emulator, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("batch", *arguments, env=environment(emulator), cwd=folder)


def answers(path: Path) -> dict[str, str]:
    records = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert len({record["key"] for record in records}) == len(records)
    return {record["key"]: record["text"] for record in records}


def test_json_lines_of_every_form_are_asked(emulator: Emulator, tmp_path: Path) -> None:
    lines = [
        {"key": "a", "prompt": "one"},
        {"id": 7, "text": "two", "max_tokens": 50, "model": "openai/gpt-4o"},
        {"custom_id": "c", "method": "POST", "body": {"messages": [{"role": "user", "content": "three"}]}},
        "four",
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", "utf-8")
    ran = run(emulator, tmp_path, "in.jsonl", "-o", "out.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert "4 answered" in ran.stderr
    found = answers(tmp_path / "out.jsonl")
    assert {key: text for key, text in found.items() if len(key) < 3} == {
        "a": "echo one",
        "7": "echo two",
        "c": "echo three",
    }
    assert "echo four" in found.values()
    assert {request.model for request in emulator.requests} == {MODEL, "openai/gpt-4o"}


def test_csv_and_plain_text_are_asked(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(
        'key,prompt,note\r\n1,"one, and\ntwo",x\r\n2,three,y\r\n'.encode("utf-8-sig")
    )
    ran = run(emulator, tmp_path, "in.csv", "-o", "out.jsonl", "--system", "Be short.")
    assert ran.returncode == 0, ran.stderr
    assert answers(tmp_path / "out.jsonl") == {"1": "echo one, and\ntwo", "2": "echo three"}
    assert emulator.requests[0].messages[0] == {"role": "system", "content": "Be short."}
    (tmp_path / "in.txt").write_text("one\n\ntwo\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt")
    assert sorted(json.loads(line)["answer"] for line in ran.stdout.splitlines()) == ["echo one", "echo two"]


def test_columns_of_csv_are_parameters(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "key,prompt,temperature,seed\na,one,0.5,7\nb,two,warm,\nc,three,,\n", "utf-8"
    )
    ran = run(emulator, tmp_path, "in.csv", "-o", "out.jsonl", "-c", "1")
    assert ran.returncode == 1
    assert "in.csv:3: temperature is 'warm'; expected a number" in ran.stderr
    assert answers(tmp_path / "out.jsonl") == {"a": "echo one", "c": "echo three"}
    first, second = (request.body for request in emulator.requests)
    assert (first["temperature"], first["seed"]) == (0.5, 7)
    assert not {"temperature", "seed"} & second.keys()


def test_bad_lines_are_told_kept_aside_and_passed_over(emulator: Emulator, tmp_path: Path) -> None:
    bad = [b"{not json", b'{"key":"x"}', b'{"key":"y","prompt":"z","temperature":9}', b'"\xff"', b"5"]
    (tmp_path / "in.jsonl").write_bytes(b'"one"\n' + b"\n".join(bad) + b'\n"two"\n')
    ran = run(emulator, tmp_path, "in.jsonl", "-o", "out.jsonl")
    assert ran.returncode == 1
    for number in range(2, 7):
        assert f"in.jsonl:{number}: " in ran.stderr
    assert (tmp_path / "out.jsonl.rejected").read_bytes() == b"\n".join(bad) + b"\n"
    assert sorted(answers(tmp_path / "out.jsonl").values()) == ["echo one", "echo two"]


def test_the_same_command_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\nthree\n", "utf-8")
    emulator.reply_with(
        lambda request: (
            Failure(status=400, message="no") if request.prompt == "two" else f"echo {request.prompt}"
        )
    )
    ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl")
    assert ran.returncode == 1
    assert "BadRequest" in ran.stderr
    emulator.reply_with(lambda request: f"echo {request.prompt}")
    before = len(emulator.requests)
    assert run(emulator, tmp_path, "in.txt", "-o", "out.jsonl").returncode == 1
    assert len(emulator.requests) == before  # it would be refused again
    ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "--retry-failed", "all")
    assert ran.returncode == 0, ran.stderr
    assert "2 of them before" in ran.stderr
    assert len(emulator.requests) == before + 1
    assert sorted(answers(tmp_path / "out.jsonl").values()) == ["echo one", "echo three", "echo two"]


def test_structured_answers(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply_with(lambda request: '{"name": "Oslo"}')
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    (tmp_path / "schema.json").write_text(json.dumps(schema), "utf-8")
    (tmp_path / "in.txt").write_text("one\n", "utf-8")
    for _ in range(2):
        ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "--schema", "schema.json")
        assert ran.returncode == 0, ran.stderr
    (record,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert record["output"] == {"name": "Oslo"}


def test_a_budget_ends_it_with_an_exit_code_of_its_own(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "--budget", "0.0000001")
    assert ran.returncode == 4
    assert "budget" in ran.stderr


def test_a_dry_run_sends_nothing(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", "--dry-run", "--json", "--max-tokens", "100")
    assert ran.returncode == 0, ran.stderr
    estimate = json.loads(ran.stdout)
    assert estimate["prompts"] == 2
    assert 0 < estimate["cost"][0] < estimate["cost"][1]
    assert emulator.requests == []


def test_a_dry_run_reports_bad_lines_and_writes_no_file(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('"one"\n{no json\n', "utf-8")
    ran = run(emulator, tmp_path, "in.jsonl", "-o", "out.jsonl", "--dry-run")
    assert ran.returncode == 1
    assert "in.jsonl:2: not valid JSON" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_key_that_has_spent_what_it_may_ends_it(emulator: Emulator, tmp_path: Path) -> None:
    limit = "Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys"
    emulator.reply_with(
        lambda request: Failure(status=403, message=limit) if request.prompt == "two" else "answer"
    )
    (tmp_path / "in.txt").write_text("one\ntwo\nthree\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "-c", "1")
    assert ran.returncode == 4
    assert "Key limit exceeded" in ran.stderr
    assert "1 answered" in ran.stderr
    assert len(answers(tmp_path / "out.jsonl")) == 1
    assert len(emulator.requests) == 2


def test_the_service_works_on_it(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", "--service", "-o", "out.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert sorted(answers(tmp_path / "out.jsonl").values()) == ["echo one", "echo two"]
    assert not (tmp_path / "out.jsonl.batch").exists()
    assert {request.path.partition("/batch-")[0] for request in emulator.requests} == {"/batches"}


def test_the_service_is_not_given_bad_lines(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('"one"\n{"prompt": 7}\n', "utf-8")
    ran = run(emulator, tmp_path, "in.jsonl", "--service", "-o", "out.jsonl")
    assert ran.returncode == 1
    assert "1 answered · 1 rejected · $" in ran.stderr
    assert (tmp_path / "out.jsonl.rejected").read_text("utf-8") == '{"prompt": 7}\n'


@pytest.mark.slow
def test_going_on_with_a_batch_of_the_service_still_tells_what_was_rejected(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Without the prompts, which the service has."""
    (tmp_path / "in.jsonl").write_text('"one"\n{"prompt": 7}\n', "utf-8")
    command = ("in.jsonl", "--service", "-o", "out.jsonl")
    with Emulator() as with_the_same_ids:
        run(with_the_same_ids, tmp_path, *command)
        emulator.fail(403, path=with_the_same_ids.requests[-1].path)
    (tmp_path / "out.jsonl").unlink()
    assert run(emulator, tmp_path, *command).returncode == 3
    (tmp_path / "in.jsonl").unlink()
    ran = run(emulator, tmp_path, *command)
    assert ran.returncode == 1, ran.stderr
    assert "1 answered · 1 rejected · $" in ran.stderr
    assert [request.method for request in emulator.requests].count("POST") == 1


def test_the_service_is_asked_only_where_its_answers_can_be_kept(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\n", "utf-8")
    for out, reason in ((".", "is a directory"), ("none/out.jsonl", "there is no such directory")):
        ran = run(emulator, tmp_path, "in.txt", "--service", "-o", out)
        assert ran.returncode == 2
        assert f"{out!r} cannot be written: {reason}" in ran.stderr
    assert not emulator.requests


def test_answers_of_a_cache_are_free_and_counted(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("one\ntwo\n")
    for expected in ("2 answered · $0.", "2 answered · 2 from the cache · $0.00 "):
        ran = run(emulator, tmp_path, "prompts.txt", "--cache", "answers.sqlite")
        assert expected in ran.stderr
        assert len(ran.stdout.splitlines()) == 2
    ran = run(emulator, tmp_path, "prompts.txt", "--cache", "answers.sqlite", "--json")
    summary = json.loads(ran.stderr.splitlines()[-1])
    assert (summary["done"], summary["from_cache"], summary["cost"]) == (2, 2, 0)
    assert sum(request.method == "POST" for request in emulator.requests) == 2
    ran = run(emulator, tmp_path, "prompts.txt", "--cache", "answers.sqlite", "--service")
    assert ran.returncode == 2
    assert "--cache is of single requests" in ran.stderr


def test_the_summary_of_the_service_is_json_where_it_was_asked_for(
    emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('"one"\n{"prompt": 7}\n', "utf-8")
    ran = run(emulator, tmp_path, "in.jsonl", "--service", "-o", "out.jsonl", "--json")
    summary = json.loads(ran.stderr.splitlines()[-1])
    assert summary.pop("cost") > 0
    assert summary == {"done": 1, "failed": 0, "rejected": 1}


class Terminal:
    """The command in a terminal of its own."""

    def __init__(
        self, emulator: Emulator, folder: Path, *arguments: str, stdout: IO[bytes] | None = None
    ) -> None:
        self._main, other = pty.openpty()
        out = other if stdout is None else stdout.fileno()
        self.process = Forked(
            [*COMMAND, "batch", *arguments],
            (other, out, other),
            env=environment(emulator),
            cwd=folder,
            in_terminal=True,
        )
        os.close(other)
        self.text = ""

    def read_until(self, text: str, timeout: float = 20.0) -> None:
        deadline = time.monotonic() + timeout
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._main], [], [], 0.1)[0]:
                self.text += self._read()

    def press_ctrl_c(self) -> None:
        os.write(self._main, b"\x03")

    def wait(self, timeout: float = 20.0) -> int:
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            if select.select([self._main], [], [], 0.05)[0]:
                self.text += self._read()
        while select.select([self._main], [], [], 0)[0] and (rest := self._read()):
            self.text += rest
        os.close(self._main)
        return self.process.wait(0.0)

    def _read(self) -> str:
        try:
            return os.read(self._main, 65_536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            return ""


def test_J08_ctrl_c_finishes_what_is_in_flight_and_the_run_can_go_on(tmp_path: Path) -> None:
    with Emulator(first_token_s=1.0) as emulator:
        emulator.reply_with(lambda request: f"echo {request.prompt}")
        (tmp_path / "in.txt").write_text("".join(f"n{number}\n" for number in range(40)), "utf-8")
        terminal = Terminal(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "-c", "8")
        terminal.read_until("8 of 40")
        terminal.press_ctrl_c()
        assert terminal.wait() == 130
        assert re.search(r"\x1b\[2K\x1b\[33mfinishing \d+ in flight", terminal.text), (
            "not on a line of its own"
        )
        found = answers(tmp_path / "out.jsonl")
        sent = len(emulator.requests)
        assert 8 < len(found) == sent < 40
        ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "-c", "40")
        assert ran.returncode == 0, ran.stderr
        assert len(emulator.requests) == 40
    assert len(answers(tmp_path / "out.jsonl")) == 40


async def test_items_that_failed_in_a_program_are_asked_by_the_command(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fail(400, "no", times=2)
    items = [Item("a", "one", temperature=0.5, extra_body={"top_k": 3}), Item("b", [user("two")])]
    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL) as client:
        batch = client.batch(items)
        await batch
    assert batch.failures.write_jsonl(tmp_path / "failed.jsonl") == 2
    ran = await to_thread.run_sync(run, emulator, tmp_path, "failed.jsonl", "-o", "out.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert sorted(answers(tmp_path / "out.jsonl")) == ["a", "b"]
    [first] = [request.json for request in emulator.requests[2:] if request.prompt == "one"]
    assert (first["temperature"], first["top_k"]) == (0.5, 3)


def test_equal_prompts_are_sent_once_with_dedupe(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\none\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", "-o", "out.jsonl", "--dedupe")
    assert ran.returncode == 0, ran.stderr
    assert len(answers(tmp_path / "out.jsonl")) == 3
    assert len([each for each in emulator.requests if each.path == "/chat/completions"]) == 2


def test_answers_go_to_a_file_while_the_terminal_has_the_bar(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\n", "utf-8")
    with (tmp_path / "out.jsonl").open("wb") as out:
        terminal = Terminal(emulator, tmp_path, "in.txt", stdout=out)
        assert terminal.wait() == 0, terminal.text
    found = [json.loads(line)["answer"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert sorted(found) == ["echo one", "echo two"]
    assert "2 answered" in terminal.text
    assert "echo" not in terminal.text


def test_answers_on_the_terminal_stand_above_the_bar(emulator: Emulator, tmp_path: Path) -> None:
    """Whole, whatever the width: lines that were broken could not be copied."""
    emulator.reply_with(lambda request: "word " * 40)
    (tmp_path / "in.txt").write_text("one\n", "utf-8")
    terminal = Terminal(emulator, tmp_path, "in.txt")
    assert terminal.wait() == 0, terminal.text
    [line] = [line for line in terminal.text.split("\r\n") if "word" in line]
    assert json.loads(line.rpartition("\x1b[2K")[2])["answer"] == "word " * 40


def test_J08_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    with Emulator(first_token_s=30.0) as emulator:
        (tmp_path / "in.txt").write_text("one\ntwo\n", "utf-8")
        terminal = Terminal(emulator, tmp_path, "in.txt", "-o", "out.jsonl")
        terminal.read_until("2 in flight")
        terminal.press_ctrl_c()
        terminal.read_until("finishing")
        began = time.monotonic()
        terminal.press_ctrl_c()
        assert terminal.wait() == 130
        assert time.monotonic() - began < 15


KEYED = '{"key":"a","prompt":"hi"}\n{"key":"b","prompt":"ho"}\n'


@pytest.mark.parametrize("service", [(), ("--service",)])
@pytest.mark.parametrize("name", ["in.jsonl", "link", "old.txt"])
def test_a_file_of_the_callers_is_never_overwritten(
    service: tuple[str, ...], name: str, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text(KEYED, "utf-8")
    (tmp_path / "link").symlink_to("in.jsonl")
    (tmp_path / "old.txt").write_text("precious\n", "utf-8")
    ran = run(emulator, tmp_path, "in.jsonl", "-o", name, *service)
    assert ran.returncode in (1, 2)
    assert repr(name) in ran.stderr
    assert (tmp_path / "in.jsonl").read_text("utf-8") == KEYED
    assert (tmp_path / "old.txt").read_text("utf-8") == "precious\n"
    assert not emulator.requests


def test_a_file_named_like_that_of_rejected_lines_is_never_overwritten(
    emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('{"prompt": 7}\n', "utf-8")
    for command, name in ((("-o", "out.jsonl"), "out.jsonl.rejected"), ((), "in.jsonl.rejected")):
        (tmp_path / name).write_text("precious\n", "utf-8")
        ran = run(emulator, tmp_path, "in.jsonl", *command)
        assert ran.returncode == 2
        assert f"{name!r} is there already" in ran.stderr
        assert (tmp_path / name).read_text("utf-8") == "precious\n"


def test_rejected_lines_are_written_anew_by_the_same_command(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('prompt,seed\n"a, b",x\n"c\nd","x, y"\nok,\n', "utf-8")
    for _ in range(2):
        assert run(emulator, tmp_path, "in.csv").returncode == 1
    rejected = (tmp_path / "in.csv.rejected").read_text("utf-8")
    assert rejected == '"a, b",x\n"c\nd","x, y"\n'
    assert (tmp_path / "in.csv.rejected").stat().st_mode & 0o777 == 0o600


def test_workers_share_a_ledger_and_each_prompt_is_asked_once(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"prompt {number}\n" for number in range(20)), "utf-8")
    shared = ["in.txt", "--ledger", "run.db", "--budget", "1", "--max-tokens", "20"]
    worker = run(emulator, tmp_path, *shared, "--worker")
    assert worker.returncode == 0, worker.stderr
    assert worker.stdout == ""
    assert "20 answered" in worker.stderr
    ran = run(emulator, tmp_path, *shared)
    assert ran.returncode == 0, ran.stderr
    assert "20 of them before" in ran.stderr
    assert len({json.loads(line)["key"] for line in ran.stdout.splitlines()}) == 20
    assert sum(request.path.endswith("/chat/completions") for request in emulator.requests) == 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--worker"], "--worker needs --ledger"),
        (["--ledger", "run.db", "--out", "out.jsonl"], "expected no --out and no --service with it"),
    ],
)
def test_what_does_not_go_with_a_ledger_is_said(
    emulator: Emulator, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "in.txt").write_text("one\n", "utf-8")
    ran = run(emulator, tmp_path, "in.txt", *arguments)
    assert ran.returncode != 0
    assert said in ran.stderr
    assert not (tmp_path / "run.db").exists()
