"""The screens of `models`, `chat` and `batch` at 80 and at 40 columns; `demo`, `ask` and `logs` have theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.cli.commands import Terminal, environment

MODELS = {
    80: """\
model                              context  in $/M  out $/M  name
openai/gpt-4o-mini-search-preview  128,000    0.15     0.60  OpenAI: GPT-4o-min…
openai/gpt-4o-mini-2024-07-18      128,000    0.15     0.60  OpenAI: GPT-4o-min…
openai/gpt-4o-mini                 128,000    0.15     0.60  OpenAI: GPT-4o-mini
3 models""",
    40: """\
openai/gpt-4o-mini-search-preview
  context 128,000 · in $/M 0.15 · out
  $/M 0.60 · name OpenAI: GPT-4o-mini
  Search Preview
openai/gpt-4o-mini-2024-07-18
  context 128,000 · in $/M 0.15 · out
  $/M 0.60 · name OpenAI: GPT-4o-mini
  (2024-07-18)
openai/gpt-4o-mini
  context 128,000 · in $/M 0.15 · out
  $/M 0.60 · name OpenAI: GPT-4o-mini
3 models""",
}
NONE = {
    80: """\
no model has 'cladue' in its id or name; near it:
anthropic/claude-opus-4.8-fast, anthropic/claude-opus-4.8,
anthropic/claude-opus-4.7-fast, ~anthropic/claude-haiku-latest,
~anthropic/claude-sonnet-latest
0 models""",
    40: """\
no model has 'cladue' in its id or name;
near it: anthropic/claude-opus-4.8-fast,
anthropic/claude-opus-4.8,
anthropic/claude-opus-4.7-fast,
~anthropic/claude-haiku-latest,
~anthropic/claude-sonnet-latest
0 models""",
}
CHAT = {
    80: """\
openai/gpt-4o · /help lists commands, Ctrl-D ends
you> Fox?
Fox

A quick fox jumps over the lazy dog, and then it sleeps.

 • a
openai/gpt-4o · 9 tokens · $9

you>""",
    40: """\
openai/gpt-4o · /help lists commands,
Ctrl-D ends
you> Fox?
Fox

A quick fox jumps over the lazy dog, and
then it sleeps.

 • a
openai/gpt-4o · 9 tokens · $9

you>""",
}


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize(("word", "screens"), [("mini", MODELS), ("cladue", NONE)])
def test_models(emulator: Emulator, columns: int, word: str, screens: dict[int, str]) -> None:
    words = ["gpt-4o", word] if word == "mini" else [word]
    with Terminal("models", *words, env=environment(emulator), columns=columns) as terminal:
        assert terminal.end() == 0
    assert "\n".join(terminal.scrolled()) == screens[columns]


@pytest.mark.parametrize("columns", [80, 40])
def test_chat(emulator: Emulator, columns: int) -> None:
    emulator.reply("# Fox\n\nA *quick* fox jumps over the lazy dog, and then it sleeps.\n\n- `a`\n")
    with Terminal("chat", "-m", "openai/gpt-4o", env=environment(emulator), columns=columns) as terminal:
        terminal.expect("you> ")
        terminal.type("Fox?\r")
        terminal.expect("tokens · $")
        terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    shown = re.sub(r"\d+ tokens · \$[0-9.]+", "9 tokens · $9", "\n".join(terminal.scrolled()))
    assert shown == CHAT[columns]


@pytest.mark.parametrize("columns", ["0", "", "00"])
def test_a_width_of_nothing_hides_no_answer(emulator: Emulator, columns: str) -> None:
    emulator.reply("# Fox\n\nA *quick* fox.\n")
    env = {**environment(emulator), "COLUMNS": columns}
    with Terminal("ask", "Fox?", "-m", "openai/gpt-4o", env=env) as terminal:
        assert terminal.end() == 0
    assert "A quick fox." in "\n".join(terminal.screen(80))


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 40])
def test_a_batch_that_limits_hold_back_says_so(emulator: Emulator, columns: int, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("".join(f"question {number}\n" for number in range(20)), "utf-8")
    command = ("batch", "p.txt", "-m", "openai/gpt-4o", "-o", "out.jsonl", "-c", "7", "--rpm", "6")
    with Terminal(*command, env=environment(emulator), columns=columns, cwd=tmp_path) as terminal:
        terminal.expect("limits hold back 7 of 7")
        shown = [line for line in terminal.scrolled() if line]
        terminal.type("\x03")
        terminal.expect("finishing")
        assert terminal.end() == 130
    assert set(shown[0]) <= set("━╸╺")
    assert shown[1].startswith("1 of 20 · $")
    assert shown[-1].endswith("limits hold back 7 of 7")
    assert max(map(len, shown)) <= columns - 2
    left = "\n".join(terminal.scrolled())
    assert "━" not in left
    assert "1 answered · $" in left


@pytest.mark.parametrize("columns", [80, 40])
def test_batch(emulator: Emulator, columns: int, tmp_path: Path) -> None:
    """The bar is gone at the end, and each answer is one line, which the terminal alone breaks."""
    (tmp_path / "p.csv").write_text("key,prompt\na,one\nb,two\n", "utf-8")
    emulator.reply("Done, and it took a while to do.", times=2)
    command = ("batch", "p.csv", "-m", "openai/gpt-4o")
    with Terminal(*command, env=environment(emulator), columns=columns, cwd=tmp_path) as terminal:
        assert terminal.end() == 0
    lines = terminal.scrolled()
    joined = "".join(line.ljust(columns) if len(line) == columns else f"{line}\n" for line in lines)
    assert sorted(joined.splitlines()[:2]) == [
        f'{{"key":"{key}","answer":"Done, and it took a while to do."}}' for key in "ab"
    ]
    assert "2 answered · $" in joined
    assert "━" not in joined
