"""`openrouter-async config`, `aliases` and `keys`, and what they change in other commands."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from openrouter_async.cli.settings import settings_file
from openrouter_async.cli.stored_keys import key_file
from openrouter_async.testing import Emulator
from tests.cli.commands import RunHere, Terminal, environment, run


def test_settings_are_the_default_of_ask_and_chat(emulator: Emulator, run_here: RunHere) -> None:
    run_here("config", "set", "model", "openai/gpt-4o-mini")
    run_here("config", "set", "system", "Be", "brief.")
    run_here("ask", "Hi")
    run_here("chat", stdin="Hi\n")
    for request in emulator.requests:
        assert request.model == "openai/gpt-4o-mini"
        assert request.messages[0] == {"role": "system", "content": "Be brief."}
    run_here("ask", "Hi", "-m", "openai/gpt-4o", "-s", "Be long.")
    assert emulator.requests[-1].model == "openai/gpt-4o"
    assert emulator.requests[-1].messages[0]["content"] == "Be long."
    run_here("config", "unset", "model")
    assert json.loads(run_here("config", "--json").stdout) == {
        "model": None, "system": "Be brief.", "log": True, "markdown": True, "aliases": {}
    }  # fmt: skip
    assert stat.S_IMODE(settings_file().stat().st_mode) == 0o600
    assert settings_file().is_relative_to(os.environ["XDG_CONFIG_HOME"])


def test_an_alias_is_a_model_everywhere(emulator: Emulator, run_here: RunHere) -> None:
    run_here("aliases", "set", "mini", "openai/gpt-4o-mini")
    run_here("ask", "Hi", "-m", "mini")
    run_here("chat", stdin="/model mini\nHi\n")
    run_here("config", "set", "model", "mini")
    run_here("ask", "Hi")
    assert [request.model for request in emulator.requests] == ["openai/gpt-4o-mini"] * 3
    assert run_here("aliases").stdout == "mini\topenai/gpt-4o-mini\n"
    assert run_here("aliases", "remove", "mini").returncode == 0
    assert run_here("aliases", "remove", "mini").returncode == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_settings_may_be_written_by_an_editor_of_windows(
    encoding: str, emulator: Emulator, run_here: RunHere
) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_bytes('model = "openai/gpt-4o-mini"\r\nsystem = "Größe?"\r\n'.encode(encoding))
    run_here("ask", "Hi")
    (request,) = emulator.requests
    assert (request.model, request.messages[0]["content"]) == ("openai/gpt-4o-mini", "Größe?")


def test_what_was_written_by_hand_stays(run_here: RunHere) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('# mine\nmodel = "a/b" # why\n\n[aliases] # short\nx = "y/z"\n', "utf-8")
    run_here("config", "set", "log", "off")
    run_here("aliases", "set", "m 1", "a/b")
    assert settings_file().read_text("utf-8") == (
        '# mine\nmodel = "a/b" # why\nlog = false\n\n[aliases] # short\nx = "y/z"\n"m 1" = "a/b"\n'
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("modle = 'x'", "did you mean 'model'"),
        ("log = 'yes'", "log = 'yes'; expected true or false"),
        ("[aliases]\na = 1", "alias 'a'"),
        ("= 1", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named_before_anything_is_sent(
    emulator: Emulator, run_here: RunHere, text: str, says: str
) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(text, "utf-8")
    done = run_here("ask", "Hi")
    assert (done.returncode, emulator.requests) == (2, [])
    assert says in done.stderr


@pytest.mark.parametrize(
    "arguments", [["set", "model"], ["set"], ["set", "log", "perhaps"], ["set", "temprature", "1"]]
)
def test_a_wrong_setting_is_a_mistake(run_here: RunHere, arguments: list[str]) -> None:
    assert run_here("config", *arguments).returncode == 2
    assert not settings_file().exists()


@pytest.mark.parametrize("arguments", [["config", "set", "model"], ["aliases", "set", "mini"]])
def test_a_setting_that_is_not_utf8_is_a_mistake(run_here: RunHere, arguments: list[str]) -> None:
    failed = run_here(*arguments, "a\udcff")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "cannot be written: it is not UTF-8 text" in failed.stderr


def test_a_kept_key_is_used_where_no_variable_has_one(emulator: Emulator, tmp_path: Path) -> None:
    env = environment(emulator, OPENROUTER_API_KEY="", OPENROUTER_MANAGEMENT_KEY="")
    assert run("ask", "Hi", env=env, cwd=tmp_path).returncode == 2
    assert run("keys", "set", env=env, stdin=f"{emulator.key}\n").returncode == 0
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert run("ask", "Hi", env=env, cwd=tmp_path).returncode == 0
    listed = run("keys", env=env).stdout
    assert listed == "inference\tfile\n"
    assert run("keys", "remove", env=env).returncode == 0
    assert run("keys", "remove", env=env).returncode == 1
    assert emulator.key not in key_file().read_text("utf-8")


def test_a_key_is_asked_for_and_not_shown(emulator: Emulator) -> None:
    with Terminal("keys", "set", "management", env=environment(None), columns=80) as terminal:
        terminal.expect("management key: ")
        terminal.type("sk-or-v1-abc\r")
        assert terminal.end() == 0
    assert "sk-or" not in terminal.seen
    assert "sk-or-v1-abc" in key_file().read_text("utf-8")


def test_a_keyring_is_used_where_it_is_installed(emulator: Emulator, tmp_path: Path) -> None:
    package = tmp_path / "packages" / "keyring"
    package.mkdir(parents=True)
    (package / "errors.py").write_text(
        "class KeyringError(Exception): ...\nclass NoKeyringError(KeyringError): ...\n"
    )
    (package / "__init__.py").write_text(
        "import pathlib, os\n"
        "from . import errors\n"
        "P = pathlib.Path(__file__).parent\n"
        "def _store(n): \n"
        "    if os.environ.get('NO_RING'): raise errors.NoKeyringError('none')\n"
        "    return P / n\n"
        "def set_password(s, n, v): _store(n).write_text(v)\n"
        "def get_password(s, n): return _store(n).read_text() if _store(n).exists() else None\n"
        "def delete_password(s, n): _store(n).unlink()\n"
    )
    env = environment(emulator, OPENROUTER_API_KEY="")
    env["PYTHONPATH"] += f":{package.parent}"
    run("keys", "set", env=env, stdin=f"{emulator.key}\n")
    assert not key_file().exists()
    assert run("keys", env=env).stdout == "inference\tkeyring\n"
    assert run("ask", "Hi", env=env, cwd=tmp_path).returncode == 0
    assert run("keys", "remove", env=env).returncode == 0
    run("keys", "set", env={**env, "NO_RING": "1"}, stdin=f"{emulator.key}\n")
    assert run("keys", env={**env, "NO_RING": "1"}).stdout == "inference\tfile\n"
