"""The demo ends well only where everything came out as it was scripted."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections import Counter
from decimal import Decimal

import pytest

pytest.importorskip("cyclopts")
pytest.importorskip("uvicorn")

from openrouter_async.cli.demo.run import Findings, load_questions
from openrouter_async.cli.demo.script import mistakes
from openrouter_async.testing import Emulator
from tests.cli import recording
from tests.cli.commands import Terminal, environment, run
from tests.support.folders import ROOT


def demo(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run("demo", *arguments, env=environment(None, **variables))


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


SCREENS = {
    80: """\

A chat
Oslo

A story, as it is written
The keeper of the last lighthouse wrote a letter to every ship that passed, and
sent it up with the beam. For forty years no one answered, until one night a
small boat blinked back: we are home, because of you. He put out the lamp at
dawn, and for the first time slept with the window open.

A tool call, fragment by fragment
|{|"|city|"|:| "|Oslo|"|,| "|unit|"|:| "|celsius|"|}|
weather({'city': 'Oslo', 'unit': 'celsius'})

A value of a type
City(name='Oslo', country='Norway', population=717710)

An error
BadRequest: 400 bad request (model 'openai/gpt-nonexistent'):
""",
    40: """\

A chat
Oslo

A story, as it is written
The keeper of the last lighthouse wrote
a letter to every ship that passed, and
sent it up with the beam. For forty
years no one answered, until one night a
small boat blinked back: we are home,
because of you. He put out the lamp at
dawn, and for the first time slept with
the window open.

A tool call, fragment by fragment
|{|"|city|"|:| "|Oslo|"|,| "|unit|"|:|
"|celsius|"|}|
weather({'city': 'Oslo', 'unit':
'celsius'})

A value of a type
City(name='Oslo', country='Norway',
population=717710)

An error
BadRequest: 400 bad request (model
'openai/gpt-nonexistent'):
""",
}
TABLE = r"""
300 of 300 answers
language    answers  tokens       US\$
English          50    3000  0\.001116
German           50    2802  0\.001030
French           50    2829  0\.001041
Spanish          50    2704  0\.000961
Japanese         50    1470  0\.000549
Portuguese       50    2574  0\.000921
together        300   15379  0\.005618
[0-9.]+ s at concurrency 64, \d+ a second
everything was as expected$"""


@functools.cache
def shown_in(columns: int) -> list[str]:
    """Return the lines of the whole demo in a terminal of that width; it is run once for all tests."""
    with Terminal("demo", env=environment(None), columns=columns) as terminal:
        assert terminal.end() == 0
        return terminal.scrolled()


@pytest.mark.parametrize("columns", [80, 40])
def test_the_screen_shows_each_answer_then_the_table_and_is_short(columns: int) -> None:
    """A bar that is drawn below what has no line end yet would erase it."""
    lines = shown_in(columns)
    shown = "\n".join(lines)
    assert shown.startswith(SCREENS[columns]), shown
    assert re.search(TABLE, shown), shown
    assert not [line for line in lines if "━" in line], "the bar is gone at the end"
    assert len(lines) <= 60
    begin = lines.index("300 questions at once") + 1
    english = {
        " ".join(question.question.split()) for question in load_questions() if question.language == "en"
    }
    for asked, answered in zip(lines[begin : begin + 10 : 2], lines[begin + 1 : begin + 10 : 2], strict=True):
        assert any(question.startswith(asked.removesuffix("…")) for question in english), asked
        assert answered.startswith("  "), answered


def without_times(lines: list[str]) -> list[str]:
    """Return what is the same in each run: neither how long it took nor which five answers came first."""
    text = "\n".join(line for line in lines if line)
    text = re.sub(r"(?<=300 questions at once\n).*(?=\n300 of 300 answers)", "...", text, flags=re.DOTALL)
    return re.sub(r"[0-9.]+ s at concurrency 64, \d+ a second", "... s", text).splitlines()


def test_the_recording_in_the_readme_is_what_the_demo_shows_now() -> None:
    picture = recording.PICTURE.read_text("utf-8")
    assert recording.COLUMNS == 80
    assert without_times(recording.last_screen(picture)) == without_times(shown_in(80))
    assert picture.count("@keyframes") > 40, "it moves"
    place = recording.PICTURE.relative_to(ROOT).as_posix()
    assert f"]({place})" in (ROOT / "README.md").read_text("utf-8")


def test_a_recording_shows_each_screen_in_its_time() -> None:
    line = ((("green", True), "a < b"),)
    found = recording.Recording([(0, line, 1.0, 2.0), (2, line, 2.0, None)], 4.0)
    picture = recording.drawn(found, "x & y")
    assert recording.last_screen(picture) == ["a < b"]
    assert "10.00% { visibility: visible } 20.00% { visibility: hidden }" in picture
    assert "20.00% { visibility: visible } }" in picture
    assert 'class="b green"' in picture


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
