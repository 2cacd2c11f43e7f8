"""Puts faults into the package, one at a time, and prints the findings of the contract's checks.

    python -m tests.contract.fooling FAULTS

FAULTS is JSON: a list of objects with `file`, `old`, `new`, `room` and `call`. The result is JSON too: the findings
of the first check that has any. Nothing is written: a fork loads the package with another text of one file. All other
work is done once, before the forks: other packages are loaded, and our own files compiled.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

import anyio
import pytest  # noqa: F401  # the forks need it, and what the next check loads

if TYPE_CHECKING:
    from .call import Call

PACKAGE = str(Path(__file__).parents[2] / "src" / "openrouter_async")
OURS = ("openrouter_async", "tests.contract")

compiled: dict[str, CodeType] = {}
"""The code of each file of the package; a fork puts that of the file with its fault here."""


def main(arguments: list[str]) -> int:
    """Print the findings for each fault."""
    faults = json.loads(arguments[0])
    SourceFileLoader.get_code = _get_code  # type: ignore[method-assign,assignment]
    for room, call in sorted({(fault["room"], fault["call"]) for fault in faults}):
        if found := check(room, call):
            raise AssertionError(f"{call} has a fault already: {found}")
    for name in [name for name in sys.modules if name.startswith(OURS)]:
        del sys.modules[name]
    print(json.dumps([_in_a_fork(fault) for fault in faults]))
    return 0


def check(room: str, name: str) -> list[str]:
    """Return the faults of a call, and of its row."""
    from .calls import calls_of
    from .checks import CHECKS, ROWS, argument_faults
    from .test_operations import fault_of_repeat

    if fault := fault_of_repeat(ROWS[name]):
        return [fault]
    calls = [call for call in calls_of(room) if call.name == name]
    found = (anyio.run(each, call) for call in calls for each in CHECKS.values())
    return next(filter(None, found), None) or anyio.run(argument_faults, calls) or _faults_of_types(calls)


def _faults_of_types(calls: list[Call]) -> list[str]:
    from .differences import DIFFERENCES
    from .pairs import compared

    return sorted(compared(calls).found.keys() - DIFFERENCES.keys())


def _get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
    path = loader.get_filename(name)
    if not path.startswith(PACKAGE):
        return super(SourceFileLoader, loader).get_code(name)
    if path not in compiled:
        compiled[path] = compile(loader.get_data(path), path, "exec")
    return compiled[path]


def _in_a_fork(fault: dict[str, str]) -> list[str]:
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            _put(fault)
            said = check(fault["room"], fault["call"])
        except BaseException as error:  # noqa: BLE001  # a fork must end here, whatever happens
            said = [f"not checked: {error!r}"]
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(said, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        found: list[str] = json.load(pipe)
    os.wait()
    return found


def _put(fault: dict[str, str]) -> None:
    path = f"{PACKAGE}/{fault['file']}"
    text = Path(path).read_text(encoding="utf-8")
    if text.count(fault["old"]) != 1:
        raise LookupError(f"{fault['old']!r} is there {text.count(fault['old'])} times, expected once")
    compiled[path] = compile(text.replace(fault["old"], fault["new"]), path, "exec")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
