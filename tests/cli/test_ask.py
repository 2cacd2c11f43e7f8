"""`openrouter-async ask`, in processes of its own against the emulator."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from openrouter_async.cli.places import answers_file
from openrouter_async.testing import Emulator, Fault
from tests.cli.commands import RunHere, Terminal, environment, run

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def test_a_pipe_gets_the_answer_and_nothing_else(emulator: Emulator) -> None:
    emulator.reply("Oslo is the capital.")
    done = run("ask", "What is the capital of Norway?", "-m", "openai/gpt-4o", env=environment(emulator))
    assert (done.returncode, done.stdout, done.stderr) == (0, "Oslo is the capital.\n", "")
    assert emulator.requests[-1].model == "openai/gpt-4o"


def test_a_line_end_that_comes_in_two_pieces_is_one(emulator: Emulator) -> None:
    emulator.reply("one\r", "\ntwo\r", "three\r")
    done = run("ask", "Lines?", "-m", "openai/gpt-4o", env=environment(emulator))
    assert done.stdout == "one\ntwo\\x0dthree\\x0d\n"


def test_what_is_piped_in_stands_behind_the_prompt(emulator: Emulator) -> None:
    emulator.reply("Fine.")
    run("ask", "Review", "this.", "-s", "Be brief.", env=environment(emulator), stdin="+ café\n")
    assert emulator.requests[-1].messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Review this.\n\n+ café\n"},
    ]


def test_the_model_may_come_from_the_environment(emulator: Emulator) -> None:
    emulator.reply("Yes.")
    env = environment(emulator, OPENROUTER_MODEL="openai/gpt-4o-mini")
    assert run("ask", env=env, stdin="Are you there?").returncode == 0
    assert emulator.requests[-1].model == "openai/gpt-4o-mini"


def test_a_cache_without_a_path_is_a_file_of_the_user(emulator: Emulator, run_here: RunHere) -> None:
    replies = []
    for words in (["Capital?", "--cache"], ["--cache", "Capital?"], ["--cache", "--", "Capital?"]):
        done = run_here("ask", "--json", "-m", "openai/gpt-4o", *words)
        replies.append(json.loads(done.stdout))
    assert len({reply["generation_id"] for reply in replies}) == 1
    assert sum(request.method == "POST" for request in emulator.requests) == 1
    assert stat.S_IMODE(answers_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(answers_file().parent.stat().st_mode) == 0o700
    assert json.loads(run_here("cache", "stats", "--json").stdout)["hits"] == 2
    for action in (["ls"], ["export"], ["prune", "--days", "0.0001"]):
        assert run_here("cache", *action).returncode == 0


def test_a_directory_for_the_cache_that_cannot_be_made_is_a_mistake(
    emulator: Emulator, run_here: RunHere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no directory")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    done = run_here("ask", "Hi", "--cache")
    assert (done.returncode, emulator.requests) == (2, [])
    assert "cannot be made: not a directory" in done.stderr.lower()


def test_an_equal_question_is_answered_from_a_cache(emulator: Emulator, tmp_path: Path) -> None:
    env, cache = environment(emulator, OPENROUTER_MODEL="openai/gpt-4o-mini"), str(tmp_path / "a.sqlite")
    replies = [
        json.loads(run("ask", "Capital?", "--cache", cache, "--json", env=env).stdout) for _ in range(2)
    ]
    assert replies[0]["generation_id"] == replies[1]["generation_id"]
    assert replies[0]["usage"]["cost"] > 0
    assert replies[1]["usage"]["cost"] == 0
    assert sum(request.method == "POST" for request in emulator.requests) == 1


def test_json_is_one_object_on_one_line(emulator: Emulator) -> None:
    emulator.reply("Oslo")
    done = run("ask", "Capital?", "--json", env=environment(emulator))
    reply = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert reply["text"] == "Oslo"
    assert reply["generation_id"].startswith("gen-")
    assert reply["usage"]["total_tokens"] > 0
    assert isinstance(reply["usage"]["cost"], float)


@pytest.mark.parametrize("as_file", [True, False], ids=["in a file", "in the command"])
def test_a_schema_gives_json_that_fits(emulator: Emulator, tmp_path: Path, as_file: bool) -> None:
    emulator.reply('{"city": "Oslo"}')
    path = tmp_path / "city.json"
    path.write_text(json.dumps(CITY), "utf-8")
    schema = str(path) if as_file else json.dumps(CITY)
    done = run("ask", "Capital?", "--schema", schema, "-m", "openai/gpt-4o", env=environment(emulator))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"city": "Oslo"})


def test_a_reply_that_does_not_fit_the_schema_is_exit_code_7(emulator: Emulator) -> None:
    emulator.reply('{"town": "Oslo"}', times=None)
    done = run(
        "ask", "Capital?", "--schema", json.dumps(CITY), "-m", "openai/gpt-4o", env=environment(emulator)
    )
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("openrouter-async: ")


def test_a_file_is_attached(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply("A point.")
    env = environment(emulator)
    picture = tmp_path / "point.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(32))
    assert run("ask", "See?", "-a", str(picture), "-m", "openai/gpt-4o", env=env).returncode == 0
    parts = emulator.requests[-1].messages[0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"]


PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (PNG, {"type": "image_url", "begins": "data:image/png;base64,"}),
        (b"RIFF\0\0\0\0WAVEfmt " + bytes(32), {"type": "input_audio", "format": "wav"}),
        (b"\0\0\0\x20ftypisom" + bytes(32), {"type": "video_url", "begins": "data:video/mp4;base64,"}),
        (b"%PDF-1.7\n" + bytes(32), {"type": "file", "filename": "stdin.pdf"}),
        ("Grüße\n".encode(), {"type": "file", "filename": "stdin.txt"}),
    ],
    ids=["image", "audio", "video", "pdf", "text"],
)
def test_standard_input_is_attached_as_what_its_bytes_are(
    emulator: Emulator, run_here: RunHere, data: bytes, part: dict[str, str]
) -> None:
    emulator.reply("A point.")
    done = run_here("ask", "-a", "-", "See?", "-m", "google/gemini-2.5-flash", stdin=data)
    assert done.returncode == 0, done
    text, sent = emulator.requests[-1].messages[0]["content"]
    assert text == {"type": "text", "text": "See?"}
    kind = part["type"]
    within = sent["file" if kind == "file" else kind]
    assert sent["type"] == kind
    assert within.get("url", "").startswith(part.get("begins", ""))
    assert {name: within[name] for name in part.keys() - {"type", "begins"}} == {
        name: value for name, value in part.items() if name not in ("type", "begins")
    }


def test_a_terminal_is_not_attached(emulator: Emulator) -> None:
    with Terminal("ask", "-a", "-", "See?", env=environment(emulator)) as terminal:
        terminal.expect("standard input, which is a terminal; pipe a file in")
        assert terminal.end() == 2


@pytest.mark.parametrize("given", ["name, age int", json.dumps(CITY)], ids=["words", "a schema"])
def test_several_answers_of_a_form_are_a_list(emulator: Emulator, run_here: RunHere, given: str) -> None:
    one: dict[str, object] = {"city": "Oslo"} if given.startswith("{") else {"name": "Kim", "age": 3}
    emulator.reply(json.dumps({"items": [one, one]}))
    done = run_here("ask", "Who?", "--schema-multi", given, "-m", "openai/gpt-4o")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"items": [one, one]})
    sent = emulator.requests[-1].json["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["items"]["items"]["required"] == list(one)


def test_definitions_of_a_schema_are_found_where_several_are_asked_for(
    emulator: Emulator, run_here: RunHere
) -> None:
    schema = {
        "type": "object",
        "properties": {"at": {"$ref": "#/$defs/P"}},
        "$defs": {"P": {"type": "integer"}},
    }
    emulator.reply('{"items": [{"at": 3}]}')
    done = run_here("ask", "Where?", "--schema-multi", json.dumps(schema), "-m", "openai/gpt-4o")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"items": [{"at": 3}]}), done


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["Hi", "-a", "-"], b"", "standard input is empty"),
        (["Hi", "-a", "-", "-a", "-"], PNG, "given twice"),
        (["Hi", "-a", "-"], b"\x00\xff\xfe\x81", "4 bytes of an unknown type"),
        (["-a", "-"], PNG, "there is no question"),
        (["Hi", "--schema", "a", "--schema-multi", "b"], "", "give one of them"),
        (["Hi", "--schema-multi", "name, age years"], "", "--schema-multi has the type 'years'"),
        (["Hi", "--schema-multi", "{oops"], "", "--schema-multi is not valid JSON"),
        (["Hi", "--cid", "0123"], "", "--cid is '0123'"),
        (["Hi", "--cid", ""], "", "--cid is ''"),
        ([], "", "there is no question"),
        (["Hi", "--schema", "missing.json"], "", "--schema names 'missing.json'"),
        (["Hi", "--schema", "{oops"], "", "--schema is not valid JSON"),
        (["Hi", "--schema", '{"type": "nonsense"}'], "", "nonsense"),
        (["Hi", "-s", "@missing.txt"], "", "--system names 'missing.txt'"),
        (["Hi", "-a", "missing.png"], "", "missing.png"),
        (["Hi", "--temperature", "9"], "", "for --temperature; must be <= 2"),
        (["Hi", "--temperature", "warm"], "", "warm"),
        (["Hi", "--nonsense"], "", "--nonsense"),
        (["Hi"], b"\xff\xfe\x00", "not UTF-8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_exit_code_2_and_sends_nothing(
    emulator: Emulator, arguments: list[str], stdin: str | bytes, says: str, run_here: RunHere
) -> None:
    done = run_here("ask", *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert emulator.requests == []


def test_no_key_is_a_mistake_that_is_explained(tmp_path: Path) -> None:
    done = run("ask", "Hi", env=environment(None), cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no key; set OPENROUTER_API_KEY" in done.stderr
    assert "--emulator needs none" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 1), (401, 3), (403, 3), (402, 4), (429, 5), (502, 5), (503, 5)],
)
def test_the_exit_code_tells_what_failed(
    emulator: Emulator, status: int, code: int, run_here: RunHere
) -> None:
    emulator.fail(status, "it is broken", times=None)
    done = run_here("ask", "Hi")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1


def test_no_connection_is_exit_code_6() -> None:
    env = environment(None, OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1", OPENROUTER_API_KEY="sk-or-v1-x")
    assert run("ask", "Hi", env=env).returncode == 6


def test_an_answer_that_breaks_off_is_exit_code_6_and_keeps_what_came(emulator: Emulator) -> None:
    emulator.reply("one two three four five six", fault=Fault.truncate(after=3))
    done = run("ask", "Count", env=environment(emulator))
    assert done.returncode == 6
    assert done.stdout.startswith("one")


def test_a_refusal_is_exit_code_7(emulator: Emulator) -> None:
    emulator.reply(refusal="I would rather not.")
    done = run("ask", "Do it", env=environment(emulator))
    assert done.returncode == 7
    assert "I would rather not." in done.stderr


def test_an_error_is_json_where_json_was_asked_for(emulator: Emulator) -> None:
    emulator.fail(402, "no money", times=None)
    done = run("ask", "Hi", "--json", env=environment(emulator))
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, done.stdout) == (4, "")
    assert (error["type"], error["status"]) == ("InsufficientCredits", 402)


def test_a_terminal_shows_the_answer_and_what_it_cost(emulator: Emulator) -> None:
    emulator.reply("Oslo is the capital.")
    with Terminal("ask", "Capital?", "-m", "openai/gpt-4o", env=environment(emulator)) as terminal:
        terminal.expect("Oslo is the capital.")
        assert terminal.end() == 0
    assert "openai/gpt-4o" in terminal.seen
    assert "tokens · $" in terminal.seen


def test_a_model_cannot_write_to_the_terminal_directly(emulator: Emulator) -> None:
    """Control characters could rewrite what stands there, or the title of the window."""
    emulator.reply("before\x1b]0;owned\x07\x1b[2Jafter")
    with Terminal("ask", "Hi", env=environment(emulator)) as terminal:
        assert terminal.end() == 0
    assert "\x1b]0;" not in terminal.seen
    assert "before\\x1b]0;owned\\x07\\x1b[2Jafter" in terminal.seen


def test_the_emulator_needs_no_key(tmp_path: Path) -> None:
    done = run("ask", "Hi", "--emulator", env=environment(None), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.strip()


HOSTILE = "a\x1b]0;owned\x07\x9b2J\u202eb"


def test_a_pipe_gets_no_control_characters_either(emulator: Emulator) -> None:
    """It may end in a terminal, as that of `less -R` or `tee` does."""
    emulator.reply(HOSTILE, times=2)
    plain = run("ask", "Hello", env=environment(emulator)).stdout
    assert plain == "a\\x1b]0;owned\\x07\\x9b2J\\x202eb\n"
    done = run("ask", "--json", "Hello", env=environment(emulator)).stdout
    assert json.loads(done)["text"] == HOSTILE
    assert not any(letter in done for letter in "\x1b\x07\x9b\u202e")


MARKDOWN = "# Fox\n\nA *quick* fox jumps over the lazy dog, and then it sleeps.\n\n```python\nprint(1)\n```\n\n- `a`\n"
SCREENS = {
    80: """\
Fox

A quick fox jumps over the lazy dog, and then it sleeps.

  print(1)

 • a
openai/gpt-4o · 26 tokens · $0.000187""",
    40: """\
Fox

A quick fox jumps over the lazy dog, and
then it sleeps.

  print(1)

 • a
openai/gpt-4o · 26 tokens · $0.000187""",
}


@pytest.mark.parametrize("columns", [80, 40])
def test_the_screen_shows_markdown_wrapped_at_words(emulator: Emulator, columns: int) -> None:
    emulator.reply(*[MARKDOWN[at : at + 3] for at in range(0, len(MARKDOWN), 3)])
    env = environment(emulator)
    with Terminal("ask", "Fox?", "-m", "openai/gpt-4o", env=env, columns=columns, lines=12) as terminal:
        assert terminal.end() == 0
    assert (
        re.sub(r"\d+ tokens · \$[0-9.]+", "26 tokens · $0.000187", "\n".join(terminal.scrolled()))
        == (SCREENS[columns])
    )


def test_no_colour_draws_without_colours(emulator: Emulator) -> None:
    emulator.reply(MARKDOWN)
    env = environment(emulator, NO_COLOR="1")
    with Terminal("ask", "Fox?", env=env, columns=80) as terminal:
        assert terminal.end() == 0
    assert "  print(1)" in terminal.scrolled()
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", terminal.seen) for code in found.split(";")}
    assert not [code for code in codes if code and 30 <= int(code) <= 107], codes


@pytest.mark.parametrize("how", [["--raw"], []], ids=["raw", "dumb terminal"])
def test_raw_is_as_the_model_wrote_it(emulator: Emulator, how: list[str]) -> None:
    emulator.reply(MARKDOWN)
    env = environment(emulator, **({} if how else {"TERM": "dumb"}))
    with Terminal("ask", "Fox?", *how, env=env, columns=80) as terminal:
        assert terminal.end() == 0
    assert MARKDOWN in terminal.seen


def test_a_pipe_gets_markdown_as_the_model_wrote_it(emulator: Emulator, run_here: RunHere) -> None:
    emulator.reply(MARKDOWN)
    assert run_here("ask", "Fox?").stdout == MARKDOWN


@pytest.mark.parametrize(("option", "block"), [("-x", "first\n"), ("--xl", "last\n")])
def test_a_block_of_code_is_taken_out(emulator: Emulator, run_here: RunHere, option: str, block: str) -> None:
    emulator.reply("Do:\n\n```sh\nfirst\n```\n\n1. or\n\n   ~~~\n   last\n   ~~~\n")
    assert run_here("ask", "How?", option).stdout == block
    emulator.reply("There is no code.")
    assert run_here("ask", "How?", option).stdout == "There is no code.\n"
