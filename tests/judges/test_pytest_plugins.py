"""The fixtures for pytest beside the plugins that projects have: event loops, processes, orders, time limits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.judges.test_judges import needed

TESTS = """
import pytest
from openrouter_async import AsyncOpenRouter, RateLimited, Retries

MODEL = "openai/gpt-4o-mini"
pytestmark = pytest.mark.{mark}


@pytest.mark.parametrize("number", range(4))
async def test_nothing_is_left_of_other_tests(openrouter_client, openrouter_emulator, number):
    assert (openrouter_emulator.requests, openrouter_emulator.spent) == ([], 0)
    openrouter_emulator.reply(f"answer {{number}}")
    async with openrouter_client(default_model=MODEL) as client:
        async with client.chat.stream("Hi") as stream:
            assert (await stream.final()).text == f"answer {{number}}"


async def test_an_application(openrouter_environment):
    openrouter_environment.fail(429)
    async with AsyncOpenRouter(default_model=MODEL, retries=Retries(attempts=1)) as client:
        with pytest.raises(RateLimited):
            await client.chat.create("Hi")


@pytest.fixture
async def client(openrouter_client):
    async with openrouter_client(default_model=MODEL) as client:
        yield client


async def test_a_fixture_that_is_asynchronous(client, openrouter_emulator):
    openrouter_emulator.reply("ok")
    assert (await client.chat.create("Hi")).text == "ok"
"""
BOTH_LOOPS = """
import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
"""
AUTO = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
ONE_LOOP = [f"asyncio_default_{what}_loop_scope=session" for what in ("fixture", "test")]


@pytest.mark.parametrize(
    ("mark", "options", "passed"),
    [
        pytest.param("asyncio", AUTO, 6, id="asyncio"),
        pytest.param("asyncio", [*AUTO, "-o", ONE_LOOP[0], "-o", ONE_LOOP[1]], 6, id="one loop for all"),
        pytest.param("anyio", ["-p", "no:asyncio"], 12, id="anyio, asyncio and trio"),
        pytest.param("asyncio", [*AUTO, "-n", "2"], 6, id="xdist"),
        pytest.param("asyncio", [*AUTO, "--timeout", "20", "--timeout-method", "thread"], 6, id="timeout"),
        pytest.param("asyncio", [*AUTO, "-W", "error"], 6, id="warnings are errors"),
        pytest.param("asyncio", [*AUTO, "--block-network", "--allowed-hosts=127.0.0.1"], 6, id="recording"),
    ],
)
def test_the_fixtures_work_beside_other_plugins(
    mark: str, options: list[str], passed: int, tmp_path: Path
) -> None:
    python = needed("JUDGE_PYTEST")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # else pytest goes by the settings of a folder above
    (tmp_path / "test_it.py").write_text(TESTS.format(mark=mark))
    (tmp_path / "conftest.py").write_text(BOTH_LOOPS if mark == "anyio" else "")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENROUTER_", "PYTEST"))
    }
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert f"{passed} passed" in done.stdout, done.stdout + done.stderr
