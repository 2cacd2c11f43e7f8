"""`models`, `credits`, `key` and `generation`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.cli.commands import Terminal, environment, run


def test_models_in_a_pipe_are_lines_of_cells(emulator: Emulator) -> None:
    done = run("models", "gpt-4o", "--supports", "tools", env=environment(emulator))
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert all(len(row) == 5 and "gpt-4o" in row[0] for row in rows)
    assert ["openai/gpt-4o", "128000", "2.5", "10"] in [row[:4] for row in rows]
    assert emulator.requests[-1].query == {"supported_parameters": "tools"}


def test_models_as_json(emulator: Emulator) -> None:
    done = run("models", "--free", "-n", "3", "--json", env=environment(emulator))
    models = json.loads(done.stdout)
    assert len(models) == 3
    assert all(float(model["pricing"]["prompt"]) == 0 for model in models)


def test_models_have_all_words_in_id_or_name_in_any_order(emulator: Emulator) -> None:
    done = run("models", "2024", "GPT-4o", "mini", env=environment(emulator))
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["openai/gpt-4o-mini-2024-07-18"]


def test_models_need_no_key(emulator: Emulator, tmp_path: Path) -> None:
    env = environment(None, OPENROUTER_BASE_URL=emulator.base_url)
    assert run("models", "-n", "1", env=env, cwd=tmp_path).stdout.count("\n") == 1


def test_models_on_a_terminal_are_a_table(emulator: Emulator) -> None:
    with Terminal("models", "gpt-4o", "-n", "4", env=environment(emulator)) as terminal:
        assert terminal.end() == 0
    assert "in $/M" in terminal.seen
    assert "openai/gpt-4o" in terminal.seen
    assert "4 models, and" in terminal.seen
    assert "128,000" in terminal.seen
    assert "2.50" in terminal.seen


@pytest.mark.parametrize("columns", ["60", "80"])
def test_rows_of_a_table_keep_to_their_line_and_to_whole_ids(columns: str, emulator: Emulator) -> None:
    env = environment(emulator, COLUMNS=columns)
    with Terminal("models", "nemotron", "--free", env=env) as terminal:
        assert terminal.end() == 0
    if columns == "60":  # where id and prices have no room side by side, prices stand below
        rows = [line for line in terminal.screen(60) if line.endswith(":free")]
        assert len(rows) > 3
        assert "\n".join(terminal.screen(60)).count("in $/M free · out $/M free") == len(rows)
        return
    rows = [line for line in terminal.seen.splitlines() if ":free" in line]
    assert len(rows) > 3
    assert all(len(line) < 110 for line in rows), "with the codes of colours"
    assert any("nvidia/nemotron-3-nano-omni-30b-a3b-reasoning:free" in line for line in rows)
    assert all(line.count("free") >= 3 for line in rows), "its name, and that neither input nor output costs"


def test_credits(emulator: Emulator) -> None:
    emulator.credits = "12.50"
    done = run("credits", env=environment(emulator))
    assert done.stdout.splitlines() == ["bought\t$12.50", "used\t$0.00", "remaining\t$12.50"]
    as_json = json.loads(run("credits", "--json", env=environment(emulator)).stdout)
    assert as_json == {"bought": 12.5, "used": 0.0, "remaining": 12.5}


def test_credits_need_a_management_key(emulator: Emulator) -> None:
    env = environment(emulator)
    del env["OPENROUTER_MANAGEMENT_KEY"]
    done = run("credits", env=env)
    assert done.returncode == 2
    assert "OPENROUTER_MANAGEMENT_KEY" in done.stderr


def test_the_key_is_shown_without_its_middle(emulator: Emulator) -> None:
    done = run("key", env=environment(emulator))
    assert "limit\tnone" in done.stdout
    assert emulator.key not in done.stdout
    assert json.loads(run("key", "--json", env=environment(emulator)).stdout)["usage"] == 0


def test_a_wrong_key_is_exit_code_3(emulator: Emulator) -> None:
    done = run("key", env=environment(emulator, OPENROUTER_API_KEY="sk-or-v1-wrong"))
    assert done.returncode == 3
    assert "sk-or-v1-wrong" not in done.stderr


def test_a_generation_is_waited_for(emulator: Emulator) -> None:
    env = environment(emulator)
    asked = json.loads(run("ask", "Hi", "-m", "openai/gpt-4o", "--json", env=env).stdout)
    done = run("generation", asked["generation_id"], "--wait", env=env)
    facts = dict(line.split("\t") for line in done.stdout.splitlines())
    assert (facts["id"], facts["model"]) == (asked["generation_id"], "openai/gpt-4o")
    record = json.loads(run("generation", asked["generation_id"], "--json", env=env).stdout)
    assert record["total_cost"] == asked["usage"]["cost"]


def test_an_unknown_generation_is_exit_code_1(emulator: Emulator) -> None:
    assert run("generation", "gen-unknown", env=environment(emulator)).returncode == 1
