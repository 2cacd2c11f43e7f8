"""Every test of a row is marked `loopback`, so that it runs under asyncio and trio, and is watched by `checked`."""

from __future__ import annotations

import gc
import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

from tests.faults.evidence import checked
from tests.faults.service import FaultServer
from tests.faults.table import row_of_test


def pytest_itemcollected(item: pytest.Item) -> None:
    if not isinstance(item, pytest.Function) or row_of_test(item.name) is None:
        return
    if inspect.iscoroutinefunction(item.obj):
        item.add_marker(pytest.mark.loopback)
        item.obj = checked(item.obj, item.user_properties)


@pytest.fixture(scope="session")
def faults() -> Iterator[FaultServer]:
    # What is loaded on first use blocks the loop once in the life of a process, and is not what rows are about.
    for folder in ("_http", "_sansio", "streaming", "structured", "types", "resources", "batch", "tokens"):
        package = importlib.import_module(f"openrouter_async.{folder}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    # Nor is a look of the garbage collector at all that pytest has collected.
    gc.collect()
    gc.freeze()
    with FaultServer() as server:
        yield server
