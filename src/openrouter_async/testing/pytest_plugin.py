"""The pytest plugin: an emulator for tests of programs that use this library. pytest finds it automatically.

| fixture | value |
|---|---|
| `openrouter_emulator` | an `Emulator`, as new for each test |
| `openrouter_client` | a function that makes a client of it: `async with openrouter_client() as client` |
| `openrouter_environment` | the emulator too, after pointing the environment's `OPENROUTER_...` variables at it |
| `openrouter_emulator_options` | nothing; override it in `conftest.py` to set the emulator's arguments |

One server runs for the whole session, and is reset before each test. Nothing is imported before a test asks for it.
A test that also uses `httpx_mock` of pytest-httpx reaches the emulator all the same, and has all other requests mocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .._http.library import httpx
    from ..client import AsyncOpenRouter
    from .emulator import Emulator

__all__ = [
    "openrouter_client",
    "openrouter_emulator",
    "openrouter_emulator_options",
    "openrouter_environment",
    "pytest_itemcollected",
]


_addresses: set[str] = set()
"""Where the emulators of this session are."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let pytest-httpx mock all but the emulator, unless a test says itself what is mocked."""
    used = getattr(item, "fixturenames", ())
    for name in ("httpx_mock", "httpx2_mock"):
        if name in used and "openrouter_emulator" in used:
            is_known = any(line.startswith(f"{name}(") for line in item.config.getini("markers"))
            is_said = any("should_mock" in marker.kwargs for marker in item.iter_markers(name))
            if is_known and not is_said:
                item.add_marker(getattr(pytest.mark, name)(should_mock=_is_elsewhere))


def _is_elsewhere(request: httpx.Request) -> bool:
    return request.url.netloc.decode("ascii") not in _addresses


@pytest.fixture(scope="session")
def openrouter_emulator_options() -> Mapping[str, object]:
    """The arguments of the emulator; override this fixture to give some."""
    return {}


@pytest.fixture(scope="session")
def _openrouter_emulator_of_session(openrouter_emulator_options: Mapping[str, object]) -> Iterator[Emulator]:
    from .emulator import Emulator

    with Emulator(**openrouter_emulator_options) as emulator:  # type: ignore[arg-type]  # checked by Emulator itself
        address = emulator.base_url.split("/")[2]
        _addresses.add(address)
        yield emulator
        _addresses.discard(address)


@pytest.fixture
def openrouter_emulator(_openrouter_emulator_of_session: Emulator) -> Iterator[Emulator]:
    """An OpenRouter on this machine, with nothing scripted, received or spent yet."""
    emulator = _openrouter_emulator_of_session
    emulator.reset()
    yield emulator
    emulator.check()


@pytest.fixture
def openrouter_client(openrouter_emulator: Emulator) -> Callable[..., AsyncOpenRouter]:
    """A function that makes a client of the emulator; its arguments are those of `AsyncOpenRouter`."""
    from ..client import AsyncOpenRouter

    def make(**settings: object) -> AsyncOpenRouter:
        given = {
            "api_key": openrouter_emulator.key,
            "management_key": openrouter_emulator.management_key,
            "base_url": openrouter_emulator.base_url,
            **settings,
        }
        return AsyncOpenRouter(**given)  # type: ignore[arg-type]  # checked by AsyncOpenRouter itself

    return make


@pytest.fixture
def openrouter_environment(openrouter_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, to which every client made without arguments now talks."""
    monkeypatch.setenv("OPENROUTER_BASE_URL", openrouter_emulator.base_url)
    monkeypatch.setenv("OPENROUTER_API_KEY", openrouter_emulator.key)
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", openrouter_emulator.management_key)
    return openrouter_emulator
