"""`openrouter-async logs`, and what `ask` and `chat` write there and continue."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from openrouter_async.cli import prompt_log
from openrouter_async.cli.prompt_log import Logged, PromptLog, log_file
from openrouter_async.cli.remembered import text_of
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator, Fault
from tests.cli.commands import RunHere, Terminal, environment

pytestmark = pytest.mark.filterwarnings("error")


def an_answer(prompt: str = "What is a fox?", answer: str = "A small animal.", **more: object) -> Logged:
    fields = {"conversation": "c1", "command": "ask", "model": "openai/gpt-4o", "system": None, **more}
    return Logged(prompt=prompt, answer=answer, **fields)  # type: ignore[arg-type]


def test_of_what_was_attached_the_kind_is_logged() -> None:
    parts = [
        {"type": "text", "text": "See?"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "file"},
    ]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    assert text_of(messages) == "Be brief.\n\nSee?\n\n[image]\n\n[file]"  # type: ignore[arg-type]  # they are JSON


def test_a_question_is_logged_shown_and_found(emulator: Emulator, run_here: RunHere) -> None:
    emulator.reply("Oslo is the capital.")
    run_here("ask", "Capital of Norway?", "-m", "openai/gpt-4o", "-s", "Be brief.")
    assert run_here("logs").stdout.split("\t")[0] == "1"
    assert run_here("logs", "show").stdout == "Oslo is the capital.\n"
    assert run_here("logs", "show", "1").stdout == "Oslo is the capital.\n"
    assert "Capital of Norway?" in run_here("logs", "search", "oslo", "norw").stdout
    assert run_here("logs", "search", "paris").stdout == ""
    (row,) = json.loads(run_here("logs", "--json").stdout)
    assert (row["prompt"], row["system"], row["is_whole"]) == ("Capital of Norway?", "Be brief.", True)
    assert row["tokens"] > 0
    assert float(row["cost"]) > 0


def test_only_the_owner_can_read_it(emulator: Emulator, run_here: RunHere) -> None:
    run_here("ask", "Hi")
    path = Path(run_here("logs", "path").stdout.strip())
    assert path == log_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.parent.parent == Path(os.environ["XDG_DATA_HOME"])


def test_no_key_is_ever_in_it(emulator: Emulator, run_here: RunHere) -> None:
    others = ["sk-proj-" + "a1" * 12, "ghp_" + "b2" * 12]
    emulator.reply(f"Your key is {emulator.key}.")
    run_here("ask", f"My keys are {emulator.key} and {' '.join(others)}.", "-s", f"Use {emulator.key}.")
    data = log_file().read_bytes()
    for key in (emulator.key, *others):
        assert key.encode() not in data
    assert run_here("logs", "show").stdout == "Your key is [secret].\n"


def test_logging_is_off_by_one_switch_for_all_commands_or_one(emulator: Emulator, run_here: RunHere) -> None:
    run_here("ask", "Hi", "--no-log")
    assert not log_file().exists()
    assert run_here("logs", "off").returncode == 0
    run_here("ask", "Hi")
    run_here("chat", stdin="Hi\n")
    assert not log_file().exists()
    run_here("logs", "on")
    run_here("chat", stdin="Hi\n")
    assert len(PromptLog().newest(5)) == 1


def test_the_last_conversation_is_continued_by_ask_and_chat(emulator: Emulator, run_here: RunHere) -> None:
    for answer in ("Oslo.", "Rome.", "Bern."):
        emulator.reply(answer)
    run_here("ask", "Norway?", "-m", "openai/gpt-4o", "-s", "Be brief.")
    run_here("ask", "Italy?", "-c")
    run_here("chat", "-c", stdin="Switzerland?\n")
    assert emulator.requests[-1].model == "openai/gpt-4o"
    assert [message["content"] for message in emulator.requests[-1].messages] == [
        *("Be brief.", "Norway?", "Oslo.", "Italy?", "Rome.", "Switzerland?")
    ]
    assert len({logged.conversation for logged in PromptLog().newest(5)}) == 1


def test_a_conversation_is_continued_by_its_id_or_the_beginning_of_it(
    emulator: Emulator, run_here: RunHere
) -> None:
    for answer in ("Oslo.", "Rome.", "Bern.", "Paris."):
        emulator.reply(answer)
    run_here("ask", "Norway?")
    run_here("ask", "Italy?")  # which is the last one
    first = PromptLog().newest(5)[-1].conversation
    assert first in run_here("logs", "show", "1", "--json").stdout
    run_here("ask", "Switzerland?", "--cid", first)
    run_here("chat", "--cid", first[:12], stdin="France?\n")
    assert [message["content"] for message in emulator.requests[-1].messages] == [
        *("Norway?", "Oslo.", "Switzerland?", "Bern.", "France?")
    ]
    assert [logged.conversation == first for logged in PromptLog().newest(5)] == [True, True, False, True]
    refused = run_here("chat", "--cid", first, "-a", "-", stdin="Hi\n")
    assert (refused.returncode, "is for `ask`" in refused.stderr) == (2, True)


def test_the_beginning_of_two_ids_is_not_enough(run_here: RunHere) -> None:
    log = PromptLog()
    for now, id in enumerate(("abcd", "abcd1", "abcd2")):
        log.add(an_answer(conversation=id), "{}", now=now)
    assert log.conversation("abcd") == ("abcd", "{}")
    assert log.conversation("abcd1") == ("abcd1", "{}")
    done = run_here("ask", "Hi", "--cid", "abc")
    assert (done.returncode, "several conversations begin with 'abc'" in done.stderr) == (2, True)


def test_nothing_to_continue_is_a_mistake_that_is_explained(emulator: Emulator, run_here: RunHere) -> None:
    done = run_here("ask", "Hi", "-c")
    assert (done.returncode, emulator.requests) == (2, [])
    assert "no conversation to continue" in done.stderr


def test_an_answer_that_breaks_off_is_logged_as_far_as_it_came(emulator: Emulator, run_here: RunHere) -> None:
    emulator.reply("one two three four five six", fault=Fault.truncate(after=3))
    assert run_here("ask", "Count").returncode == 6
    logged = PromptLog().one(None)
    assert logged is not None
    assert logged.answer.startswith("one")
    assert not logged.is_whole


def test_a_log_that_cannot_be_written_costs_no_answer(emulator: Emulator, run_here: RunHere) -> None:
    log_file().parent.mkdir(parents=True)
    log_file().write_text("not a database", "utf-8")
    emulator.reply("Oslo.")
    done = run_here("ask", "Capital?")
    assert (done.returncode, done.stdout) == (0, "Oslo.\n")
    assert "cannot be used" in done.stderr
    assert log_file().read_text("utf-8") == "not a database"


def test_whoever_reads_a_log_waits_for_the_one_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as making:
        making.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.2, making.execute, ["COMMIT"])
        done.start()
        assert PromptLog(path).newest(1) == []
        done.join()


def test_a_log_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(ConfigurationError, match="version 99"):
        PromptLog(path).newest(1)


@pytest.mark.parametrize("has_fts", [True, False])
def test_words_are_found_whatever_sqlite_was_built_with(
    tmp_path: Path, has_fts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_fts:
        monkeypatch.setattr(prompt_log, "_WORDS", "CREATE VIRTUAL TABLE word USING nothing_such(prompt)")
    log = PromptLog(tmp_path / "log.sqlite")
    log.add(an_answer(), "{}", now=1.0)
    log.add(an_answer("100%?", 'He said "no_way".'), "{}", now=2.0)
    for words, found in (
        (["fox"], [1]),
        (["FOX", "small"], [1]),
        (["100%"], [2]),
        (['"no_way"'], [2]),
        (["%"], []),
    ):
        if has_fts and words == ["%"]:
            continue  # has no word in it
        if not has_fts and words == ["%"]:
            found = [2]
        assert [logged.id for logged in log.newest(9, words)] == found, words


def test_an_unknown_number_is_not_found(run_here: RunHere) -> None:
    assert run_here("logs", "show", "7").returncode == 1
    assert run_here("logs", "show", "x").returncode == 2
    assert run_here("logs", "search").returncode == 2


SCREENS = {
    80: [
        "id  when (UTC)        prompt          model",
        " 1  2026-01-02 03:04  What is a fox?  openai/gpt-4o",
    ],
    40: ["id  when (UTC)        prompt", " 1  2026-01-02 03:04  What is a fox?"],
}


@pytest.mark.parametrize("columns", [80, 40])
def test_the_screen_of_the_list(columns: int) -> None:
    PromptLog().add(an_answer(), "{}", now=1767323045.0)
    with Terminal("logs", env=environment(None), columns=columns) as terminal:
        assert terminal.end() == 0
    assert terminal.scrolled() == SCREENS[columns]


def test_an_answer_is_shown_below_what_was_asked() -> None:
    PromptLog().add(an_answer(system="Be brief."), "{}", now=1767323045.0)
    with Terminal("logs", "show", "1", env=environment(None), columns=80) as terminal:
        assert terminal.end() == 0
    shown = [line.split(maxsplit=1) for line in terminal.scrolled() if line.strip()]
    assert ["system", "Be brief."] in shown
    assert ["prompt", "What is a fox?"] in shown
    assert shown[-1] == ["A", "small animal."]
