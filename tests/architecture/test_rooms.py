"""Where tests stand: `tests/` has the rooms of the package, and a test of a module stands in its room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath as Path

import pytest

from tests.architecture.source import SOURCE
from tests.support.folders import ROOT

TESTED_FROM_ABOVE = {
    "cli/demo": "cli/test_demo.py",
    "errors": "test_errors.py",
    "server/relays/formats": "server/relays/test_relaying.py",
    "testing/exchange": "testing/test_app.py",
    "testing/state": "testing/test_app.py",
}
"""Rooms without tests of their own, as what is in them is only seen through a module above: room -> its tests."""

BESIDE = {
    "architecture",
    "contract",
    "engines",
    "examples",
    "faults",
    "fuzz",
    "judges",
    "page",
    "peers",
    "performance",
    "recorded",
    "server/ai_sdk",
    "server/openrouter_agent",
    "support",
    "tools_seen",
    "typing",
}
"""Folders of tests/ that are no room of the package; CONTRIBUTING.md says what each is for."""

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def python_files(folder: str) -> list[Path]:
    root = ROOT / folder
    return [Path(path.relative_to(root).as_posix()) for path in sorted(root.rglob("*.py"))]


MODULES = python_files(SOURCE.relative_to(ROOT).as_posix())
TESTS = python_files("tests")
HOMES: dict[str, set[Path]] = defaultdict(set)
"""The name of a module or folder, without underscores -> the rooms that have one of that name."""
for _module in MODULES:
    _named = _module.parent if _module.stem == "__init__" else _module
    HOMES[_named.stem.strip("_")].add(_named.parent)


def rooms() -> set[str]:
    return {str(path.parent) for path in MODULES}


def is_beside(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in BESIDE)


def untested_rooms(tests: Iterable[Path]) -> set[str]:
    """Return the rooms of the package that have no test file and are not tested from the room above."""
    files = {path for path in tests if path.name.startswith("test_")}
    from_above = {room for room, path in TESTED_FROM_ABOVE.items() if Path(path) in files}
    return rooms() - {str(path.parent) for path in files} - from_above


def strays(tests: Iterable[Path]) -> set[str]:
    """Return the folders of tests that are neither a room of the package nor one of those beside."""
    return {str(path.parent) for path in tests if not is_beside(path)} - rooms()


def misplaced(tests: Iterable[Path]) -> dict[str, str]:
    """Return the test files that bear the name of a module of a room within theirs, with where they should stand."""
    found = {}
    for path in tests:
        name = path.stem.removeprefix("test_")
        homes = HOMES.get(name, set())
        within = [home for home in homes if home.is_relative_to(path.parent)]
        if (
            path.name.startswith("test_")
            and path.parent not in homes
            and len(within) == 1
            and not is_beside(path)
        ):
            found[str(path)] = str(within[0])
    return found


def test_each_room_is_tested() -> None:
    assert untested_rooms(TESTS) == set()
    own = {str(path.parent) for path in TESTS if path.name.startswith("test_")}
    assert not own & set(TESTED_FROM_ABOVE), "it has tests of its own: take it off the list"


def test_each_folder_of_tests_is_a_room() -> None:
    assert strays(TESTS) == set()
    assert {folder for folder in BESIDE if not (ROOT / "tests" / folder).is_dir()} == set()


def test_a_test_of_a_module_stands_in_its_room() -> None:
    assert misplaced(TESTS) == {}


@pytest.mark.parametrize("folder", sorted(BESIDE))
def test_contributing_says_what_the_other_folders_are_for(folder: str) -> None:
    assert f"`tests/{folder}/`" in CONTRIBUTING


def test_a_violation_is_noticed() -> None:
    assert untested_rooms([path for path in TESTS if path.parent != Path("tokens")]) == {"tokens"}
    assert untested_rooms([path for path in TESTS if path.name != "test_demo.py"]) == {"cli/demo"}
    assert strays([*TESTS, Path("chat/test_broken.py")]) == {"chat"}
    assert misplaced([Path("structured/test_partial.py")]) == {
        "structured/test_partial.py": "structured/reading"
    }
