"""`openrouter-async chat`, in a terminal and in a pipe."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from openrouter_async.testing import Emulator, Fault
from tests.cli.commands import Terminal, environment, run


def test_a_conversation_at_the_terminal(emulator: Emulator, tmp_path: Path) -> None:
    """Answers as they are written, what was said before, another model, instructions, saving, the end."""
    env = environment(emulator)
    kept = tmp_path / "talk.json"
    with Terminal("chat", "-m", "openai/gpt-4o", "-s", "You are brief.", env=env) as terminal:
        terminal.expect("you> ")
        emulator.reply("Oslo.")
        terminal.type("Capital of Norway?\r")
        terminal.expect("Oslo.")
        terminal.expect("you> ")
        terminal.type("/model openai/gpt-4o-mini\r")
        terminal.expect("openai/gpt-4o-mini\n")
        terminal.expect("you> ")
        emulator.reply("700,000.")
        terminal.type("And its people?\r")
        terminal.expect("700,000.")
        terminal.expect("you> ")
        terminal.type(f"/save {kept}\r")
        terminal.expect("kept in")
        terminal.expect("you> ")
        terminal.type("/cost\r")
        terminal.expect("tokens, $")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    first, second = emulator.requests
    assert [message["role"] for message in first.messages] == ["system", "user"]
    assert (first.model, second.model) == ("openai/gpt-4o", "openai/gpt-4o-mini")
    assert [message["content"] for message in second.messages] == [
        "You are brief.",
        "Capital of Norway?",
        "Oslo.",
        "And its people?",
    ]
    assert "700,000." in kept.read_text("utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_control_c_ends_the_answer_and_not_the_conversation(emulator: Emulator) -> None:
    with Terminal("chat", env=environment(emulator)) as terminal:
        terminal.expect("you> ")
        emulator.reply("one ", "two ", "three", fault=Fault.stall(after=2))
        terminal.type("Count slowly\r")
        terminal.expect("one")
        terminal.type("\x03")
        terminal.expect("stopped")
        terminal.expect("you> ")
        emulator.reply("Still here.")
        terminal.type("Are you there?\r")
        terminal.expect("Still here.")
        terminal.expect("you> ")
        terminal.type("/quit\r")
        assert terminal.end() == 0
    question, half, again = (message["content"] for message in emulator.requests[-1].messages)
    assert (question, again) == ("Count slowly", "Are you there?")
    assert half.startswith("one"), "what was answered is kept"


def test_control_c_at_the_prompt_clears_the_line(emulator: Emulator) -> None:
    with Terminal("chat", env=environment(emulator)) as terminal:
        terminal.expect("you> ")
        terminal.type("half a thou")
        terminal.expect("half a thou")
        terminal.interrupt(until="you> ")
        emulator.reply("Yes.")
        terminal.type("whole\r")
        terminal.expect("Yes.")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert emulator.requests[-1].messages[-1]["content"] == "whole"


def test_an_error_is_shown_and_the_conversation_goes_on(emulator: Emulator) -> None:
    with Terminal("chat", env=environment(emulator)) as terminal:
        terminal.expect("you> ")
        emulator.fail(402, "no money")
        terminal.type("Hello\r")
        terminal.expect("402 out of credits")
        terminal.expect("you> ")
        terminal.type("/nonsense\r")
        terminal.expect("is not a command")
        terminal.expect("you> ")
        emulator.reply("Hello again.")
        terminal.type("Hello?\r")
        terminal.expect("Hello again.")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert len(emulator.requests[-1].messages) == 1


def test_a_message_of_several_lines(emulator: Emulator) -> None:
    with Terminal("chat", env=environment(emulator)) as terminal:
        terminal.expect("you> ")
        emulator.reply("A poem.")
        terminal.type('"""\rRoses are red\rViolets are blue\r"""\r')
        terminal.expect("A poem.")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert emulator.requests[-1].messages[-1]["content"] == "Roses are red\nViolets are blue"


def test_lines_can_be_piped_in(emulator: Emulator) -> None:
    emulator.reply("First.")
    emulator.reply("Second.")
    done = run("chat", env=environment(emulator), stdin="one\n\ntwo\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "First.\nSecond.\n", "")


def test_json_is_a_line_for_each_answer(emulator: Emulator) -> None:
    done = run("chat", "--json", env=environment(emulator), stdin="one\ntwo\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(answer) for answer in answers] == [{"text", "model", "usage"}] * 2


def test_a_saved_conversation_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    emulator.reply("Oslo.")
    run(
        "chat",
        "-m",
        "openai/gpt-4o",
        "--save",
        str(path),
        env=environment(emulator),
        stdin="Capital of Norway?\n",
    )
    emulator.reply("Copenhagen.")
    run("chat", "--save", str(path), env=environment(emulator), stdin="Of Denmark?\n")
    assert emulator.requests[-1].model == "openai/gpt-4o"
    assert [message["content"] for message in emulator.requests[-1].messages] == [
        "Capital of Norway?",
        "Oslo.",
        "Of Denmark?",
    ]


def test_a_question_can_be_asked_again_and_be_dropped(emulator: Emulator) -> None:
    emulator.reply("Red.")
    emulator.reply("Blue.")
    emulator.reply("Green.")
    done = run("chat", env=environment(emulator), stdin="A colour?\n/retry\n/undo\nAnother?\n")
    assert done.stdout == "Red.\nBlue.\nGreen.\n"
    sent = [[message["content"] for message in request.messages] for request in emulator.requests]
    assert sent == [["A colour?"], ["A colour?"], ["Another?"]]


def test_a_failure_ends_a_piped_conversation_with_its_code(emulator: Emulator) -> None:
    emulator.fail(401, "who are you", times=None)
    done = run("chat", env=environment(emulator), stdin="one\ntwo\n")
    assert done.returncode == 3
    assert len(emulator.requests) == 1


def test_a_file_that_holds_no_conversation_is_a_mistake(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text("{}x", "utf-8")
    done = run("chat", "--save", str(path), env=environment(emulator), stdin="one\n")
    assert done.returncode == 2
    assert path.read_text("utf-8") == "{}x"
    assert f"{str(path)!r} contains no conversation" in done.stderr
    assert emulator.requests == []


def test_a_file_that_could_not_be_written_is_a_mistake_before_anything_is_asked(
    emulator: Emulator, tmp_path: Path
) -> None:
    done = run("chat", "--save", str(tmp_path / "no" / "talk.json"), env=environment(emulator), stdin="one\n")
    assert done.returncode == 2
    assert "there is no such directory" in done.stderr
    assert emulator.requests == []


def test_models_are_found_and_a_new_conversation_leaves_the_file_of_the_old_one(
    emulator: Emulator, tmp_path: Path
) -> None:
    kept = tmp_path / "talk.json"
    emulator.reply("Oslo.", times=2)
    with Terminal("chat", "-m", "openai/gpt-4o", "--save", str(kept), env=environment(emulator)) as terminal:
        terminal.expect("you> ")
        terminal.type("/undo\r")
        terminal.expect("there is no question to drop")
        terminal.expect("you> ")
        terminal.type("/models gpt-4o mini 2024\r")
        terminal.expect("openai/gpt-4o-mini-2024-07-18")
        terminal.expect("you> ")
        terminal.type("/system Be brief.\r")
        terminal.expect("Be brief.\nBe brief.\n")
        terminal.expect("you> ")
        terminal.type("Capital of Norway?\r")
        terminal.expect("Oslo.")
        terminal.expect("$")
        terminal.expect("you> ")
        old = kept.read_text("utf-8")
        terminal.type("/new\r")
        terminal.expect(f"begun anew; the old conversation stays in {kept}")
        terminal.expect("you> ")
        terminal.type("And again?\r")
        terminal.expect("Oslo.")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert kept.read_text("utf-8") == old
    assert [message["content"] for message in emulator.requests[-1].messages] == ["Be brief.", "And again?"]


def test_save_overwrites_no_file_of_the_callers(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious", "utf-8")
    ran = run("chat", env=environment(emulator), stdin="hello\n/save notes.txt\n", cwd=tmp_path)
    assert ran.returncode == 2
    assert "'notes.txt' is there already" in ran.stderr
    assert (tmp_path / "notes.txt").read_text("utf-8") == "precious"


def test_save_may_be_said_again(emulator: Emulator, tmp_path: Path) -> None:
    typed = "hello\n/save talk.json\nagain\n/save talk.json\n"
    ran = run("chat", env=environment(emulator), stdin=typed, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "talk.json").stat().st_mode & 0o777 == 0o600


def test_what_commands_list_has_no_control_characters(emulator: Emulator) -> None:
    hostile = "x/evil\x1b]0;owned\x07\x1b[2J"
    emulator.answer(
        "/models",
        {"data": [{"id": hostile, "name": hostile, "architecture": {"output_modalities": ["text"]}}]},
    )
    typed = f"/models evil\n/model {hostile}\n/system {hostile}\n"
    ran = run("chat", env=environment(emulator), stdin=typed)
    assert "x/evil\\x1b]0;owned\\x07" in ran.stderr
    assert "\x1b]0;" not in ran.stderr + ran.stdout
