"""The stores of streams, each with what it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from openrouter_async.server import MemoryStreams, SQLiteStreams, StreamStore
from tests.support.redis_server import redis_server

if TYPE_CHECKING:
    from openrouter_async.server import RedisStreams

__all__ = ["Make", "make_redis"]

Make: TypeAlias = Callable[..., StreamStore]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of these tests."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def make_redis(url: str, prefix: str, **limits: Any) -> RedisStreams:
    """Return a store in Redis; a test where its package is missing is skipped."""
    pytest.importorskip("redis")
    from openrouter_async.server import RedisStreams

    return RedisStreams(url, prefix=prefix, **limits)


@pytest.fixture(params=["memory", "sqlite", "redis"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Make stores of one kind; those of one test share what they keep, where the kind allows it."""
    match request.param:
        case "memory":
            yield MemoryStreams
        case "sqlite":
            yield lambda **limits: SQLiteStreams(tmp_path / "streams.sqlite", **limits)
        case _:
            url = request.getfixturevalue("redis_url")
            made: list[RedisStreams] = []

            def make(**limits: Any) -> RedisStreams:
                made.append(make_redis(url, f"{tmp_path}:", **limits))
                return made[-1]

            yield make
            for store in made:
                await store.aclose()
