"""The figures of the code: `python -m tests.architecture.figures`."""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.architecture.graph import circles, files, rooms
from tests.architecture.source import SOURCE, Module, all_modules
from tests.support.folders import ROOT

__all__ = ["count_any", "count_lines", "has_test_of_its_name"]

LONG = 60
"""Lines beyond which a function counts as long."""


def count_lines(module: Module) -> int:
    """Return the lines of a module, empty ones included."""
    return module.text.count("\n")


def count_any(module: Module) -> int:
    """Return how often a module says `Any`; the import of the name does not count."""
    return sum(
        (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        for node in module.all_nodes
    )


def count_comments(module: Module) -> int:
    """Return the lines with a comment, beside code or alone; marks for tools do not count."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    marks = ("# noqa", "# type:", "# pyright:", "# pragma:", "# fmt:", "# mypy:", "# ruff:")
    return sum(token.type == tokenize.COMMENT and not token.string.startswith(marks) for token in tokens)


def docstring_lines(module: Module) -> set[int]:
    """Return the numbers of the lines that are docstrings, those of fields and constants included."""
    texts = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    return {line for node in texts for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def count_code(module: Module) -> int:
    """Return the lines that are neither empty nor a comment or docstring alone."""
    told = docstring_lines(module)
    lines = enumerate(module.text.splitlines(), 1)
    return sum(
        number not in told and not line.strip().startswith(("#",)) and bool(line.strip())
        for number, line in lines
    )


def function_lengths(modules: Iterable[Module]) -> list[int]:
    """Return the lines of each function, from its `def` to its end."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def has_test_of_its_name(module: Module) -> bool:
    """Whether `a/b.py` has its `tests/a/test_b.py`."""
    path = module.path.relative_to(SOURCE)
    return (ROOT / "tests" / path.with_name(f"test_{path.stem.strip('_')}.py")).exists()


def _per(part: int, whole: int, count: int) -> str:
    return f"{count * part / whole:.2f}"


def _folders(modules: Sequence[Module]) -> dict[str, list[Module]]:
    found: dict[str, list[Module]] = defaultdict(list)
    for module in modules:
        folder, _, rest = module.path.relative_to(SOURCE).as_posix().partition("/")
        found[folder if rest else "."].append(module)
    return found


def _report() -> None:
    from tests.architecture.test_layers import runs_up  # pytest is not loaded by those who only count

    modules = all_modules()
    lengths = sorted(map(count_lines, modules))
    print("files  lines  folder")
    for folder, held in _folders(modules).items():
        print(f"{len(held):5}  {sum(map(count_lines, held)):5}  {folder}")
    print(f"{len(modules):5}  {sum(lengths):5}  together\n")

    largest = max(modules, key=count_lines)
    print(f"lines of a file: median {statistics.median(lengths):.0f}, most {lengths[-1]} ({largest.name})")
    functions = sorted(function_lengths(modules))
    print(
        f"lines of {len(functions)} functions: median {statistics.median(functions):.0f},"
        f" 90 % at most {functions[len(functions) * 9 // 10]}, {sum(n > LONG for n in functions)} over {LONG}"
    )
    for name, held in {
        "outside server/": [module for module in modules if module.unit != "server"],
        "in server/": [module for module in modules if module.unit == "server"],
    }.items():
        print(
            f"Any in 1,000 lines {name}: {_per(sum(map(count_any, held)), sum(map(count_lines, held)), 1_000)}"
        )
    code = sum(map(count_code, modules))
    told = sum(len(docstring_lines(module)) for module in modules)
    comments = sum(map(count_comments, modules))
    print(
        f"in 100 of {code} code lines: {_per(comments, code, 100)} comments, {_per(told, code, 100)} of docstrings"
    )

    imports = files(modules)
    of_folders = [circle for inside in rooms(imports).values() for circle in circles(inside)]
    print(f"circles of imports: {len(circles(imports))} of files, {len(of_folders)} of folders")
    print(f"imports that run up: {sum(len(runs_up(module)) for module in modules if module.unit)}")
    named = [module for module in modules if module.path.name != "__init__.py"]
    print(f"modules with a test of their name: {sum(map(has_test_of_its_name, named))} of {len(named)}")


if __name__ == "__main__":
    _report()
