"""The notebook: its cells as IPython runs them, and the file in a real kernel where one is installed."""

from __future__ import annotations

import ast
import inspect
import json
from types import CodeType
from typing import Any

import pytest

from openrouter_async.testing import Emulator
from tests.examples.running import EXAMPLES, environment

NOTEBOOK = EXAMPLES / "notebook.ipynb"


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch) -> Any:
    with Emulator() as emulator:
        for name, value in environment(emulator).items():
            monkeypatch.setenv(name, value)
        yield emulator


async def test_each_cell_runs_and_the_last_value_of_each_is_shown(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.reply("Glomma")
    emulator.reply("Once upon ", "a time")
    names = {"__name__": "__main__"}
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shown = [await value_of(source, names) for source in sources]
    first, _, cities, found, _ = shown
    assert first[0] == "Glomma"
    assert first[1] > 0
    assert capsys.readouterr().out == "Once upon a time"
    assert len(cities) == 4
    assert all(isinstance(population, int) for _, _, population, _ in cities)
    assert len(found) == 2


async def value_of(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, with `await` at its top level, and return the value of its last expression."""
    tree = ast.parse(source)
    value = None
    for statement in tree.body:
        is_last = statement is tree.body[-1] and isinstance(statement, ast.Expr)
        node = (
            ast.Expression(statement.value)
            if isinstance(statement, ast.Expr)
            else ast.Module([statement], [])
        )
        mode = "eval" if isinstance(node, ast.Expression) else "exec"
        code: CodeType = compile(node, str(NOTEBOOK), mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)
        result = await result if inspect.isawaitable(result) else result
        value = result if is_last else None
    return value


@pytest.mark.filterwarnings("ignore")  # of Jupyter's packages
def test_it_runs_in_a_kernel() -> None:
    nbformat = pytest.importorskip("nbformat", reason="nox -s examples runs it")
    nbclient = pytest.importorskip("nbclient", reason="nox -s examples runs it")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert [bool(each) for each in outputs] == [True, True, True, True, False]


def test_it_is_kept_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
