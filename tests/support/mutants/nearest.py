"""Chooses the tests of a change: those that run its line, nearest and quickest first.

Files of tests that have changed since the lines were noted run whole.
A line that runs when its module is imported has the tests that run any line of the module, and those that are found
by name: the file that is named for the module, its room, the room above, each file that names the module, and the
tests of calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.folders import ROOT

if TYPE_CHECKING:
    from tests.support.mutants.drawing import Mutant
    from tests.support.mutants.lines import Lines

PACKAGE = Path("src/openrouter_async")

FIRST_S = 4.0
"""How long the first run of a change takes at most, by what its tests took before; most changes fail in it."""

MOST_S = 90.0
"""How long all runs of tests that run the line may take; the tests beyond that are the farthest from the module."""

CALLS = ["tests/resources", "tests/contract"]
"""The tests of calls, by which much is tested that has no name there."""

ELSEWHERE = {"engines", "judges", "page", "peers", "tools_seen"}
"""Folders of tests that need more than the suite is installed with."""


def runs(mutant: Mutant, lines: Lines) -> Iterator[list[str]]:
    """Yield lists of tests, to run one after the other until one fails: names of tests, then files and folders."""
    if mutant.is_within_a_function:
        covering = lines.tests_of_line(mutant.path, mutant.line)
    else:
        covering = lines.tests_of_module(mutant.path)
    ordered = in_order(mutant.path, covering)
    taken, limit = 0.0, FIRST_S
    run: list[str] = []
    for test in ordered:
        taken += covering[test]
        if run and taken > limit:
            yield run
            run, limit = [], MOST_S
            if taken > MOST_S:
                break
        run.append(test)
    if run:
        yield run
    if changed := [file for file in lines.changed_tests if Path(file).name.startswith("test_")]:
        yield changed
    named = by_name(mutant.path)
    if not mutant.is_within_a_function:
        yield from named
    elif not covering:
        yield from named[:2]  # processes of their own may run it


def in_order(path: Path, covering: dict[str, float]) -> list[str]:
    """Return the tests nearest first; far ones by turns from each file, as tests of one file resemble each other."""
    module = path.relative_to(PACKAGE).with_suffix("")
    room = f"tests/{module.parent}/" if module.parent.parts else "tests/"
    own = f"{room}test_{module.name.strip('_')}.py"
    turns: Counter[str] = Counter()
    order: dict[str, tuple[int, int, float]] = {}
    for test in sorted(covering, key=covering.__getitem__):
        file = test.partition("::")[0]
        distance = 0 if file == own else 1 if file.rpartition("/")[0] + "/" == room else 2
        order[test] = distance, turns[file] * min(distance, 1), covering[test]
        turns[file] += 1
    return sorted(order, key=order.__getitem__)


def by_name(path: Path) -> list[list[str]]:
    """Return the files and folders of tests of a module, nearest first."""
    module = path.relative_to(PACKAGE).with_suffix("")
    room = Path("tests") / module.parent
    own = room / f"test_{module.name.strip('_')}.py"
    dotted = ".".join(module.parts)
    naming = [
        file.relative_to(ROOT).as_posix()
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if file.relative_to(ROOT / "tests").parts[0] not in ELSEWHERE
        and (f"openrouter_async.{dotted}" in (text := file.read_text("utf-8")) or path.name in text)
    ]
    if room == Path("tests"):
        wider = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / room).glob("test_*.py"))
        return [run for run in (_existing(own), [*wider, *naming], CALLS) if run]
    above = [folder for folder in (room, *room.parents) if len(folder.parts) > 1]
    found = [_existing(own), _existing(room), [*_existing(*above[1:]), *naming], CALLS]
    return [run for run in found if run]


def _existing(*paths: Path) -> list[str]:
    return [str(path) for path in paths if (ROOT / path).exists()]
