"""Standard output as it may be: of any encoding, in a pipe that breaks, full, or closed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openrouter_async.cli.streams import READABLE, json_for, prepare
from openrouter_async.testing import Emulator
from tests.cli.commands import COMMAND, environment, run_raw
from tests.support.forked import Forked

TEXT = "Grüße 😀 — “ok” 日本"
ENCODINGS = ["cp1252", "ascii", "latin-1", "gbk", "shift_jis", "cp037", "utf-8", "utf-16"]


def run(
    emulator: Emulator, *arguments: str, shell: str = "", stdin: bytes = b"", **variables: str
) -> tuple[int, bytes, str]:
    """Run a command, with `shell` behind it in a shell; return code, standard output and standard error."""
    env = environment(emulator, OPENROUTER_MODEL="openai/gpt-4o-mini", **variables)
    if shell in WITHOUT_SHELL:
        code, output, told = _without_shell(arguments, env, stdin, shell)
    elif shell:
        line = [sys.executable, "-m", "openrouter_async", *arguments]
        line = ["bash", "-c", f'"$0" "$@" {shell}; exit ${{PIPESTATUS[0]}}', *line]
        done = subprocess.run(line, env=env, input=stdin, capture_output=True, timeout=60, check=False)
        code, output, told = done.returncode, done.stdout, done.stderr
    else:
        code, output, told = run_raw(*arguments, env=env, stdin=stdin)
    errors = told.decode(errors="replace")
    assert "Traceback" not in errors, errors
    return code, output, errors


WITHOUT_SHELL = {">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full", "| head -c 0"}
"""What a shell does, done without one, as the command is a fork then."""


def _without_shell(
    arguments: tuple[str, ...], env: dict[str, str], stdin: bytes, shell: str
) -> tuple[int, bytes, bytes]:
    """Run a command whose standard output or error is a full device, or that writes to a pipe that nobody reads."""
    with TemporaryFile() as typed, TemporaryFile() as shown, TemporaryFile() as told:
        typed.write(stdin)
        typed.seek(0)
        unread, pipe = os.pipe()
        os.close(unread)
        with os.fdopen(pipe, "wb") as broken, Path("/dev/full").open("wb", 0) as full:
            out = full if shell.startswith(">/dev/full") else broken if shell.startswith("|") else shown
            err = full if shell.endswith("2>/dev/full") else told
            streams = (typed.fileno(), out.fileno(), err.fileno())
            code = Forked([*COMMAND, *arguments], streams, env=env).wait(60)
        shown.seek(0)
        told.seek(0)
        return code if code >= 0 else 128 - code, shown.read(), told.read()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("cp1252", "Grüße \\U0001f60a — “ok” \\u65e5\\u672c"),
        ("latin-1", 'Grüße \\U0001f60a - "ok" \\u65e5\\u672c'),
        ("ascii", 'Grusse \\U0001f60a - "ok" \\u65e5\\u672c'),
        ("utf-8", "Grüße 😊 — “ok” 日本"),
    ],
)
def test_text_falls_back_to_a_readable_form(emulator: Emulator, encoding: str, shown: str) -> None:
    emulator.reply("Grüße 😊 — “ok” 日本")
    code, out, _ = run(emulator, "ask", "x", PYTHONIOENCODING=encoding)
    assert (code, out.decode(encoding)) == (0, shown + "\n")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "gbk"])
def test_json_falls_back_to_escapes(emulator: Emulator, encoding: str, tmp_path: Path) -> None:
    emulator.reply_with(lambda _: TEXT)
    code, out, _ = run(emulator, "ask", "x", "--json", PYTHONIOENCODING=encoding)
    assert (code, json.loads(out.decode(encoding))["text"]) == (0, TEXT)
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("one\n")
    code, out, _ = run(emulator, "batch", str(prompts), PYTHONIOENCODING=encoding)
    assert (code, json.loads(out.decode(encoding))["answer"]) == (0, TEXT)
    emulator.reset()
    emulator.fail(400, TEXT)
    code, _, errors = run(emulator, "ask", "x", "--json", PYTHONIOENCODING=encoding)
    assert code == 1
    assert TEXT in json.loads(errors)["error"]["message"]


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jis_2004", "johab"])
def test_json_is_read_where_an_encoding_writes_one_character_as_another(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    for number in range(0xA0, 0x10000):
        text = json.dumps([chr(number)], ensure_ascii=False)
        assert json.loads(json_for(stream, text).encode(encoding).decode(encoding)) == [chr(number)], hex(
            number
        )


@given(st.text(alphabet=st.characters(exclude_categories=())), st.sampled_from(ENCODINGS))
@example("\xa5", "shift_jis")
def test_any_text_can_be_written_and_any_json_be_read(text: str, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors=READABLE)
    stream.write(text)
    stream.flush()
    if "\r" not in text:
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            pass
        else:
            assert stream.buffer.getvalue() == text.encode(encoding)  # type: ignore[attr-defined]  # of BytesIO
    written = json_for(stream, json.dumps([text], ensure_ascii=False))
    assert json.loads(written.encode(encoding).decode(encoding)) == [text]


COMMANDS = {
    "ask": ["ask", "x"],
    "ask --json": ["ask", "x", "--json"],
    "batch": ["batch", "prompts.txt"],
    "chat": ["chat"],
    "models": ["models"],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("shell", "reason"), [(">/dev/full", "no space left on device"), (">&-", "it is closed")]
)
def test_where_it_cannot_be_written_the_answer_goes_to_standard_error(
    emulator: Emulator, command: str, shell: str, reason: str, tmp_path: Path
) -> None:
    emulator.reply_with(lambda _: TEXT)
    (tmp_path / "prompts.txt").write_text("one\ntwo\n")
    code, _, errors = run(
        emulator,
        *(part.replace("prompts", f"{tmp_path}/prompts") for part in COMMANDS[command]),
        shell=shell,
        stdin=b"hello\n",
    )
    answer, _, told = errors.rstrip("\n").rpartition("\n")
    assert code == 1
    assert told.startswith(f"openrouter-async: standard output cannot be written: {reason}")
    if command == "models":
        assert "openai/gpt-4o-mini" in answer
    else:
        assert answer.count(TEXT) == (2 if command == "batch" else 1)


@pytest.mark.parametrize("command", ["ask", "batch", "models", "demo"])
def test_a_reader_that_went_away_ends_the_command(emulator: Emulator, command: str, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("one\n" * 500)
    line = COMMANDS.get(command, [command])
    code, out, _ = run(
        emulator,
        *(part.replace("prompts", f"{tmp_path}/prompts") for part in line),
        *(["-c", "2"] if command == "batch" else []),
        shell="| head -c 0",
    )
    assert (code, out) == (141, b"")
    assert len(emulator.requests) < 100, "what nobody reads was asked on"


OTHERS = {
    "batch --json": ["batch", "prompts.txt", "--json"],
    "a mistake": ["ask", "x", "--nope"],
    "a refusal": ["ask", "x", "--json"],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "command"),
    [("2>/dev/full", command) for command in (*COMMANDS, *OTHERS)]
    + [(shell, command) for shell in ("2> /dev/full", "2>&-") for command in OTHERS],
)
def test_no_command_needs_standard_error(
    emulator: Emulator, command: str, shell: str, tmp_path: Path
) -> None:
    """The first are forks, the others interpreters of their own, which may keep and write otherwise at their end."""
    (tmp_path / "prompts.txt").write_text("one\ntwo\n")
    line = [part.replace("prompts", f"{tmp_path}/prompts") for part in {**COMMANDS, **OTHERS}[command]]
    done = []
    for each in ("", shell):
        emulator.reset()
        emulator.reply_with(lambda _: TEXT)
        if command == "a refusal":
            emulator.fail(400, TEXT)
        code, out, _ = run(emulator, *line, shell=each, stdin=b"hello\n")
        done.append((code, re.sub(rb"gen-[\w-]+|[\d.]+", b"", out)))
    assert done[0] == done[1]
    assert done[0][0] == {"a mistake": 2, "a refusal": 1}.get(command, 0)


@pytest.mark.slow
@pytest.mark.parametrize("shell", [">/dev/full 2>/dev/full", ">&- 2> /dev/full", ">&- 2>&-"])
def test_where_nothing_can_be_written_a_command_fails_and_nothing_else(
    emulator: Emulator, shell: str
) -> None:
    emulator.reply_with(lambda _: TEXT)
    assert run(emulator, "ask", "x", shell=shell) == (1, b"", "")


@pytest.mark.slow
def test_standard_input_may_be_closed_or_no_text(emulator: Emulator) -> None:
    emulator.reply_with(lambda _: TEXT)
    assert run(emulator, "ask", "x", shell="<&-")[0] == 0
    assert run(emulator, "chat", shell="<&-")[0] == 0
    code, _, errors = run(emulator, "chat", stdin=b"caf\xe9\n", PYTHONIOENCODING="utf-8")
    assert (code, errors) == (2, "openrouter-async: standard input is not UTF-8 text\n")
    assert run(emulator, "chat", stdin=b"\xef\xbb\xbfhello\n", PYTHONIOENCODING="utf-8")[0] == 0
    assert emulator.requests[-1].prompt == "hello"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_as_other_programs_write_them(
    emulator: Emulator, encoding: str, tmp_path: Path
) -> None:
    schema = {"type": "object", "properties": {"größe": {"type": "integer"}}, "required": ["größe"]}
    file, system = tmp_path / "schema.json", tmp_path / "system.txt"
    file.write_text(json.dumps(schema, ensure_ascii=False), encoding)
    system.write_text("Sei kürzer.", encoding)
    emulator.reply('{"größe": 3}')
    code, out, errors = run(emulator, "ask", "x", "--schema", str(file), "--system", f"@{system}")
    assert (code, json.loads(out)) == (0, {"größe": 3}), errors
    assert emulator.requests[-1].body["messages"][0]["content"].startswith("Sei kürzer.")  # type: ignore[index]


def test_on_windows_pipes_are_written_in_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else they would be written in the language of the machine; only its setting is shown here."""
    monkeypatch.setattr(sys, "platform", "win32")
    for given_, expected in ((None, "utf-8"), ("cp1252", "cp1252")):
        monkeypatch.delenv("PYTHONIOENCODING", raising=False)
        if given_:
            monkeypatch.setenv("PYTHONIOENCODING", given_)
        out = io.TextIOWrapper(io.BytesIO(), "cp1252")
        monkeypatch.setattr(sys, "stdout", out)
        prepare()
        assert (out.encoding, out.errors) == (expected, READABLE)
