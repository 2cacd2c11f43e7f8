"""Draws changes of the package by seed; cosmic-ray makes them.

Types, imports, docstrings and decorators that only type checkers read stay as they are, since no test can see them.
"""

from __future__ import annotations

import ast
import difflib
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.support.folders import ROOT
from tests.support.mutants.nearest import PACKAGE

FOR_CHECKERS = {"final", "overload", "override"}
"""Decorators that only type checkers read."""

Position = tuple[int, int]
"""A line, from 1, and a column, from 0."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: Path
    line: int
    operator: str
    before: str
    """The whole module."""
    code: str
    """The whole module, changed."""

    @property
    def diff(self) -> str:
        """The changed lines, with a minus and a plus."""
        shown = difflib.unified_diff(self.before.splitlines(), self.code.splitlines(), n=0, lineterm="")
        return "\n".join(list(shown)[2:])

    @property
    def is_within_a_function(self) -> bool:
        """False where the line runs once, when the module is imported."""
        functions = ast.FunctionDef | ast.AsyncFunctionDef
        return any(
            node.body[0].lineno <= self.line <= (node.end_lineno or 0)
            for node in ast.walk(ast.parse(self.before))
            if isinstance(node, functions)
        )


def unseen_spans(code: str) -> Iterator[tuple[Position, Position]]:
    """Yield where a change cannot be seen: types, imports, docstrings, decorators for type checkers."""
    for node in ast.walk(ast.parse(code)):
        unseen: list[ast.AST | None] = []
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                unseen = [node.returns]
                for each in filter(_is_for_checkers, node.decorator_list):
                    yield (each.lineno, each.col_offset - 1), (each.lineno, each.col_offset)
            case ast.arg() | ast.AnnAssign():
                unseen = [node.annotation]
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Import() | ast.ImportFrom():
                unseen = [node]
            case ast.Expr(value=ast.Constant()):
                unseen = [node]
        for each in unseen:
            if isinstance(each, ast.stmt | ast.expr):
                end = each.end_lineno or each.lineno, each.end_col_offset or each.col_offset
                yield (each.lineno, each.col_offset), end


def _is_for_checkers(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).rpartition(".")[2] in FOR_CHECKERS


def _is_python(code: str) -> bool:
    """Return False for what any test would notice: a star of a signature as a product, `is` with a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(code, "", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True


@cache
def changes(code: str) -> list[tuple[Position, str, int]]:
    """Return each possible change: where, the name of cosmic-ray's operator, and which of its places this is."""
    found = []
    unseen = list(unseen_spans(code))
    nodes = list(ast_nodes(get_ast(code)))
    for name in sorted(cosmic_ray.plugins.operator_names()):
        made = cosmic_ray.plugins.get_operator(name)
        if made.arguments():
            continue  # needs the names of variables
        operator = made()
        places = (place for node in nodes for place, _ in operator.mutation_positions(node))
        for number, place in enumerate(places):
            if not any(start <= place < end for start, end in unseen):
                found.append((place, name, number))
    return found


def draw(count: int, seed: int, within: str) -> Iterator[Mutant]:
    """Yield changes drawn by seed: a module by its length, then one of its lines, then a change of this line."""
    files = sorted(path for path in (ROOT / PACKAGE).rglob("*.py") if within in path.as_posix())
    codes = {path: path.read_text("utf-8") for path in files}
    lengths = [code.count("\n") + 1 for code in codes.values()]
    chance = random.Random(seed)
    drawn: set[tuple[Path, str, int]] = set()
    while len(drawn) < count:
        [path] = chance.choices(files, lengths)
        possible = changes(codes[path])
        if not possible:
            continue
        line = chance.choice(sorted({place[0] for place, _, _ in possible}))
        _, name, number = chance.choice([each for each in possible if each[0][0] == line])
        code = mutate_code(codes[path], cosmic_ray.plugins.get_operator(name)(), number)
        if code is None or (path, name, number) in drawn or not _is_python(code):
            continue
        drawn.add((path, name, number))
        yield Mutant(path.relative_to(ROOT), line, name, codes[path], code)
