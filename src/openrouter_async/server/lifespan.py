"""One client that lives as long as the application: `openrouter_lifespan` opens and closes it, `client_of` finds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from starlette.requests import HTTPConnection

from ..client import AsyncOpenRouter
from ..errors import ConfigurationError

__all__ = ["Lifespan", "client_of", "openrouter_lifespan"]

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[dict[str, object]]]
"""What `Starlette(lifespan=...)` and `FastAPI(lifespan=...)` take."""

_STATE = "openrouter"


def openrouter_lifespan(client: AsyncOpenRouter | None = None) -> Lifespan:
    """Return a lifespan that closes the client with the application; handlers find it by `client_of(request)`.

    ```python
    app = FastAPI(lifespan=openrouter_lifespan())
    ```

    Include it in a lifespan of your own, and add its state to yours:

    ```python
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
        async with openrouter_lifespan()(app) as state:
            yield {**state, "database": ...}
    ```

    Args:
        client: Default: one created from the environment when the application starts. It is reopened with the
            application, as in each test.
    """

    @asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[dict[str, object]]:
        async with AsyncOpenRouter() if client is None else client._open_again() as opened:
            yield {_STATE: opened}

    return lifespan


def client_of(request: HTTPConnection) -> AsyncOpenRouter:
    """Return the client of the application that a request came to.

    Raises:
        ConfigurationError: the application was not made with `openrouter_lifespan`.
    """
    client = getattr(request.state, _STATE, None)
    if not isinstance(client, AsyncOpenRouter):
        raise ConfigurationError(
            "the application has no client; make it with lifespan=openrouter_lifespan(), and run its lifespan"
        )
    return client
