"""The pytest plugin in a project of its own, outside the source tree."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import openrouter_async

PLUGIN = "openrouter_async.testing.pytest_plugin"

APPLICATION = """
from openrouter_async import AsyncOpenRouter


async def capital(country: str) -> str:
    async with AsyncOpenRouter() as client:
        reply = await client.chat.create(f"The capital of {country}?", model="openai/gpt-4o-mini")
        return reply.text
"""

TESTS = """
import httpx
import pytest
import trio

from application import capital


async def test_under_asyncio(openrouter_environment):
    openrouter_environment.reply("Paris")
    assert await capital("France") == "Paris"
    assert openrouter_environment.requests[0].prompt == "The capital of France?"


def test_under_trio(openrouter_environment):
    openrouter_environment.reply("Oslo")
    assert trio.run(capital, "Norway") == "Oslo"


async def test_a_client_of_the_test(openrouter_client, openrouter_emulator):
    async with openrouter_client(default_model="test/only") as client:
        openrouter_emulator.reply("hello")
        assert (await client.chat.create("Hi")).text == "hello"
        assert (await client.credits.get()).remaining > 0


def test_without_a_loop(openrouter_emulator):
    assert openrouter_emulator.requests == []  # what the tests before sent is forgotten
    models = httpx.get(f"{openrouter_emulator.base_url}/models", trust_env=False).json()["data"]
    assert [model["id"] for model in models] == ["openai/gpt-4o-mini", "test/only"]


async def test_a_function_that_fails_is_told_at_the_end(openrouter_client, openrouter_emulator):
    def fail(request):
        raise LookupError("no such answer")

    openrouter_emulator.reply_with(fail)
    async with openrouter_client() as client:
        with pytest.raises(Exception):
            await client.chat.create("Hi", model="test/only")
"""

CONFTEST = """
import pytest


@pytest.fixture(scope="session")
def openrouter_emulator_options():
    return {"models": ["openai/gpt-4o-mini", "test/only"], "seed": 3}
"""


SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
pythonpath = .
filterwarnings = error
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENROUTER_", "PYTEST"))
    }
    path = [str(Path(openrouter_async.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *load_plugin(), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def load_plugin() -> list[str]:
    """Return what loads the plugin: nothing where the package is installed, since pytest finds its entry point."""
    installed = importlib.metadata.entry_points(group="pytest11", name="openrouter_async")
    return [] if installed else ["-p", PLUGIN]


@pytest.mark.slow
def test_a_project_uses_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_application.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    done = run_pytest(tmp_path)
    assert "5 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "LookupError: no such answer" in done.stdout


def test_a_project_that_does_not_use_it_imports_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n"
        "def test_it():\n"
        "    heavy = {'uvicorn', 'starlette', 'httpx', 'pydantic', 'anyio.abc', 'openrouter_async.testing.emulator'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = run_pytest(
        tmp_path,
        "-p",
        "no:anyio",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:asyncio",
        "-p",
        "no:respx",
        "-p",
        "no:pytest_httpx",
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_entry_point_names_the_plugin() -> None:
    found = importlib.metadata.entry_points(group="pytest11", name="openrouter_async")
    if not found:
        pytest.skip("the package is not installed")
    assert [entry.value for entry in found] == [PLUGIN]
