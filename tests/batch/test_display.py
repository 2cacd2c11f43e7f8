"""The progress as it is seen: on terminals of 80 and 40 columns, in a notebook, and in a pipe."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import cast

import pyte
import pytest
from rich.console import Console

from openrouter_async.batch.display import Lines, Notebook, display
from openrouter_async.batch.drawn import Drawn
from openrouter_async.batch.progress_text import broken
from openrouter_async.batch.stats import BatchProgress
from tests.batch.fakes import FakeModel, batch_of, read, texts

PROGRESS = BatchProgress(
    total=10_000,
    done=2_480,
    failed=20,
    in_flight=7,
    waiting=6,
    resumed=0,
    prompt_tokens=0,
    completion_tokens=0,
    cost=Decimal("1.25"),
    held=Decimal(0),
    doubtful=Decimal(0),
    rate=12.34,
    time_left=607.0,
    elapsed=200.0,
)
SCREENS = {
    80: """\
━━━━━━━━━━━━━━━╺━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
2,500 of 10,000 · $1.25 · 20 failed · 12.3/s · 10 min 7 s left
limits hold back 6 of 7""",
    40: """\
━━━━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━━━━━━
2,500 of 10,000 · $1.25 · 20 failed
12.3/s · 10 min 7 s left
limits hold back 6 of 7""",
}


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def console_of(columns: int) -> Console:
    return Console(file=Tty(), width=columns, force_terminal=True, color_system="standard", _environ={})


def screen_of(console: Console, columns: int) -> str:
    """Return what stands on a terminal after all that was written."""
    screen = pyte.Screen(columns, 30)
    pyte.Stream(screen).feed(cast("Tty", console.file).getvalue().replace("\n", "\r\n"))
    return "\n".join(line.rstrip() for line in screen.display).rstrip()


@pytest.mark.parametrize("columns", [80, 40])
def test_the_progress_is_drawn_over_and_fits(columns: int) -> None:
    console = console_of(columns)
    with display(console) as shown:
        assert isinstance(shown, Drawn)
        for done in range(0, 2_480, 100):
            shown.show(replace(PROGRESS, done=done, waiting=done % 7))
        shown.show(PROGRESS)
        assert screen_of(console, columns) == SCREENS[columns]
        console.print("above")
        assert screen_of(console, columns) == f"above\n{SCREENS[columns]}"
    assert screen_of(console, columns) == "above"


@pytest.mark.parametrize("columns", [80, 40])
def test_the_facts_stay_when_a_program_has_ended(columns: int) -> None:
    console = console_of(columns)
    with Drawn(console, is_alone=True) as shown:
        shown.show(PROGRESS)
        shown.end(replace(PROGRESS, done=9_980, time_left=0.0, waiting=0, in_flight=0))
    assert screen_of(console, columns).splitlines()[0].startswith("10,000 of 10,000 · $1.25")
    assert "━" not in screen_of(console, columns)


@pytest.mark.parametrize("is_file", [True, False])
async def test_what_a_program_prints_stands_above(is_file: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, file = Tty(), io.StringIO()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", file if is_file else terminal)
    async with batch_of(texts(30), FakeModel(), progress=True, concurrency=1) as batch:
        async for item in batch:
            print("got", item.index)
    got = [f"got {index}" for index in range(30)]
    screen = pyte.Screen(60, 40)
    pyte.Stream(screen).feed(terminal.getvalue().replace("\n", "\r\n"))
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert shown[:-1] == ([] if is_file else got)
    assert shown[-1].startswith("30 of 30 · $0.03")
    assert file.getvalue().splitlines() == (got if is_file else [])


def test_without_a_total_the_time_is_shown() -> None:
    console = console_of(80)
    with display(console) as shown:
        shown.show(replace(PROGRESS, total=None, time_left=None, waiting=0))
        assert screen_of(console, 80) == "2,500 · $1.25 · 20 failed · 12.3/s · 3 min 20 s · 7 in flight"


@pytest.mark.parametrize("terminal", [io.StringIO(), Tty()])
def test_what_cannot_be_drawn_on_has_lines(terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.batch.display.LINES_EVERY", 0.0)
    console = Console(file=terminal, force_terminal=True, _environ={"TERM": "dumb"})
    with display(console) as shown:
        assert isinstance(shown, Lines)
        shown.show(PROGRESS)
    assert terminal.getvalue() == (
        "2,500 of 10,000 · $1.25 · 20 failed · 12.3/s · 10 min 7 s left · limits hold back 6 of 7\n"
    )


def notebook(shown: list[tuple[str, object]]) -> tuple[ModuleType, ModuleType]:
    """Return what a notebook has of IPython, as far as it is used."""

    def show(data: object, *, raw: bool, display_id: bool) -> object:
        assert raw
        assert display_id
        shown.append(("display", data))

        def update(data: object, *, raw: bool) -> None:
            assert raw
            shown.append(("update", data))

        return SimpleNamespace(update=update)

    module, of_display = ModuleType("IPython"), ModuleType("IPython.display")
    get: Callable[[], object] = lambda: SimpleNamespace(kernel=object())  # noqa: E731 - an attribute of a module
    module.get_ipython = get  # type: ignore[attr-defined]
    of_display.display = show  # type: ignore[attr-defined]
    return module, of_display


async def test_a_notebook_has_one_line_that_is_drawn_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[tuple[str, object]] = []
    module, of_display = notebook(shown)
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", of_display)
    assert isinstance(display(), Notebook)
    await read(batch_of(texts(3), FakeModel(), progress=True))
    kinds = [kind for kind, _ in shown]
    assert kinds[0] == "display"
    assert set(kinds[1:]) == {"update"}
    last = shown[-1][1]
    assert isinstance(last, dict)
    assert last["text/plain"].startswith("3 of 3 · $0.003")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("width", range(1, 40))
def test_lines_break_between_facts_only(width: int) -> None:
    facts = ["one", "two words", "three", "a longer fact"]
    lines = broken(facts, width)
    assert [fact for line in lines for fact in line.split(" · ")] == facts
    assert all(len(line) <= width or line in facts for line in lines)
