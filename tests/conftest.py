"""How the suite runs: under which event loop, and with which settings of hypothesis.

`--trio` runs the asynchronous tests marked `loopback` under trio, and nothing else; without it pytest-asyncio
runs all of them. Such a test has no asynchronous fixtures, since those belong to one event loop.
`--httptools` lets httptools parse the answers on every connection of ours.
`--proxy http` and `--proxy socks5` lead calls through a proxy of the suite's own; tests marked `direct` are left out.
"""

from __future__ import annotations

import gc
import inspect
import os
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest

_PROXY = pytest.StashKey[ExitStack]()

TRIO_TEST_S = 60.0
"""How long a test may take under trio."""

hypothesis.settings.register_profile("default", deadline=None, max_examples=100)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, print_blob=True)
hypothesis.settings.register_profile(  # of `nox -s mutants`: what fails is told without being made small
    "mutants",
    deadline=None,
    max_examples=25,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--trio", action="store_true", help="run the tests marked loopback under trio")
    parser.addoption("--httptools", action="store_true", help="let httptools parse on all connections")
    parser.addoption("--proxy", choices=["http", "socks5"], help="lead all calls through a proxy")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--trio"):
        config.option.asyncio_mode = "strict"  # so that pytest-asyncio leaves unmarked tests alone
    if config.getoption("--httptools"):
        from tests.support.http_parser import use_httptools

        use_httptools()
    if kind := config.getoption("--proxy"):
        from tests.support.proxied import proxy_process, use_proxy

        use_proxy(config.stash.setdefault(_PROXY, ExitStack()).enter_context(proxy_process(kind)))


def pytest_unconfigure(config: pytest.Config) -> None:
    if _PROXY in config.stash:
        config.stash[_PROXY].close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--proxy"):
        for item in items:
            for mark in item.iter_markers("direct"):
                item.add_marker(pytest.mark.skip(reason=f"not through a proxy: {mark.args[0]}"))
    if not config.getoption("--trio"):
        return
    left_out = [item for item in items if not _runs_under_trio(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _runs_under_trio(item)]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not pyfuncitem.config.getoption("--trio"):
        return None
    import trio

    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def limited() -> None:
        with trio.fail_after(TRIO_TEST_S):
            await pyfuncitem.obj(**arguments)

    trio.run(limited)
    return True


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect garbage after a loopback test, so that the warning of a lost socket fails that very test."""
    yield
    if request.node.get_closest_marker("loopback"):
        gc.collect(1)  # garbage of one test is young, and a full collection takes a quarter of a second


def _runs_under_trio(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function)
        and item.get_closest_marker("loopback") is not None
        and inspect.iscoroutinefunction(item.obj)
    )
