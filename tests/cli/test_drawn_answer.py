"""Markdown on a terminal: whatever pieces it comes in, and however small the screen is, each line stands there once."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Sequence

import pyte
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console, ConsoleDimensions

from openrouter_async.cli.drawn_answer import AnswerScreen
from openrouter_async.cli.markdown import blocks_of, drawn_lines
from openrouter_async.cli.output import Output
from tests.support.examples import TIMES

ANSWER = """\
# Reverse a list

Two ways, with `reverse` and by a slice, see [the manual](https://example.com/x):

1. in place, which changes the list that you have and returns nothing at all
2. as a copy
   - which costs memory

```python
words = ["a", "b"]
words.reverse()
```

| way | copies | what it costs in memory |
|-----|-------:|---|
| reverse | 0 | nothing |
| slice | 1 | as much as the list had |

> Both take O(n), and \\(n_1 * n_2\\) stays, as List<int> does.

Roses are red
violets are blue
"""

SCREENS = {
    80: """\
Reverse a list

Two ways, with reverse and by a slice, see the manual (https://example.com/x):

 1 in place, which changes the list that you have and returns nothing at all
 2 as a copy
    • which costs memory

  words = ["a", "b"]
  words.reverse()

 way      copies  what it costs in memory
 ────────────────────────────────────────
 reverse       0  nothing
 slice         1  as much as the list had

▌ Both take O(n), and \\(n_1 * n_2\\) stays, as List<int> does.

Roses are red
violets are blue""",
    40: """\
Reverse a list

Two ways, with reverse and by a slice,
see the manual (https://example.com/x):

 1 in place, which changes the list that
   you have and returns nothing at all
 2 as a copy
    • which costs memory

  words = ["a", "b"]
  words.reverse()

                  what it costs in
 way      copies  memory
 ──────────────────────────────────────
 reverse       0  nothing
 slice         1  as much as the list
                  had

▌ Both take O(n), and \\(n_1 * n_2\\)
▌ stays, as List<int> does.

Roses are red
violets are blue""",
}


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def screen_after(
    pieces: Sequence[str], columns: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return all lines of a terminal, those that were moved up and away too."""
    terminal = _Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        for name, value in {"COLUMNS": str(columns), "LINES": str(lines), "TERM": "xterm"}.items():
            patch.setenv(name, value)
        answer = AnswerScreen(Output())
        for piece in pieces:
            answer.add(piece)
        answer.end()
    screen = pyte.HistoryScreen(columns, lines, history=10_000, ratio=0.5)
    pyte.Stream(screen).feed(terminal.getvalue().replace("\n", "\r\n"))
    return _all_lines(screen)


def resized(
    first: str, second: str, before: int, after: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return all lines of a terminal that gets another width between two pieces, and wraps what it shows."""
    terminal = _Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        for name, value in {"COLUMNS": str(before), "LINES": str(lines), "TERM": "xterm"}.items():
            patch.setenv(name, value)
        output = Output()
        answer = AnswerScreen(output)
        answer.add(first)
        screen = pyte.HistoryScreen(before, lines, history=10_000, ratio=0.5)
        pyte.Stream(screen).feed(terminal.getvalue().replace("\n", "\r\n"))
        shown = _all_lines(screen)
        terminal.seek(0)
        terminal.truncate()
        output.console.size = ConsoleDimensions(after, lines)
        answer.add(second)
        answer.end()
    wrapped = pyte.HistoryScreen(after, lines, history=10_000, ratio=0.5)
    pyte.Stream(wrapped).feed("\r\n".join(shown) + terminal.getvalue().replace("\n", "\r\n"))
    return _all_lines(wrapped)


def _all_lines(screen: pyte.HistoryScreen) -> list[str]:
    above = ["".join(row[at].data for at in range(screen.columns)) for row in screen.history.top]
    shown = [line.rstrip() for line in [*above, *screen.display]]
    while shown and not shown[-1]:
        shown.pop()
    return shown


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("lines", [24, 5])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_the_screen_has_each_line_once(
    columns: int, lines: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [ANSWER[at : at + size] for at in range(0, len(ANSWER), size)]
    assert "\n".join(screen_after(pieces, columns, lines, monkeypatch)) == SCREENS[columns]


def test_code_that_is_taller_than_the_screen_goes_up_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    code = [f"row_{number} = {number}" for number in range(100)]
    pieces = ["```python\n", *(f"{line}\n" for line in code)]
    shown = screen_after(pieces, 40, 10, monkeypatch)
    assert shown == [f"  {line}" for line in code]


@pytest.mark.parametrize(("before", "after"), [(80, 40), (40, 80), (61, 60)])
@pytest.mark.parametrize("at", range(0, len(ANSWER), 41))
def test_a_terminal_that_gets_another_width_keeps_each_line_once(
    at: int, before: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a block too: most terminals wrap what they show when they get narrower."""
    screen = resized(ANSWER[:at], ANSWER[at:], before, after, 30, monkeypatch)
    assert _letters(screen) == _letters([SCREENS[80]])


def _letters(lines: list[str]) -> Counter[str]:
    """Count what is written, without the signs whose number depends on the width."""
    return Counter(letter for letter in "".join(lines) if letter not in "─▌ \n")


def test_code_that_has_left_the_screen_is_there_once_after_a_change_of_width(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = [f"row_{number} = {'x' * 30}{number}" for number in range(60)]
    text = "".join(f"{line}\n" for line in code)
    middle = text.index("row_40")
    for before, after in ((60, 30), (30, 60)):
        shown = resized(f"```python\n{text[:middle]}", text[middle:], before, after, 10, monkeypatch)
        joined = "".join("".join(shown).split())
        assert [joined.count(f"row_{number}=") for number in range(60)] == [1] * 60


BLOCKS = st.sampled_from(
    ["# Title\n\n", "a paragraph of words\n\n", "- one\n- two\n  - three\n\n", "```\ncode\n\nmore\n```\n", "---\n\n",
     "| a | b |\n|---|---|\n| 1 | 2 |\n\n", "> quoted\n\n", "* * *\n", "**bold", "`", "\n\n",
     "潮の満ち引き\n", "1. x\n\n"]
)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=30 * TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BLOCKS, max_size=12), st.integers(1, 30), st.integers(5, 12), st.integers(20, 60))
def test_it_ends_as_if_it_had_come_at_once(
    monkeypatch: pytest.MonkeyPatch, blocks: list[str], size: int, lines: int, columns: int
) -> None:
    text = "".join(blocks)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    streamed = screen_after(pieces, columns, lines, monkeypatch)
    assert streamed == screen_after([text], columns, 400, monkeypatch)


def test_no_text_is_lost_between_the_blocks() -> None:
    text = f"\n\n{ANSWER}\n\n"
    assert "".join(block for block, _ in blocks_of(text)) == text


def test_an_answer_without_colours_has_no_codes_for_them() -> None:
    console = Console(width=80, no_color=True, color_system=None, force_terminal=False)
    assert "\x1b" not in "".join(drawn_lines(console, ANSWER))
