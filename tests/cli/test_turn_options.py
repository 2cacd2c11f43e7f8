"""What `ask` and `chat` can be told: parameters, templates, tools, attachments, forms of an answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from openrouter_async.cli.schema_words import schema_of_words
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator, tool_call
from tests.cli.commands import RunHere, Terminal, environment, run

PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(32)


def test_any_parameter_is_sent_as_what_it_is(emulator: Emulator, run_here: RunHere) -> None:
    options = {
        "temperature": "0.5", "stop": '["END"]', "user": "42", "provider.sort": "price", "logprobs": "true",
        "provider.allow_fallbacks": "false", "metadata": '{"a": "b"}',
    }  # fmt: skip
    given = [part for name, value in options.items() for part in ("-o", name, value)]
    done = run_here("ask", "Hi", *given, "--reasoning", "low", "--web")
    assert done.returncode == 0, done.stderr
    sent = emulator.requests[-1].json
    assert {name: sent[name] for name in ("temperature", "stop", "user", "logprobs", "metadata")} == {
        "temperature": 0.5, "stop": ["END"], "user": "42", "logprobs": True, "metadata": {"a": "b"}
    }  # fmt: skip
    assert sent["provider"] == {"sort": "price", "allow_fallbacks": False}
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["tools"][0]["type"] == "openrouter:web_search"


def test_what_the_command_does_not_know_is_sent_below_extra_body(
    emulator: Emulator, run_here: RunHere
) -> None:
    given = ["extra_body.new_thing.depth", "3", "extra_body.new_thing.kind", "fast", "stop", "END"]
    options = [part for at in range(0, 6, 2) for part in ("-o", *given[at : at + 2])]
    done = run_here("ask", "Hi", *options)
    assert done.returncode == 0, done.stderr
    sent = emulator.requests[-1].json
    assert sent["new_thing"] == {"depth": 3, "kind": "fast"}
    assert sent["stop"] == "END"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "new_thing", "1"], "-o extra_body.NAME VALUE"),
        (["-o", "extra_body", "1"], "expected a name below it"),
        (["-o", "temprature", "1"], "did you mean 'temperature'"),
        (["-o", "temperature", "9"], "temperature is 9; expected a number from 0 to 2"),
        (["-o", "temperature", "warm"], "temperature is 'warm'"),
        (["-o", "provider.sortt", "price"], "provider.sortt"),
        (["-o", "tools", "[]"], "--tool"),
        (["--reasoning", "hgh"], "hgh"),
        (["-p", "x", "y"], "--param is for the variables of a template"),
        (["-t", "none"], "there is no template 'none'"),
        (["-t", "../x"], "cannot be the name of a template"),
        (["--tool", "json"], "expected module:function"),
        (["--tool", "json:nothing"], "cannot be found"),
        (["--tool", "no_such_module:f"], "cannot be found"),
        (["--mcp", " "], "--mcp is empty"),
        (["-a", "missing.png"], "missing.png"),
        (["-a", "https://example.com/x.mp3"], "audio is sent inline"),
        (["--schema", "name, age integr"], "the type 'integr' for 'age'"),
    ],
)
def test_a_mistake_names_what_is_wrong_and_sends_nothing(
    emulator: Emulator, run_here: RunHere, options: list[str], says: str
) -> None:
    done = run_here("ask", "Hi", *options)
    assert (done.returncode, done.stdout, emulator.requests) == (2, "", [])
    assert says in done.stderr


def test_a_template_has_variables_and_a_model(emulator: Emulator, run_here: RunHere) -> None:
    saved = run_here(
        *("templates", "save", "tr", "Translate into $language for $$5: $input"),
        *("-m", "openai/gpt-4o", "-s", "You are a translator into $language, and $tone."),
    )
    assert saved.returncode == 0, saved.stderr
    assert run_here("templates", "save", "tr", "other").returncode == 2
    assert run_here("templates").stdout.startswith("tr\tTranslate into")
    assert 'model = "openai/gpt-4o"' in run_here("templates", "show", "tr").stdout
    run_here("ask", "-t", "tr", "-p", "language", "French", "-p", "tone", "dry", "Good", "morning")
    assert emulator.requests[-1].messages == [
        {"role": "system", "content": "You are a translator into French, and dry."},
        {"role": "user", "content": "Translate into French for $5: Good morning"},
    ]
    assert emulator.requests[-1].model == "openai/gpt-4o"
    done = run_here("ask", "-t", "tr", "Hi")
    assert done.returncode == 2
    assert "needs a value for 'language'; give --param language VALUE" in done.stderr
    assert run_here("templates", "remove", "tr").returncode == 0
    assert run_here("templates").stdout == ""


def test_a_template_is_edited_in_the_users_editor(emulator: Emulator, tmp_path: Path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys; open(sys.argv[1], 'w').write('prompt = \"Sum up:\"\\n[options]\\nseed = 7\\n')"
    )
    env = environment(emulator, VISUAL=f"{sys.executable} {editor}")
    assert run("templates", "edit", "sum", env=env).returncode == 0
    run("ask", "-t", "sum", "Long text", env=env)
    assert emulator.requests[-1].messages[-1]["content"] == "Sum up:\n\nLong text"
    assert emulator.requests[-1].json["seed"] == 7


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_files_and_urls_are_attached(
    emulator: Emulator, run_here: RunHere, tmp_path: Path, command: str
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PIXEL)
    given = ("-m", "openai/gpt-4o", "-a", str(picture), "-a", "https://example.com/b.jpg?x=1")
    done = run_here(command, *given, stdin="What is it?\nAnd now?\n")
    assert done.returncode == 0, done.stderr
    parts = emulator.requests[0].messages[0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "image_url"]
    assert parts[2]["image_url"]["url"] == "https://example.com/b.jpg?x=1"


def test_chat_attaches_to_the_next_message(emulator: Emulator, run_here: RunHere, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PIXEL)
    run_here("chat", "-m", "openai/gpt-4o", stdin=f"Hi\n/attach {picture}\nSee?\nAgain\n")
    kinds = [
        ["text"] if isinstance(message["content"], str) else [part["type"] for part in message["content"]]
        for message in emulator.requests[-1].messages
        if message["role"] == "user"
    ]
    assert [len(kind) for kind in kinds] == [1, 2, 1]


def test_a_few_words_are_a_schema() -> None:
    assert schema_of_words("name, age int, tags [str], note?: a remark, rate float?") == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "note": {"type": ["string", "null"], "description": "a remark"},
            "rate": {"type": ["number", "null"]},
        },
        "required": ["name", "age", "tags", "note", "rate"],
        "additionalProperties": False,
    }
    assert schema_of_words("name: first, then last\nage int\n")["required"] == ["name", "age"]
    for wrong in ("name, name", "tags [str", "a b c", ", ,"):
        with pytest.raises(ConfigurationError):
            schema_of_words(wrong)


def test_ask_and_batch_take_a_schema_in_words(emulator: Emulator, run_here: RunHere, tmp_path: Path) -> None:
    emulator.reply('{"name": "Oslo", "people": 717710}', times=2)
    done = run_here("ask", "Capital?", "--schema", "name, people int", "-m", "openai/gpt-4o")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"name": "Oslo", "people": 717710})


TOOLS = "def weather(city: str) -> str:\n    'Weather of a city.'\n    return f'sunny in {city}'\n"


def test_a_tool_runs_once_it_is_allowed(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "mytools.py").write_text(TOOLS)
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply(tool_call("weather", city="Rome"))
    emulator.reply(tool_call("weather", city="Bern"))
    emulator.reply("Sunny everywhere.")
    env = environment(emulator)
    asked = ("ask", "Weather?", "-m", "openai/gpt-4o", "--tool", "mytools:weather")
    with Terminal(*asked, env=env, cwd=tmp_path, columns=80) as terminal:
        terminal.expect('run weather({"city": "Oslo"})? [y]es, [n]o, [a]lways: ')
        terminal.type("n\r")
        terminal.expect('run weather({"city": "Rome"})? [y]es, [n]o, [a]lways: ')
        terminal.type("always\r")
        terminal.expect("Sunny everywhere.")
        assert terminal.end() == 0
    assert "Bern" in terminal.seen
    results = [message["content"] for message in emulator.requests[-1].messages if message["role"] == "tool"]
    assert "did not allow" in results[0]
    assert results[1:] == ["sunny in Rome", "sunny in Bern"]


@pytest.mark.parametrize(("options", "result"), [((), "did not allow"), (("--yes",), "sunny in Oslo")])
def test_where_nobody_can_be_asked_a_tool_runs_only_with_yes(
    emulator: Emulator, tmp_path: Path, options: tuple[str, ...], result: str
) -> None:
    (tmp_path / "mytools.py").write_text(TOOLS)
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Done.")
    asked = ("ask", "Weather?", "-m", "openai/gpt-4o", "--tool", "mytools:weather", *options)
    done = run(*asked, env=environment(emulator), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Done.\n")
    assert result in emulator.requests[-1].messages[-1]["content"]
    assert ("--yes" in done.stderr) is not bool(options)


SERVER = """
from mcp.server import MCPServer
server = MCPServer("clock")

@server.tool()
def time_of(city: str) -> str:
    "The time in a city."
    return f"noon in {city}"

server.run()
"""


def test_the_tools_of_an_mcp_server_are_offered(emulator: Emulator, tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    (tmp_path / "clock.py").write_text(SERVER)
    emulator.reply(tool_call("time_of", city="Oslo"))
    emulator.reply("Noon.")
    asked = ("ask", "Time?", "-m", "openai/gpt-4o", "--yes", "--mcp", f"{sys.executable} clock.py")
    done = run(*asked, env=environment(emulator), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Noon.\n"), done.stderr
    assert "noon in Oslo" in str(emulator.requests[-1].messages[-1]["content"])


def test_ask_says_at_a_terminal_what_it_waits_for(emulator: Emulator) -> None:
    emulator.reply("Fine.")
    with Terminal("ask", env=environment(emulator), columns=80) as terminal:
        terminal.expect("type the question, then Ctrl-D on a line of its own")
        terminal.type("How are you?\r\x04")
        terminal.expect("Fine.")
        assert terminal.end() == 0
    assert emulator.requests[-1].messages[-1]["content"] == "How are you?\n"
