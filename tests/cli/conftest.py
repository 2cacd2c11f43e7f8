"""One emulator for the tests of commands, begun anew for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openrouter_async.testing import Emulator


@pytest.fixture(scope="package")
def _emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(_emulator: Emulator) -> Emulator:
    _emulator.reset()
    return _emulator
