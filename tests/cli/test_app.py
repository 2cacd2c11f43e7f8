"""What holds for all commands: `.env`, completion, help, closed pipes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async import ConfigurationError
from openrouter_async.cli.app import app, read_env_file
from openrouter_async.testing import Emulator
from tests.cli.commands import RunHere, environment, run

COMMANDS = ["ask", "cache", "chat", "credits", "demo", "emulate", "generation", "key", "models", "serve"]


def test_help_names_every_command() -> None:
    done = run("--help", env=environment(None))
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


def test_help_of_a_command_has_more_than_its_line_in_the_list() -> None:
    done = run("ask", "--help", env=environment(None))
    assert "Text that is piped in follows the prompt" in done.stdout
    assert "--empty-attach" not in done.stdout
    assert "[default: False]" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], 'unknown command "nonsense"; available commands: aliases, ask'),
        (["ask", "--model"], "requires an argument; see openrouter-async ask --help"),
        (["ask", "Hi", "--frob"], "unknown option: --frob; see openrouter-async ask --help"),
        (["models", "--limit", "many"], 'unable to convert "many" into int'),
        (["models", "--limit", "0"], 'invalid value "0" for --limit; must be >= 1'),
        (["models", "--max-price", "-1"], "must be >= 0"),
        (["generation"], "requires an argument"),
        (["emulate", "--port", "99999"], "must be <= 65535"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_one_line_on_standard_error(
    arguments: list[str], told: str, run_here: RunHere
) -> None:
    done = run_here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("openrouter-async: ")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_a_wrong_call_is_json_where_json_was_asked_for(run_here: RunHere) -> None:
    done = run_here("key", "--json", "--frob")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["error"]["type"] == "ConfigurationError"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands_and_options(shell: str) -> None:
    script = app.generate_completion(shell=shell)  # type: ignore[arg-type]  # one of the literals
    assert all(word in script for word in [*COMMANDS, "schema", "emulator"])


def test_a_command_reads_the_env_file_of_its_directory(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"OPENROUTER_API_KEY={emulator.key}\nOPENROUTER_BASE_URL='{emulator.base_url}'\n", "utf-8"
    )
    assert run("key", env=environment(None), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_env_file_may_be_one_that_windows_wrote(encoding: str, tmp_path: Path) -> None:
    path, environment = tmp_path / ".env", dict[str, str]()
    path.write_bytes('OPENROUTER_API_KEY="from-file"\r\nOPENROUTER_MODEL=a/b\r\n'.encode(encoding))
    read_env_file(path, environment)
    assert environment == {**FILES, **MODEL}


def test_an_env_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"OPENROUTER_API_KEY=\xe9\n")
    with pytest.raises(ConfigurationError, match="cannot be read: it is not UTF-8 text"):
        read_env_file(tmp_path / ".env", {})


def test_the_library_reads_no_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENROUTER_BASE_URL=https://example.com/api/v1\n", "utf-8")
    code = "from openrouter_async import AsyncOpenRouter; print(AsyncOpenRouter().base_url)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(None),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "https://openrouter.ai/api/v1"


MINE, FILES = {"OPENROUTER_API_KEY": "from-environment"}, {"OPENROUTER_API_KEY": "from-file"}
WHERE = {"OPENROUTER_BASE_URL": "https://example.com/api/v1"}
MODEL = {"OPENROUTER_MODEL": "a/b"}


@pytest.mark.parametrize(
    ("environment", "content", "expected"),
    [
        pytest.param({}, {**FILES, **WHERE, **MODEL}, {**FILES, **WHERE, **MODEL}, id="its own key"),
        pytest.param(MINE, {**FILES, **WHERE, **MODEL}, MINE, id="the environment's key"),
        pytest.param(MINE, {**WHERE, **MODEL}, MINE, id="no key in the file"),
        pytest.param({}, {**WHERE, **MODEL}, {}, id="no key at all"),
        pytest.param(
            {"OPENROUTER_MANAGEMENT_KEY": "mine"},
            {**FILES, **WHERE},
            {"OPENROUTER_MANAGEMENT_KEY": "mine", **FILES},
            id="another key of the environment's",
        ),
        pytest.param(
            {"OPENROUTER_MODEL": "mine"},
            {**FILES, **MODEL},
            {**FILES, "OPENROUTER_MODEL": "mine"},
            id="a model",
        ),
        pytest.param(
            {}, {**FILES, "OPENROUTER_SERVE_TOKEN": "t" * 20, "PATH": "/x"}, FILES, id="anything else"
        ),
    ],
)
def test_what_an_env_file_may_set(
    environment: dict[str, str], content: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / ".env"
    path.write_text("".join(f"{name}={value}\n" for name, value in content.items()), "utf-8")
    before = dict(environment)
    told = " ".join(read_env_file(path, environment))
    assert environment == expected
    assert all(name in told for name in expected.keys() - before.keys())
    assert not any(value in told for value in content.values())


def test_a_command_says_what_it_took_from_an_env_file(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENROUTER_API_KEY={emulator.key}\nOPENROUTER_MODEL=a/b\n", "utf-8")
    where = environment(emulator)
    done = run("key", env=where, cwd=tmp_path)
    assert "not taken from .env, since the key is not from there: OPENROUTER_MODEL" in done.stderr
    where.pop("OPENROUTER_API_KEY"), where.pop("OPENROUTER_MANAGEMENT_KEY")
    done = run("key", env=where, cwd=tmp_path)
    assert done.stderr == "openrouter-async: from .env: OPENROUTER_API_KEY, OPENROUTER_MODEL\n"


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(emulator: Emulator) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openrouter_async", "models"],
        env=environment(emulator),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert (process.returncode, errors) == (141, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["cladue"], "no model has 'cladue' in its id or name; near it: anthropic/claude-"),
        (["gpt4o"], "near it: openai/gpt-4o, openai/gpt-4o-mini, "),
        (["--supports", "tool"], "--supports 'tool' is nothing that a model has; did you mean 'tools'?"),
        (["--takes", "pictures"], "--takes 'pictures' is nothing that a model has; there are audio,"),
        (["--author", "antropic"], "did you mean 'anthropic'?"),
    ],
)
def test_models_say_why_none_was_found(arguments: list[str], told: str, run_here: RunHere) -> None:
    done = run_here("models", *arguments)
    assert (done.returncode, done.stdout) == (0, "")
    assert told in done.stderr


def test_an_order_that_does_not_exist_is_a_mistake(run_here: RunHere) -> None:
    done = run_here("models", "--sort", "newset")
    assert done.returncode == 2
    assert "--sort is 'newset', which does not exist; did you mean 'newest'?" in done.stderr


def test_ctrl_c_while_modules_are_loaded_shows_no_traceback(tmp_path: Path) -> None:
    """The command is slowest to load when it is first run."""
    (tmp_path / "cyclopts.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n", "utf-8"
    )
    env = environment(None)
    env["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"
    heeds = "import os, signal, sys; signal.signal(2, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", heeds, sys.executable, "-m", "openrouter_async", "ask", "Hi"]
    done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGINT, done.stderr  # which a shell calls 130
    assert done.stdout + done.stderr == b""


def test_no_more_files_is_said_in_a_line(run_here: RunHere, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is loaded late, or a database, cannot be opened then."""

    def open_another(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files", "table.py")

    monkeypatch.setattr("openrouter_async.cli.ask.prompt_of", open_another)
    done = run_here("ask", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("openrouter-async: no more files can be opened; ")


def test_ctrl_c_that_meets_ending_tasks_is_an_interrupt_too(
    run_here: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted_twice(*_: object, **__: object) -> None:
        raise BaseExceptionGroup("tasks", [ValueError(), BaseExceptionGroup("more", [KeyboardInterrupt()])])

    monkeypatch.setattr("openrouter_async.cli.ask.prompt_of", interrupted_twice)
    assert run_here("ask", "Hi").returncode == 130
