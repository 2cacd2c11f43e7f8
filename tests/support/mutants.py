"""Changes the package in one place at a time, and says which changes no test notices: `nox -s mutants -- 100 --seed 7`.

cosmic-ray makes the changes; this module draws some by seed, and runs the tests of the changed module first, neither
of which cosmic-ray does. Types, imports and docstrings stay as they are, since no test can see them.

The tests of a change are, until one fails: the file that is named for the module, the tests of its room and of the
room above, every file that names the module, and those of calls. Without a failure the change survived.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.support.folders import ROOT

PACKAGE = Path("src/openrouter_async")
TESTS_S = 600.0
"""How long a run of tests may take; a change that makes one endless is noticed."""

CALLS = ["tests/resources", "tests/contract"]
"""The tests of calls, by which much is tested that has no name there."""

Position = tuple[int, int]
"""A line, from 1, and a column, from 0."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: Path
    line: int
    operator: str
    code: str
    """The whole module, changed."""


def unseen_spans(code: str) -> Iterator[tuple[Position, Position]]:
    """Yield where a change cannot be seen: types, imports, docstrings."""
    for node in ast.walk(ast.parse(code)):
        unseen: list[ast.AST | None] = []
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                unseen = [node.returns]
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


def changes(code: str) -> Iterator[tuple[Position, str, int]]:
    """Yield each possible change: where, the name of cosmic-ray's operator, and which of its places this is."""
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
                yield place, name, number


def draw(count: int, seed: int, within: str) -> Iterator[Mutant]:
    """Yield changes drawn by seed: a module by its length, then one of its lines, then a change of this line."""
    files = sorted(path for path in (ROOT / PACKAGE).rglob("*.py") if within in path.as_posix())
    codes = {path: path.read_text("utf-8") for path in files}
    lengths = [code.count("\n") + 1 for code in codes.values()]
    chance = random.Random(seed)
    drawn: set[tuple[Path, str, int]] = set()
    while len(drawn) < count:
        [path] = chance.choices(files, lengths)
        possible = list(changes(codes[path]))
        if not possible:
            continue
        line = chance.choice(sorted({place[0] for place, _, _ in possible}))
        _, name, number = chance.choice([each for each in possible if each[0][0] == line])
        code = mutate_code(codes[path], cosmic_ray.plugins.get_operator(name)(), number)
        if code is None or (path, name, number) in drawn:
            continue
        drawn.add((path, name, number))
        yield Mutant(path.relative_to(ROOT), line, name, code)


def tests_of(path: Path) -> list[list[str]]:
    """Return the tests of a module in the order in which they are run, nearest first."""
    module = path.relative_to(PACKAGE).with_suffix("")
    room = Path("tests") / module.parent
    own = room / f"test_{module.name.strip('_')}.py"
    dotted = ".".join(module.parts)
    naming = [
        file.relative_to(ROOT).as_posix()
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if f"openrouter_async.{dotted}" in (text := file.read_text("utf-8")) or f"{path.name}" in text
    ]
    if room == Path("tests"):
        wider = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / room).glob("test_*.py"))
        return [run for run in (_existing(own), [*wider, *naming], CALLS) if run]
    above = [folder for folder in (room, *room.parents) if len(folder.parts) > 1]
    runs = [_existing(own), _existing(room), [*_existing(*above[1:]), *naming], CALLS]
    return [run for run in runs if run]


def _existing(*paths: Path) -> list[str]:
    return [str(path) for path in paths if (ROOT / path).exists()]


def survives(mutant: Mutant, folder: Path, *, whole: bool) -> bool:
    """Return True where all tests of a change pass in this copy of the project, in which it is made."""
    runs = [*tests_of(mutant.path), *([["-n", "auto"]] if whole else [])]
    file = folder / mutant.path
    before = file.read_text("utf-8")
    file.write_text(mutant.code, "utf-8")
    try:
        return all(_passes(run, folder) for run in runs)
    finally:
        file.write_text(before, "utf-8")


def _passes(run: list[str], folder: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *run]
    environment = {**os.environ, "CI": "1", "PYTHONPATH": str(folder / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is compiled once is not compiled for each change
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=TESTS_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.mutants", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", default="", help="only modules whose path contains this")
    parser.add_argument(
        "--whole", action="store_true", help="run the whole suite before a change counts as survived"
    )
    given = parser.parse_args()
    survivors = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "copy"
        left_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "site")
        shutil.copytree(ROOT, folder, ignore=left_out)
        for number, mutant in enumerate(draw(given.count, given.seed, given.within), 1):
            lives = survives(mutant, folder, whole=given.whole)
            survivors += lives
            kept = "SURVIVED" if lives else "killed"
            print(f"{number}: {kept} {mutant.path}:{mutant.line} {mutant.operator}", flush=True)
            if lives:
                before = (ROOT / mutant.path).read_text("utf-8").splitlines()
                shown = difflib.unified_diff(before, mutant.code.splitlines(), n=0, lineterm="")
                print("\n".join(list(shown)[2:]), flush=True)
    print(f"{given.count - survivors} of {given.count} changes were noticed (seed {given.seed})")


if __name__ == "__main__":
    main()
