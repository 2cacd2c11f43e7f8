"""README.md as a newcomer uses it: each example is a whole file that runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from benchmarks import chart
from benchmarks.comparison import __main__ as comparison

from openrouter_async.testing import Emulator
from tests.support import forked
from tests.support.doc_modules import modules, python_blocks
from tests.support.folders import ROOT

README = ROOT / "README.md"
EXAMPLES = list(python_blocks(README))
FIGURES = json.loads(comparison.FIGURES.read_text("utf-8"))


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
    return {**kept, "PYTHONASYNCIODEBUG": "1"}


@pytest.mark.parametrize(("line", "code"), EXAMPLES, ids=[f"line-{line}" for line, _ in EXAMPLES])
def test_each_example_runs_as_a_file(
    line: int, code: str, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "main.py"
    path.write_text(code)
    with Emulator() as emulator:
        found = {
            "OPENROUTER_BASE_URL": emulator.base_url,
            "OPENROUTER_API_KEY": emulator.key,
            "OPENROUTER_MANAGEMENT_KEY": emulator.management_key,
        }
        ran = forked.run(str(path), env={**environment, **found}, cwd=tmp_path, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Warning" not in ran.stderr
    assert bool(ran.stdout) is ("print(" in code)


def test_the_first_example_has_an_answer_and_what_it_cost() -> None:
    _, first = EXAMPLES[0]
    assert "reply.text, reply.cost" in first
    assert "asyncio.run(main())" in first


def test_examples_become_modules_whose_lines_are_those_of_the_page(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Title\n\n```python\none = 1\n```\n")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a-page.md").write_text("Text\n\n```python\ntwo = 2\n```\n\n```python\nawait three()\n```\n")
    made = modules(readme, docs)
    assert made["readme_3.py"].splitlines()[3] == "one = 1"
    page = made["docs_a_page.py"].splitlines()
    assert page[0] == "async def page() -> None:"
    assert page[3] == "    two = 2"
    assert page[7] == "    await three()"


def test_the_chart_and_the_text_have_the_figures_of_the_table() -> None:
    shown = chart.figures((ROOT / "docs" / "performance.md").read_text("utf-8"))
    assert [len(ratios) for ratios in shown.values()] == [5, 4]
    assert chart.CHART.read_text("utf-8") == chart.drawn(shown)  # `python -m benchmarks.chart` draws it again
    chunk = next(iter(shown.values()))
    text = README.read_text("utf-8")
    assert f"costs {chunk['openrouter-async']:g} times the CPU of bare `httpx`" in text
    assert f"with the `openai` package it costs {chunk['openai']:g} times" in text


def test_the_comparison_is_drawn_from_the_figures_that_nox_compare_wrote() -> None:
    page = README.read_text("utf-8")
    assert comparison.with_table(page, FIGURES) == page
    assert set(FIGURES["scenes"]) == set(comparison.SCENES)


def test_the_comparison_names_the_versions_that_nox_compare_installs() -> None:
    pinned = (ROOT / "noxfile.py").read_text("utf-8")
    for client in ("openai", "openrouter"):
        assert f'"{client}=={FIGURES["versions"][client]}"' in pinned


@pytest.mark.slow
@pytest.mark.parametrize("scene", comparison.SCENES)
def test_our_column_of_the_comparison_is_what_the_library_does_now(scene: str) -> None:
    written, now = FIGURES["scenes"][scene]["ours"], comparison.play(sys.executable, "ours", scene)
    _, word = comparison.ROWS[scene]
    if scene == "budget":
        assert now["billed"] <= comparison.scenes.BUDGET
    elif scene == "resumed":  # those in flight when it was stopped, of which there are at most four
        assert now["seen"] == written["seen"] == 40
        assert 0 <= now["requests"] - now["seen"] <= 4
    elif scene == "left":
        assert now["seen"] == pytest.approx(now["billed"])
    else:
        assert word(now) == word(written)
