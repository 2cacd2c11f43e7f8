"""Tests on real engines, which `nox -s engines` runs: the plain suite does not collect them.

The engines' own warnings are not ours to mend.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from openrouter_async.testing import Emulator
from tests.engines.work import answer

collect_ignore_glob = [] if os.environ.get("OPENROUTER_ASYNC_ENGINES") else ["test_*.py"]

TIMEOUT_S = 400
"""Engines take long to start processes on a machine with other work."""


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.filterwarnings("ignore"))
    item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def _service() -> Iterator[Emulator]:
    """One service for all tests, since workers have the environment in which their engine was started."""
    with Emulator(credits="100", first_token_s=0.02) as emulator, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENROUTER_BASE_URL", emulator.base_url)
        patch.setenv("OPENROUTER_API_KEY", emulator.key)
        yield emulator


@pytest.fixture
def service(_service: Emulator) -> Emulator:
    """The service, with its requests counted from here, at the address of the environment."""
    _service.reset()
    _service.reply_with(answer)
    return _service


@pytest.fixture(scope="session")
def local_ray(_service: Emulator) -> Iterator[None]:
    """Ray, small, and ended with the tests."""
    import ray
    from ray.data import DataContext

    ray.init(num_cpus=4, include_dashboard=False, object_store_memory=100 * 1024 * 1024, log_to_driver=False)
    DataContext.get_current().enable_progress_bars = False
    try:
        yield
    finally:
        ray.shutdown()
