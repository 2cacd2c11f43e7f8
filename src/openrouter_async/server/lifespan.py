"""One client that lives as long as the application: `openrouter_lifespan` opens and closes it, `client_of` finds it.

`with_lifespan` runs the lifespan of an application for callers that do not: `httpx.ASGITransport` is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from starlette.requests import HTTPConnection

from ..client import AsyncOpenRouter
from ..errors import ConfigurationError, OpenRouterError
from .relays.running import RELAYS, running_relays

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ClientFactory", "Lifespan", "client_of", "openrouter_lifespan", "with_lifespan"]

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[dict[str, object]]]
"""What `Starlette(lifespan=...)` and `FastAPI(lifespan=...)` take."""

ClientFactory: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncOpenRouter]]
"""A function that returns a client, or a block that yields one."""

_STATE = "openrouter"


def openrouter_lifespan(client: AsyncOpenRouter | ClientFactory | None = None) -> Lifespan:
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

    When the application ends, its relays end first: each sends an error of the type `ServerStopping`, and calls
    `on_end`.

    Args:
        client: The client, which is reopened with the application; or a function that makes one each time the
            application starts, in its event loop, when settings can be read and keys fetched:
            `openrouter_lifespan(lambda: AsyncOpenRouter(settings().key))`. Default: one created from the environment
            when the application starts.

    Raises:
        ConfigurationError: it is neither.
    """
    if client is not None and not isinstance(client, AsyncOpenRouter) and not callable(client):
        raise ConfigurationError(
            f"client is a {type(client).__name__}; expected an AsyncOpenRouter, or a function that makes one"
        )

    @asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[dict[str, object]]:
        async with _made(client) as opened:
            if not isinstance(opened, AsyncOpenRouter):
                raise ConfigurationError(
                    f"the function passed as client made a {type(opened).__name__}; expected an AsyncOpenRouter"
                )
            async with running_relays() as relays:
                yield {_STATE: opened, RELAYS: relays}

    return lifespan


def _made(client: AsyncOpenRouter | ClientFactory | None) -> AbstractAsyncContextManager[AsyncOpenRouter]:
    if client is None:
        return AsyncOpenRouter()
    return client._open_again() if isinstance(client, AsyncOpenRouter) else client()


def client_of(request: HTTPConnection) -> AsyncOpenRouter:
    """Return the client of the application that a request came to.

    Raises:
        ConfigurationError: the application was not made with `openrouter_lifespan`.
    """
    client = getattr(request.state, _STATE, None)
    if not isinstance(client, AsyncOpenRouter):
        raise ConfigurationError(
            "the application has no client; make it with lifespan=openrouter_lifespan(), and run its lifespan:"
            " httpx.ASGITransport does not, but `async with with_lifespan(app) as started` does"
        )
    return client


@asynccontextmanager
async def with_lifespan(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """Start an application, and give it with the state that its lifespan made; it is shut down with the block.

    ```python
    async with with_lifespan(app) as started:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(started), base_url="http://app") as browser:
            await browser.post("/chat", json={"text": "Hello"})
    ```

    For tests that call an application without a server. `httpx.ASGITransport` returns an answer when it is whole, a
    stream as well. Enter and leave it in the same task.

    Raises:
        Exception: the one that the lifespan raises when the application starts, or when it ends.
    """
    state: dict[str, object] = {}
    started, left = anyio.Event(), anyio.Event()
    failure: list[Exception] = []
    told: list[str] = []

    async def receive() -> Message:
        if started.is_set():
            await left.wait()
            return {"type": "lifespan.shutdown"}
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.set()
        elif message["type"].endswith(".failed"):
            told.append(f"the application sent {message['type']}: {message.get('message', '')}")

    async def run() -> None:
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}, receive, send)
        except Exception as error:  # noqa: BLE001 - raised again where the block begins, or ends
            failure.append(error)
        finally:
            if told and not failure:
                failure.append(OpenRouterError(told[0]))
            started.set()

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {**state, **scope.get("state", {})}}, receive, send)

    group = anyio.create_task_group()
    await group.__aenter__()
    try:
        group.start_soon(run, name="lifespan of an application")
        await started.wait()
        if not failure:
            yield with_state
    finally:
        left.set()
        # What went wrong in the block is not told to the group, which would wrap it.
        await group.__aexit__(None, None, None)
    if failure:
        raise failure[0]
