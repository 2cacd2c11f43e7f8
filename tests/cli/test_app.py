"""What holds for all commands: `.env`, completion, help, closed pipes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_async.cli.app import app
from openrouter_async.cli.environment import read_env_file
from openrouter_async.testing import Emulator
from tests.cli.commands import RunHere, environment, run

COMMANDS = ["ask", "chat", "credits", "demo", "emulate", "generation", "key", "models", "serve"]


def test_help_names_every_command() -> None:
    done = run("--help", env=environment(None))
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("arguments", [["nonsense"], ["ask", "--model"], ["models", "--limit", "many"]])
def test_a_wrong_call_says_so_on_standard_error(arguments: list[str], run_here: RunHere) -> None:
    done = run_here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands_and_options(shell: str) -> None:
    script = app.generate_completion(shell=shell)  # type: ignore[arg-type]  # one of the literals
    assert all(word in script for word in [*COMMANDS, "schema", "emulator"])


def test_a_command_reads_the_env_file_of_its_directory(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"OPENROUTER_API_KEY={emulator.key}\nOPENROUTER_BASE_URL='{emulator.base_url}'\n", "utf-8"
    )
    assert run("key", env=environment(None), cwd=tmp_path).returncode == 0


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


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("OPENROUTER_API_KEY=from-file\nOPENROUTER_MODEL=a/b\nPATH=/nowhere\n", "utf-8")
    variables = {"OPENROUTER_API_KEY": "from-environment", "PATH": "/usr/bin"}
    read_env_file(path, variables)
    assert variables == {
        "OPENROUTER_API_KEY": "from-environment",
        "OPENROUTER_MODEL": "a/b",
        "PATH": "/usr/bin",
    }


def test_an_env_file_cannot_send_a_key_of_the_environment_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("OPENROUTER_BASE_URL=https://example.com/api/v1\n", "utf-8")
    variables = {"OPENROUTER_API_KEY": "from-environment"}
    read_env_file(path, variables)
    assert variables == {"OPENROUTER_API_KEY": "from-environment"}


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
