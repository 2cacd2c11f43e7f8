"""The modules of the package as syntax trees, with what each of them imports."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.folders import ROOT

__all__ = ["PACKAGE", "SOURCE", "Module", "all_modules"]

PACKAGE = "openrouter_async"
SOURCE = ROOT / "src" / PACKAGE


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: Path

    @cached_property
    def name(self) -> str:
        """The dotted name it is imported by."""
        parts = self.path.relative_to(SOURCE.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def unit(self) -> str:
        """The part of the package it belongs to, a top-level module or subpackage; "" for the package."""
        return self.name.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]

    @property
    def is_public(self) -> bool:
        """Whether no part of its name begins with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def all_nodes(self) -> list[ast.AST]:
        """Every node of the module."""
        return list(ast.walk(self.tree))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the module but those that only type checkers see."""
        return list(_run_time_nodes(self.tree))

    @cached_property
    def imports(self) -> dict[str, int]:
        """Dotted names of the modules it imports at run time, anywhere in it, with the line of each."""
        return self._imports(self.nodes)

    @cached_property
    def _import_nodes(self) -> list[ast.Import | ast.ImportFrom]:
        return [node for node in self.all_nodes if isinstance(node, ast.Import | ast.ImportFrom)]

    @cached_property
    def all_imports(self) -> dict[str, int]:
        """The same with those that only type checkers see."""
        return self._imports(self._import_nodes)

    def _imports(self, nodes: Iterable[ast.AST]) -> dict[str, int]:
        found: dict[str, int] = {}
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name: node.lineno for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                # `from .a import b` may name a module b as well as an attribute of a
                found |= {base: node.lineno} | {f"{base}.{alias.name}": node.lineno for alias in node.names}
        return found

    def imports_of(self, modules: Container[str]) -> set[str]:
        """The modules among those given that it imports; a folder only where it takes a name of the folder itself."""
        found: set[str] = set()
        for node in self._import_nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            else:
                base = self._absolute(node)
                named = {f"{base}.{alias.name}" for alias in node.names}
                found |= {name if name in modules else base for name in named}
        return {name for name in found if name in modules}

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        up = node.level - (self.path.name == "__init__.py")
        return ".".join(parts[: len(parts) - up] + ([node.module] if node.module else []))


def all_modules() -> list[Module]:
    """Return every module of the package, by path."""
    return [Module(path) for path in sorted(SOURCE.rglob("*.py"))]


def is_type_checking(node: ast.AST) -> bool:
    """Whether the node is an `if TYPE_CHECKING:` statement."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.If) and is_type_checking(node):
        children = list(node.orelse)
    for child in children:
        yield from _run_time_nodes(child)
