"""The demo ends well only where everything came out as it was scripted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

pytest.importorskip("cyclopts")
pytest.importorskip("uvicorn")

from openrouter_async.cli.demo.run import Findings, load_questions
from openrouter_async.cli.demo.script import mistakes
from openrouter_async.testing import Emulator
from tests.cli.commands import Terminal, environment


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openrouter_async", "demo", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
    return subprocess.run(
        command,
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_demo_does_the_main_job_and_ends_well() -> None:
    done = demo("--questions", "40")
    assert done.returncode == 0, done.stdout + done.stderr
    for seen in (
        "Oslo\n",
        "The keeper of the last lighthouse",
        "weather({'city': 'Oslo', 'unit': 'celsius'})",
        "City(name='Oslo', country='Norway', population=717710)",
        "BadRequest: 400",
        "40 of 40 answers",
        "everything was as expected",
    ):
        assert seen in done.stdout


@pytest.mark.parametrize("columns", [80, 40])
def test_a_terminal_shows_all_that_a_pipe_gets(columns: int) -> None:
    """A bar that is drawn below what has no line end yet would erase it."""
    env = environment(None, COLUMNS=str(columns))
    with Terminal("demo", "--questions", "40", env=env) as terminal:
        assert terminal.end() == 0
        lines = terminal.screen(columns)
    for heading, below in (
        ("A chat", "Oslo"),
        ("A story, as it is written", "The keeper of the last lighthouse"),
        ("A tool call, fragment by fragment", '|{|"|city'),
        ("A value of a type", "City(name='Oslo'"),
        ("An error", "BadRequest: 400"),
    ):
        assert lines[lines.index(heading) + 1].startswith(below), "\n".join(lines)
    shown = "".join(lines).replace(" ", "")  # wherever the terminal breaks them
    assert "weather({'city':'Oslo','unit':'celsius'})" in shown
    assert "40of40answers" in shown
    assert not [line for line in lines if "━" in line and "40/40" in line], "the bar is gone at the end"
    assert "everything was as expected" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--questions", "0"], "--questions is 0; expected 1 to 300"), (["--live"], "OPENROUTER_API_KEY")],
)
def test_a_wrong_call_is_one_line_and_code_two(arguments: list[str], message: str) -> None:
    done = demo(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_live_asks_before_it_spends_and_takes_no_answer_for_no() -> None:
    """The service is an emulator here; what it says may be anything, since nothing is asked."""
    with Emulator() as emulator:
        done = demo("--live", OPENROUTER_API_KEY=emulator.key, OPENROUTER_BASE_URL=emulator.base_url)
        assert done.returncode == 1
        assert "this costs at most US$ 0." in done.stdout
        assert "Traceback" not in done.stderr
        assert {request.path for request in emulator.requests} <= {"/models"}


def test_live_does_the_same_with_the_key_of_the_user() -> None:
    with Emulator() as emulator:
        done = demo(
            "--live",
            "--yes",
            "--questions",
            "5",
            OPENROUTER_API_KEY=emulator.key,
            OPENROUTER_BASE_URL=emulator.base_url,
        )
        spent = emulator.spent
    assert done.returncode == 0, done.stdout + done.stderr
    bound = Decimal(done.stdout.split("at most US$ ")[1].split()[0])
    assert 0 < spent <= bound


def test_what_is_not_as_scripted_is_a_mistake() -> None:
    questions = load_questions()[:2]
    with Emulator() as emulator:
        wrong = mistakes(Findings(), questions, emulator)
    for what in (
        "the chat's answer",
        "the story",
        "the tool call",
        "the value",
        "the error",
        "the answer to fact-001",
    ):
        assert any(line.startswith(what) for line in wrong), what


def test_the_questions_are_what_is_said_of_them() -> None:
    questions = load_questions()
    assert len({question.key for question in questions}) == len({q.question for q in questions}) == 300
    assert set(Counter(question.kind for question in questions).values()) == {60}
    assert len({question.language for question in questions}) == 6
    assert all(json.dumps(question.answer) and question.answer.strip() for question in questions)
