"""The public names: each module's `__all__` is true, and the package's lazy table is complete."""

from __future__ import annotations

import ast
import importlib

import pytest

import openrouter_async
from tests.architecture.source import PACKAGE, Module, all_modules, is_type_checking

MODULES = [module for module in all_modules() if module.unit and module.unit != "__main__"]
PUBLIC = [module for module in MODULES if module.is_public and module.path.name != "__init__.py"]
ROOT_MODULE = next(module for module in all_modules() if not module.unit)

EXTRAS = {"cli", "server", "testing"}
"""Parts that need an extra; their names are looked at without importing them."""


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def declared(module: Module) -> list[str] | None:
    """Return the `__all__` of a module as it is written, None where there is none."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def definitions(module: Module) -> list[Definition]:
    """Return the classes and functions without underscore that a module defines itself."""
    found = [node for node in module.tree.body if isinstance(node, Definition)]
    return [node for node in found if not node.name.startswith("_")]


def defined(module: Module) -> set[str]:
    """Return the names of these classes and functions."""
    return {node.name for node in definitions(module)}


def is_overload(node: Definition) -> bool:
    """Whether the node is one of the signatures of a function that is defined below it."""
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def taken_over(module: Module) -> set[str]:
    """Return the names that a module imports from others of the package."""
    nodes = [node for node in module.tree.body if isinstance(node, ast.ImportFrom) and node.level]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def assigned(module: Module) -> set[str]:
    """Return the names of constants and aliases that a module defines itself."""
    names = set()
    for node in module.tree.body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.name)
def test_all_is_what_the_module_defines(module: Module) -> None:
    """Every public class and function is listed, and nothing that does not belong to the package."""
    names = declared(module)
    assert names is not None, "a public module says what is public: give it __all__"
    assert defined(module) - set(names) == set(), "public by name, but not listed"
    known = defined(module) | assigned(module) | taken_over(module)
    assert set(names) - known == set(), "listed, but not from this package"
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "module", [module for module in MODULES if module.unit not in EXTRAS], ids=lambda module: module.name
)
def test_every_listed_name_resolves(module: Module) -> None:
    loaded = importlib.import_module(module.name)
    for name in getattr(loaded, "__all__", ()):
        getattr(loaded, name)


def mirror() -> dict[str, str]:
    """Return what type checkers see in the package: public name -> module, in the form of the lazy table."""
    found: dict[str, str] = {}
    for block in ROOT_MODULE.tree.body:
        if isinstance(block, ast.If) and is_type_checking(block):
            for node in block.body:
                assert isinstance(node, ast.ImportFrom), ast.unparse(node)
                for alias in node.names:
                    assert alias.asname == alias.name, f"write `import {alias.name} as {alias.name}`"
                    found[alias.name] = "." * node.level + (node.module or "")
    return found


def test_type_checkers_see_the_lazy_table() -> None:
    assert mirror() == openrouter_async._EXPORTS


@pytest.mark.parametrize(("name", "module"), sorted(openrouter_async._EXPORTS.items()))
def test_every_public_name_comes_from_its_module(name: str, module: str) -> None:
    home = importlib.import_module(module, PACKAGE)
    assert getattr(openrouter_async, name) is getattr(home, name)
    assert name in home.__all__


def test_dir_and_all_list_every_public_name() -> None:
    assert set(openrouter_async.__all__) == {"__version__", *openrouter_async._EXPORTS}
    assert set(dir(openrouter_async)) >= set(openrouter_async.__all__)


def test_everything_can_be_imported_at_once() -> None:
    namespace: dict[str, object] = {}
    exec("from openrouter_async import *", namespace)
    assert set(openrouter_async.__all__) <= set(namespace)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'openrouter_async' has no attribute 'AsyncOpenRooter'"):
        getattr(openrouter_async, "AsyncOpenRooter")  # noqa: B009 - the name is not there for type checkers


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.name)
def test_public_things_have_a_docstring(module: Module) -> None:
    assert ast.get_docstring(module.tree), "say what the module is for"
    told = [node for node in definitions(module) if not is_overload(node)]
    assert [node.name for node in told if not ast.get_docstring(node)] == []
