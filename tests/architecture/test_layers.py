"""The order of the layers, the purity of the core, and how loosely it is typed.

The layers are drawn in docs/design.md. An import that only type checkers see points down like any other, for whoever
reads a module has to follow it; to the rules of purity it is free.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.figures import count_any, count_lines
from tests.architecture.graph import circles, files, rooms
from tests.architecture.source import PACKAGE, SOURCE, Module, all_modules
from tests.support.folders import ROOT

LAYERS: dict[str, set[str]] = {
    "words and errors": {"errors", "operations", "_lazy", "_secret", "_sentinels", "_version"},
    "checks": {"_checks", "_extras", "_files", "_wal"},
    "wire types": {"types"},
    "hooks and estimates": {"hooks", "tokens"},
    "options that few programs give": {"special_options"},
    "options": {"options"},
    "the pure core": {"_sansio", "_settings"},
    "streams": {"streaming"},
    "what a caller of HTTP must offer": {"protocols"},
    "answers that are kept": {"caching", "ledger"},
    "HTTP and operations": {"_http", "resources"},
    "models and money": {"catalogue", "spending"},
    "telemetry": {"telemetry"},
    "features": {"batch", "cascade", "structured", "tools"},
    "parts of façades": {"comparing"},
    "features made of features": {"batches", "chat", "conversation", "messages", "responses", "tables"},
    "the namespaces": {"batching", "namespaces"},
    "the client": {"client"},
    "programs around the client": {"prompt", "server", "testing"},
    "engines": {"dask", "ray"},
    "the command line": {"cli"},
    "python -m": {"__main__"},
}
"""The parts of the package from the lowest layer up. A part imports from lower layers only, not even for types from
its own layer; the package itself, which is a lazy table of names, stands outside."""

IMPURE = {
    "anyio",
    "asyncio",
    "concurrent",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
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

SHELL_OF_STREAMING = {"download", "lifecycle", "raw", "source", "stream"}
"""The modules of `streaming/` that wait; all others are pure."""

HTTPX = f"{PACKAGE}._http.library"
"""The module that imports httpx, or httpx2 where that is installed alone."""

MCP = f"{PACKAGE}.tools.mcp"
"""Makes a client of httpx2 for the package `mcp`, which takes no other."""

MAX_LINES = 450

LONGER: dict[str, str] = {}
"""Modules that may be longer than that, with the reason."""

MODULES = all_modules()
LAYER = {unit: number for number, units in enumerate(LAYERS.values()) for unit in units}


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


def runs_up(module: Module) -> list[str]:
    """Return its imports from its own layer or a higher one."""
    names = list(LAYERS)
    return [
        f"line {line}: {name} is of {names[LAYER[other]]!r}"
        for name, line in module.all_imports.items()
        if (other := part(name)) in LAYER and other != module.unit and LAYER[other] >= LAYER[module.unit]
    ]


def roots(module: Module) -> set[str]:
    """Return the first parts of the names of the modules it imports."""
    return {name.partition(".")[0] for name in module.imports}


def test_the_modules_are_found() -> None:
    assert {"errors", "_sansio", "_http", "streaming", "client"} <= {module.unit for module in MODULES}


def test_each_part_has_a_layer() -> None:
    assert {module.unit for module in MODULES} - {""} == set(LAYER)
    assert len(LAYER) == sum(map(len, LAYERS.values())), "a part stands in two layers"


def test_the_layers_are_those_of_the_drawing() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    drawing = text.partition("## Layers")[2].split("```")[1].strip()
    rows = [line.partition("   ")[0].split() for line in drawing.splitlines()]
    drawn = [{name.removesuffix("/").removesuffix(".py") for name in row} for row in reversed(rows)]
    assert drawn == [parts for parts in LAYERS.values() if parts != {"__main__"}]


@each([module for module in MODULES if module.unit])
def test_imports_point_down(module: Module) -> None:
    assert runs_up(module) == [], f"this module is of {list(LAYERS)[LAYER[module.unit]]!r}"


AS_IT_IS = pytest.mark.parametrize("changed", [None], ids=["as it is"])


def with_module(changed: Module | None) -> list[Module]:
    """Return all modules, one of them as it is given."""
    others = [module for module in MODULES if changed is None or module.path != changed.path]
    return others if changed is None else [*others, changed]


@AS_IT_IS
def test_imports_make_no_circle(changed: Module | None) -> None:
    """Neither of modules nor of folders, at whatever depth."""
    imports = files(with_module(changed))
    assert circles(imports) == set()
    assert {folder: circles(inside) for folder, inside in rooms(imports).items() if circles(inside)} == {}


@AS_IT_IS
def test_little_is_of_any_type(changed: Module | None) -> None:
    """Less than one `Any` in 1,000 lines; the server reads what other frameworks have not typed."""
    modules = [module for module in with_module(changed) if module.unit != "server"]
    assert 1_000 * sum(map(count_any, modules)) < sum(map(count_lines, modules))


@each([module for module in MODULES if not module.unit])
def test_the_package_itself_imports_only_its_version_and_what_loads_the_rest(module: Module) -> None:
    ours = {part(name) for name in module.imports} - {None, ""}
    assert ours <= {"_lazy", "_version"}


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


@each([module for module in MODULES if module.name != HTTPX])
def test_httpx_is_imported_in_one_place(module: Module) -> None:
    """By one module, from which those of the shell take it; others may name the types of its arguments."""
    imported = {name.partition(".")[0] for name in module.all_imports}
    theirs = {"httpx2"} if module.name == MCP else set()
    assert not imported & {"httpx", "httpcore", "httpx2", "httpcore2"} - theirs


@each([module for module in MODULES if module.unit != "_http"])
def test_httpx_is_known_in_the_shell(module: Module) -> None:
    taken = {name.removeprefix(f"{HTTPX}.") for name in module.imports if name.startswith(f"{HTTPX}.")}
    assert taken == set()


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
    "beside": ("tools/broken.py", "from ..batch.run import Batch\n", test_imports_point_down),
    "a circle of modules": (
        "types/meta.py",
        "from ._base import WireType\nfrom .common import Usage\nfrom .chat.completion import ChatCompletion\n",
        test_imports_make_no_circle,
    ),
    "a circle of folders": (
        "structured/strict/broken.py",
        "from ..reading.reply import Reading\n",
        test_imports_make_no_circle,
    ),
    "any type": ("tools/broken.py", "ANY: list[Any] = []\n" * 60, test_little_is_of_any_type),
    "a clock": ("_sansio/broken.py", "from time import monotonic\n", test_pure_modules_do_no_io),
    "a clock in datetime": ("_sansio/broken.py", "datetime.now()\n", test_pure_modules_do_no_io),
    "async": ("streaming/broken.py", "async def f(): ...\n", test_pure_modules_do_no_io),
    "a file": ("_sansio/broken.py", "open('x')\n", test_pure_modules_do_no_io),
    "httpx": ("_http/transport.py", "import httpx._models\n", test_httpx_is_imported_in_one_place),
    "httpx2": ("client.py", "from httpx2 import AsyncClient\n", test_httpx_is_imported_in_one_place),
    "httpx, taken outside the shell": (
        "client.py",
        "from ._http.library import httpx\n",
        test_httpx_is_known_in_the_shell,
    ),
    "asyncio": ("streaming/stream.py", "import asyncio\n", test_no_event_loop_is_named_outside_the_shell),
}


BIND_TYPES_TOO = {
    test_imports_point_down,
    test_imports_make_no_circle,
    test_little_is_of_any_type,
    test_httpx_is_imported_in_one_place,
}
"""The rules that hold for what only type checkers see as well."""


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=list(VIOLATIONS))
def test_a_violation_is_noticed(case: tuple[str, str, object], tmp_path: Path) -> None:
    path, text, check = case
    broken = Module(SOURCE / path)
    broken.__dict__["text"] = text
    assert callable(check)
    with pytest.raises(AssertionError):
        check(broken)
    for_types = Module(SOURCE / path)
    for_types.__dict__["text"] = "if TYPE_CHECKING:\n" + "".join(
        f"    {line}\n" for line in text.splitlines()
    )
    if check in BIND_TYPES_TOO:
        with pytest.raises(AssertionError):
            check(for_types)
    else:
        check(for_types)
