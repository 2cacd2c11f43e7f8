"""What is loaded by importing the package and by making a client, as seen by a fresh interpreter.

Modules are counted rather than milliseconds, since that is the same on every machine.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

EXTRAS = {
    "cyclopts",
    "docstring_parser",
    "fastapi",
    "httptools",
    "jsonschema_rs",
    "mcp",
    "opentelemetry",
    "rich",
    "sse_starlette",
    "starlette",
    "tiktoken",
    "uvicorn",
}
"""Packages that come with an extra."""

DEPENDENCIES = {"anyio", "httpcore", "httpcore2", "httpx", "httpx2", "pydantic", "pydantic_core"}

MAKE_CLIENT = """
import openrouter_async
client = openrouter_async.AsyncOpenRouter(api_key="sk-or-v1-0000", base_url="http://127.0.0.1:1/api/v1")
"""


FIRST_CALL = """
import asyncio, json, httpx, openrouter_async
message = {"role": "assistant", "content": "Hello"}
answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))
async def main():
    async with openrouter_async.AsyncOpenRouter("sk-or-v1-0000", transport=transport) as client:
        assert (await client.chat.create("Hi", model="acme/model")).text == "Hello"
asyncio.run(main())
"""


def loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running `code`."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before, sep='\\n')\n"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def top_level(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.fixture(scope="module")
def after_import() -> set[str]:
    return loaded_after("import openrouter_async")


@pytest.fixture(scope="module")
def after_client() -> set[str]:
    return loaded_after(MAKE_CLIENT)


def test_importing_the_package_loads_no_dependency(after_import: set[str]) -> None:
    assert not top_level(after_import) & DEPENDENCIES


def test_importing_the_package_loads_none_of_its_own_modules(after_import: set[str]) -> None:
    ours = {name for name in after_import if name.startswith("openrouter_async")}
    assert ours == {"openrouter_async", "openrouter_async._lazy", "openrouter_async._version"}


def test_a_command_loads_nothing_of_the_standard_library_before_it_heeds_ctrl_c() -> None:
    """Until then Ctrl-C prints a traceback; an interpreter alone may have loaded the one that is allowed here."""
    loaded = loaded_after("import openrouter_async.__main__")
    assert {name for name in loaded if not name.startswith("openrouter_async")} <= {"__future__"}


def test_making_a_client_loads_no_wire_types(after_client: set[str]) -> None:
    """A program pays for the types of the operations it calls, when it first calls them."""
    types = {name for name in after_client if name.startswith("openrouter_async.types")}
    assert types <= {"openrouter_async.types", "openrouter_async.types._base", "openrouter_async.types.meta"}


def test_making_a_client_loads_no_extra(after_client: set[str]) -> None:
    """Where rich is installed httpx loads it, for a command line of its own; that is not the client's doing."""
    of_dependencies = loaded_after("import anyio, httpcore, httpx, pydantic")
    assert not top_level(after_client - of_dependencies) & EXTRAS


def test_making_a_client_loads_no_feature(after_client: set[str]) -> None:
    ours = {name.split(".")[1] for name in after_client if name.startswith("openrouter_async.")}
    features = {"batch", "catalogue", "conversation", "structured", "tools"}
    extras = {"cli", "server", "testing"}
    assert not ours & (features | extras)


@pytest.mark.parametrize("name", ["OpenRouterError", "Timeouts"])
def test_catching_errors_and_setting_options_loads_no_dependency(name: str) -> None:
    """Code that only names such things stays as cheap as the import itself."""
    loaded = loaded_after(f"import openrouter_async\nopenrouter_async.{name}")
    assert not top_level(loaded) & DEPENDENCIES


def test_a_first_call_loads_what_it_needs() -> None:
    """Each module costs about a third of a millisecond of the start of a program; a folder a fifth of that.

    Of ours there are as many as stand here, so that one more needs a reason; of others it depends on the interpreter.
    """
    loaded = loaded_after(FIRST_CALL)
    ours = {name for name in loaded if name.startswith("openrouter_async.")}
    folders = {name for name in ours if any(other.startswith(f"{name}.") for other in ours)}
    of_dependencies = loaded_after("import asyncio, json, anyio, httpcore, httpx, pydantic")
    assert len(ours - folders) <= 77
    assert len(loaded - of_dependencies - ours) <= 82


def test_a_first_call_makes_few_dataclasses() -> None:
    """Each takes about five times as long as a named tuple: Python compiles its methods when it is made."""
    loaded_after(
        f"""{FIRST_CALL}
modules = [module for name, module in sys.modules.items() if name.startswith("openrouter_async.")]
classes = {{value for module in modules for value in vars(module).values() if isinstance(value, type)}}
made = [kind.__name__ for kind in classes
        if kind.__module__.startswith("openrouter_async.") and "__dataclass_fields__" in vars(kind)]
assert 5 <= len(made) <= 10, made"""
    )


def test_a_first_call_reads_no_source() -> None:
    """pydantic can take descriptions of fields out of the source of a class, which was a tenth of that start."""
    loaded_after(
        f"{FIRST_CALL}\nimport linecache\nassert not [name for name in linecache.cache if 'openrouter' in name]"
    )
