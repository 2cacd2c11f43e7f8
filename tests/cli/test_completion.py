"""Completion in the real shells, where they are installed: names of models, aliases and commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from openrouter_async.cli.known_models import complete, remember
from openrouter_async.cli.places import cache_dir
from openrouter_async.cli.prompt_log import Logged, PromptLog
from openrouter_async.testing import Emulator
from tests.cli.commands import RunHere, environment

FREE = "nvidia/nemotron-3.5-content-safety:free"
DATED = "openai/gpt-4o-mini-2024-07-18"

needs = {shell: pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed") for shell in
         ("bash", "zsh", "fish")}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with the command, by both of its names."""
    for name in ("openrouter-async", "orai"):
        command = tmp_path / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m openrouter_async "$@"\n')
        command.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def in_shell(arguments: Iterable[str], path: str, typed: str = "") -> str:
    done = subprocess.run(
        [*arguments],
        input=typed,
        env=environment(None, PATH=path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


BASH = """
source <(openrouter-async completion bash)
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS <<<"$1"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
$(complete -p openrouter-async | sed 's/.*-F //; s/ .*//')
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.slow
@needs["bash"]
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("openrouter-async ask -m openai/gpt-4o-mini-2", [DATED]),
        ("openrouter-async ask --model  gpt-4o-mini-2024-07", [DATED]),
        (
            "openrouter-async ask -m nvidia/nemotron-3.5-content-safety:f",
            ["free"],
        ),  # bash breaks words at colons
        ("openrouter-async mode", ["models"]),
    ],
)
def test_bash(path: str, line: str, completed: list[str]) -> None:
    assert in_shell(["bash", "-c", BASH, "bash", line], path).split() == completed


@pytest.fixture
def conversations() -> list[str]:
    """Two conversations of the log, the last one first."""
    for now, id in enumerate(("0a1b", "0a2c")):
        PromptLog().add(
            Logged(conversation=id, command="ask", model=None, system=None, prompt="?", answer="!"),
            "{}",
            now=now,
        )
    return ["0a2c", "0a1b"]


@pytest.mark.slow
@needs["bash"]
def test_bash_completes_conversations(path: str, conversations: list[str]) -> None:
    for option in ("--cid", "--conversation"):
        line = f"openrouter-async chat {option} 0a"
        assert in_shell(["bash", "-c", BASH, "bash", line], path).split() == conversations


@needs["fish"]
def test_fish_completes_conversations(path: str, conversations: list[str]) -> None:
    script = "openrouter-async completion fish | source; complete -C 'openrouter-async ask --cid 0a'"
    assert sorted(in_shell(["fish", "-c", script], path).split()) == sorted(conversations)


@needs["fish"]
@pytest.mark.parametrize("name", ["openrouter-async", "orai"])
def test_fish(path: str, name: str) -> None:
    script = f"openrouter-async completion fish | source; complete -C '{name} ask -m {FREE[:-3]}'"
    assert in_shell(["fish", "-c", script], path).split() == [FREE]


ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
say() { zpty -w shell "$1"; }
wait_for() {
  local got= part
  repeat 400 {
    zpty -rt shell part && got+=$part
    [[ $got == *$1* ]] && { print -r -- "$got"; return }
    sleep 0.05
  }
}
say "PS1='> '; autoload -U compinit; compinit -u -D; source <(openrouter-async completion zsh); print REA''DY"
wait_for READY >/dev/null
zpty -wn shell $'openrouter-async ask -m openai/gpt-4o-mini-2\\t'
wait_for 2024-07-18
zpty -d shell
"""


@needs["zsh"]
def test_zsh(path: str) -> None:
    assert DATED in in_shell(["zsh", "-f", "-c", ZSH], path)


@needs["zsh"]
def test_zsh_completes_conversations(path: str, conversations: list[str]) -> None:
    script = ZSH.replace("-m openai/gpt-4o-mini-2", "--cid 0a1").replace(
        "wait_for 2024-07-18", "wait_for 0a1b"
    )
    assert conversations[1] in in_shell(["zsh", "-f", "-c", script], path)


def test_names_are_those_that_were_listed_last_and_aliases(emulator: Emulator, run_here: RunHere) -> None:
    assert DATED in complete("openai/gpt-4o-mini")
    assert complete("4o-mini-2024") == [DATED], "a part is found where no name begins so"
    run_here("models", "gpt")
    assert not cache_dir().exists() or complete("openai/gpt-4o-mini")
    remember(["x/one", "x/two"])
    run_here("aliases", "set", "xo", "x/one")
    assert complete("x") == ["xo", "x/one", "x/two"]
    run_here("models")
    assert DATED in complete("openai/")


@pytest.mark.parametrize(
    ("command", "begin", "found"),
    [("complete-models", "openai/", DATED), ("complete-conversations", "0a", "0a1b")],
)
def test_the_hidden_commands_load_neither_library_nor_parser(
    path: str, conversations: list[str], command: str, begin: str, found: str
) -> None:
    code = (
        f"import sys; sys.argv = ['x', {command!r}, {begin!r}]\n"
        "from openrouter_async.__main__ import main; main()\n"
        "print({'httpx', 'cyclopts', 'rich', 'pydantic'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(None),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip() == "set()"
    assert found in done.stdout.split()
