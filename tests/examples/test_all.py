"""What each example promises its reader: how it is started, that it is short, and that it is tested and listed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.examples.running import EXAMPLES
from tests.support.folders import ROOT

PROGRAMS = sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*/app.py"), *EXAMPLES.glob("*/server.py")])
LISTED = (EXAMPLES / "README.md").read_text("utf-8")
TESTS = "".join(
    path.read_text("utf-8")
    for folder in ("examples", "engines", "page", "server/ai_sdk")
    for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))
)
NAMES = [str(path.relative_to(EXAMPLES)) for path in PROGRAMS]


@pytest.mark.parametrize("program", PROGRAMS, ids=NAMES)
def test_a_header_says_what_it_shows_and_how_to_start_it(program: Path) -> None:
    header = ast.get_docstring(ast.parse(program.read_text("utf-8"))) or ""
    title, _, rest = header.partition("\n\n")
    assert title.endswith(".")
    start = rest.split("\n\n")[0]
    module = ".".join(["examples", *program.relative_to(EXAMPLES).with_suffix("").parts])
    assert any(
        each in start for each in (f"python examples/{program.name}", f"uvicorn {module}:app", "npm run dev")
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=NAMES)
def test_it_is_read_in_two_minutes(program: Path) -> None:
    assert len(program.read_text("utf-8").splitlines()) <= 130 + 60 * (program.parent.name == "web")


@pytest.mark.parametrize(
    "name",
    [*(path.name for path in EXAMPLES.glob("*.*") if path.name != "README.md"), "page", "nextjs", "web"],
)
def test_it_is_listed_and_tested(name: str) -> None:
    assert f"[{name}](" in LISTED
    named = (f'"{name}"', f'"{name.removesuffix(".py")}"', f"import {name.removesuffix('.py')}\n")
    assert any(each in TESTS for each in (*named, f'"{name}/', f"examples.{name}."))
