"""The emulator as a fixture for tests of what is built on the client; import `emulator` into a `conftest.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator

__all__ = ["MODEL", "client_of", "emulator"]

MODEL = "openai/gpt-4.1-mini"


@pytest.fixture(scope="session")
def _emulator() -> Iterator[Emulator]:
    with Emulator(strict=True) as emulator:
        yield emulator


@pytest.fixture
def emulator(_emulator: Emulator) -> Iterator[Emulator]:
    """An emulator that answers only what the test scripts."""
    _emulator.reset()
    yield _emulator
    _emulator.check()


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    """Return a client of the emulator."""
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
