"""Which module of the package imports which, by files and by rooms; imports for type checkers count as any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tests.architecture.source import Module

__all__ = ["Graph", "circles", "files", "rooms"]

Graph: TypeAlias = Mapping[str, set[str]]


def files(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Return what each module imports of the package, at its top, in functions or for type checkers."""
    by_name = {module.name: module for module in modules}
    return {name: module.imports_of(by_name) - {name} for name, module in by_name.items()}


def rooms(imports: Graph) -> dict[str, dict[str, set[str]]]:
    """Return the same for each folder: which of its modules and folders imports which other of them.

    What a folder lends from within to those who import the folder itself does not count.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for importer, imported in imports.items():
        for name in imported:
            common = _common(importer, name)
            if common in (importer, name):
                continue
            inside = found.setdefault(common, {})
            inside.setdefault(_child(common, importer), set()).add(_child(common, name))
    return found


def circles(imports: Graph) -> set[frozenset[str]]:
    """Return the largest sets whose members all import one another, if need be by way of others."""
    reached = {name: _reached(imports, name) for name in imports}
    return {
        frozenset(other for other in all_ if name in reached.get(other, ()))
        for name, all_ in reached.items()
        if name in all_
    }


def _reached(imports: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _common(one: str, other: str) -> str:
    parts = []
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        parts.append(left)
    return ".".join(parts)


def _child(folder: str, name: str) -> str:
    return f"{folder}.{name.removeprefix(folder + '.').partition('.')[0]}"
