"""The order of the layers, the purity of the core, and the size of modules.

The rules are drawn in docs/design.md. Imports that only type checkers see are free.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, SOURCE, Module, all_modules

LAYERS: list[set[str]] = [
    {
        "errors",
        "options",
        "_settings",
        "_checks",
        "hooks",
        "_sentinels",
        "_secret",
        "_extras",
        "_files",
        "_version",
    },
    {"types"},
    {"_sansio", "operations", "tokens"},
    {"streaming", "protocols"},
    {"_http"},
    {"resources"},
    {"structured", "tools", "conversation", "batch", "batches", "catalogue", "spending"},
    {"client", "chat", "namespaces"},
    {"server", "testing", "otel"},
    {"cli", "__main__"},
]
"""The parts of the package from the lowest layer up; a part need not exist yet."""

BESIDE = {
    ("_sansio", "operations"),
    ("streaming", "protocols"),
    ("client", "chat"),
    ("client", "namespaces"),
    ("batch", "spending"),
    ("batches", "batch"),
    ("conversation", "tools"),
    ("structured", "spending"),
    ("tools", "spending"),
    ("__main__", "cli"),
}
"""Imports within a layer that are allowed, as (importer, imported); those within the lowest layer all are."""

IMPURE = {
    "anyio",
    "asyncio",
    "concurrent",
    "httpcore",
    "httpx",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "trio",
    "urllib.request",
    "uuid",
}
"""Modules through which a pure part could reach the world outside its arguments."""

IMPURE_CALLS = {"open", "input", "print", "now", "utcnow", "today"}

SHELL_OF_STREAMING = {"lifecycle", "raw", "source", "stream"}
"""The modules of `streaming/` that wait; all others are pure."""

MAX_LINES = 450

LONGER: dict[str, str] = {}
"""Modules that may be longer than that, with the reason."""

MODULES = all_modules()
LAYER = {unit: number for number, units in enumerate(LAYERS) for unit in units}


def each(modules: list[Module]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", modules, ids=lambda module: module.name)


def is_pure(module: Module) -> bool:
    if module.unit == "streaming":
        return module.path.stem not in SHELL_OF_STREAMING
    return module.unit == "_sansio"


def part(name: str) -> str | None:
    """Return the part of our package that a dotted name belongs to, None for other packages."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == PACKAGE else None


def roots(module: Module) -> set[str]:
    """Return the first parts of the names of the modules it imports."""
    return {name.partition(".")[0] for name in module.imports}


def test_the_modules_are_found() -> None:
    assert {"errors", "_sansio", "_http", "streaming", "client"} <= {module.unit for module in MODULES}


@each([module for module in MODULES if module.unit])
def test_each_module_has_a_layer(module: Module) -> None:
    assert module.unit in LAYER, f"put {module.unit!r} in its layer"


@each([module for module in MODULES if module.unit in LAYER])
def test_imports_point_down(module: Module) -> None:
    own = LAYER[module.unit]
    wrong = []
    for name, line in module.imports.items():
        other = part(name)
        if other not in LAYER or other == module.unit or LAYER[other] < own:
            continue
        if not (own == LAYER[other] and (own == 0 or (module.unit, other) in BESIDE)):
            wrong.append(f"line {line}: {name} is of layer {LAYER[other]}, this module of layer {own}")
    assert wrong == []


@each([module for module in MODULES if not module.unit])
def test_the_package_itself_imports_only_its_version(module: Module) -> None:
    ours = {part(name) for name in module.imports} - {None, ""}
    assert ours <= {"_version"}


@each([module for module in MODULES if is_pure(module)])
def test_pure_modules_do_no_io(module: Module) -> None:
    """Neither event loop, clock, chance, files nor sockets: the same bytes always give the same result."""
    imported = {name for name in module.imports if name in IMPURE or name.partition(".")[0] in IMPURE}
    assert imported == set()
    awaits = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith
    assert [node.lineno for node in module.nodes if isinstance(node, awaits)] == []
    calls = [node for node in module.nodes if isinstance(node, ast.Call)]
    assert [f"line {call.lineno}" for call in calls if called(call) in IMPURE_CALLS] == []


def called(call: ast.Call) -> str | None:
    """Return the last part of the name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


@each([module for module in MODULES if module.unit != "_http"])
def test_httpx_is_known_in_one_place(module: Module) -> None:
    assert not roots(module) & {"httpx", "httpcore"}


@each([module for module in MODULES if module.unit not in ("_http", "testing", "cli", "__main__")])
def test_no_event_loop_is_named_outside_the_shell(module: Module) -> None:
    """What anyio has is taken from anyio, so that the client runs under trio too."""
    assert not roots(module) & {"asyncio", "trio"}


@each(MODULES)
def test_modules_stay_short(module: Module) -> None:
    lines = module.text.count("\n")
    if str(module.path.relative_to(SOURCE)) in LONGER:
        assert lines > MAX_LINES, "it is short enough now: take it off the list"
    else:
        assert lines <= MAX_LINES, "look for the second idea in it"


VIOLATIONS = {
    "upwards": ("types/broken.py", "from ..client import AsyncOpenRouter\n", test_imports_point_down),
    "upwards, inside a function": (
        "types/broken.py",
        "def f():\n    from .. import client\n",
        test_imports_point_down,
    ),
    "beside": ("tools/broken.py", "from ..batch.run import run_batch\n", test_imports_point_down),
    "a clock": ("_sansio/broken.py", "from time import monotonic\n", test_pure_modules_do_no_io),
    "a clock in datetime": ("_sansio/broken.py", "datetime.now()\n", test_pure_modules_do_no_io),
    "async": ("streaming/broken.py", "async def f(): ...\n", test_pure_modules_do_no_io),
    "a file": ("_sansio/broken.py", "open('x')\n", test_pure_modules_do_no_io),
    "httpx": ("client.py", "import httpx._models\n", test_httpx_is_known_in_one_place),
    "asyncio": ("streaming/stream.py", "import asyncio\n", test_no_event_loop_is_named_outside_the_shell),
}


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=list(VIOLATIONS))
def test_a_violation_is_noticed(case: tuple[str, str, object], tmp_path: Path) -> None:
    path, text, check = case
    broken = Module(SOURCE / path)
    broken.__dict__["text"] = text
    assert callable(check)
    with pytest.raises(AssertionError):
        check(broken)
    free = Module(SOURCE / path)
    free.__dict__["text"] = "if TYPE_CHECKING:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    check(free)
