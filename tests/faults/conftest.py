"""Every test of a row is marked `loopback`, so that it runs under asyncio and trio, and is watched by `checked`."""

from __future__ import annotations

import inspect
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
        item.obj = checked(item.obj)


@pytest.fixture(scope="session")
def faults() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server
