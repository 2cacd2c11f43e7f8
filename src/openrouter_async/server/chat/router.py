"""`create_router`: a chat page, its API, and an API for OpenAI's clients, over one client.

```
Guard (safety.py) ── GET /healthz                whether the server is there, without a token
                  ├─ GET /, /assets/...          the page, from the package (page_files.py, bundles.py)
                  ├─ /api/settings, /api/models, /api/credits, /v1/models... (models_api.py)
                  ├─ /api/chat...                ChatPolicy (policy.py) ── a resumable relay (chat_api.py)
                  ├─ /api/conversations...       (conversations_api.py) ── a store (conversations.py)
                  ├─ POST /v1/chat/completions   StreamGate ── ChatPolicy ── relay, in the words of OpenAI
                  ├─ POST /v1/messages, /v1/responses    StreamGate ── ChatPolicy (dialects_api.py) ── relay
                  └─ POST /v1/embeddings         StreamGate (embeddings_api.py)
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..._checks import seconds, whole
from ...client import AsyncOpenRouter
from ...errors import ConfigurationError, OpenRouterError
from ...spending.spend import Spend
from ..relays.failures import WebError, error_response
from ..relays.running import RELAYS, running_relays
from ..relays.streams.memory import MemoryStreams
from .chat_api import chat_routes
from .conversations import ConversationStore, MemoryConversations, SQLiteConversations
from .conversations_api import conversation_routes
from .dialects_api import dialect_routes
from .embeddings_api import embeddings_routes
from .models_api import models_routes
from .page_files import page_routes
from .policy import ChatPolicy
from .safety import Guard, check_access
from .stream_slots import StreamSlots

if TYPE_CHECKING:
    from ...tools.toolbox import ToolLike
    from ..relays.streams.store import StreamStore

__all__ = ["MIB", "create_router"]

MIB = 1024 * 1024

PAGE = Path(__file__).parent.parent / "page"


def create_router(
    client: AsyncOpenRouter,
    *,
    tools: Sequence[ToolLike] = (),
    store: ConversationStore | Path | str | None = None,
    budget: Spend | Decimal | str | float | None = None,
    token: str | None = None,
    allowed_hosts: Collection[str] = (),
    allowed_origins: Collection[str] = (),
    models: Collection[str] | None = None,
    allowed_params: Collection[str] = (),
    title: str = "Chat",
    max_body_bytes: int = MIB,
    max_conversation_bytes: int = 16 * MIB,
    max_messages: int = 1000,
    max_concurrent_streams: int = 16,
    body_timeout: float = 30.0,
    write_timeout: float = 30.0,
    streams: StreamStore | None = None,
    grace: float = 30.0,
    is_emulator: bool = False,
) -> Starlette:
    """Return an application with a chat page and an API for OpenAI's and Anthropic's clients, to serve or to mount.

    ```python
    app = FastAPI(lifespan=openrouter_lifespan(client))
    app.mount("/chat", create_router(client))
    ```

    It spends the client's money for everybody who can reach it. By default it accepts only the names of this machine;
    any other name must be allowed, and then requires a token. The client's key never reaches a browser.

    Args:
        client: Stays open as long as the router is used.
        tools: Functions, MCP servers and tools of OpenRouter that the page's chats may use. They run here.
        store: The storage of the page's conversations: a file for SQLite, or a store of your own. Default: in memory.
        budget: US dollars that may be spent through this router, for its whole life; or a `client.track()` of your
            own that counts it.
        token: The token that callers must send as `Authorization: Bearer TOKEN`; at least 16 characters. The page
            asks for it.
        allowed_hosts: Further names of this server, without a port, besides those of this machine.
        allowed_origins: Origins of pages that may call the API besides this server's own, such as
            `https://example.com`. Browsers of other origins still cannot read a response, since there is no CORS.
        models: The allowed models. Default: all. If you list models, requests may not set a parameter that selects
            another model, or the same at another price (`n`, `plugins`, `provider`, `service_tier`,
            `web_search_options`, tools of OpenRouter, and similar ones); the model reads files, never a parser that
            is billed by the page.
        allowed_params: Parameters of these that requests may set after all.
        title: The title of the page.
        max_body_bytes: The largest request, attachments included. Larger ones get a 413.
        max_conversation_bytes: The largest conversation that is stored, with all attachments of all its branches.
        max_messages: The most messages in a request. More get a 413.
        max_concurrent_streams: The most concurrent answers. More requests get a 429.
        body_timeout: Seconds to receive the body of a request.
        write_timeout: Seconds that a browser may read nothing of an answer.
        streams: The storage of running answers, for browsers that return; see `relay`. With several workers, one that
            they share. Default: in memory.
        grace: Seconds for which an answer of the page continues without a browser.
        is_emulator: Whether the page says that its answers are invented.

    Raises:
        ConfigurationError: an argument is wrong, or a host that others can reach is allowed without a token.
    """
    check_access(token, allowed_hosts)
    if not isinstance(title, str) or not title:
        raise ConfigurationError(f"title is {title!r}; expected text")
    whole("max_body_bytes", max_body_bytes)
    whole("max_conversation_bytes", max_conversation_bytes)
    policy = ChatPolicy(
        client, tools=tools, models=models, allowed_params=allowed_params, max_messages=max_messages
    )
    seconds("grace", grace)
    slots = StreamSlots(client, budget, max_concurrent_streams)
    if store is None:
        store = MemoryConversations()
    elif isinstance(store, str | Path):
        store = SQLiteConversations(store)
    guard = Middleware(
        Guard,
        token=token,
        allowed_hosts=allowed_hosts,
        allowed_origins=allowed_origins,
        max_body_bytes=max_body_bytes,
        max_conversation_bytes=max_conversation_bytes,
        body_timeout=body_timeout,
        write_timeout=write_timeout,
    )
    return Starlette(
        routes=[
            Route("/healthz", _health),
            *page_routes(PAGE),
            *models_routes(policy, slots, title, max_body_bytes, is_emulator=is_emulator),
            *chat_routes(
                policy, slots, write_timeout, MemoryStreams() if streams is None else streams, grace
            ),
            *dialect_routes(policy, slots, write_timeout),
            *embeddings_routes(policy, slots),
            *conversation_routes(store),
        ],
        middleware=[guard],
        lifespan=_lifespan,
        exception_handlers={HTTPException: _http_error, WebError: _error, OpenRouterError: _error},
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
    """Own the answers that outlive their request, where the router is served and not mounted."""
    async with running_relays() as relays:
        yield {RELAYS: relays}


async def _health(request: Request) -> Response:
    """Answer once the server is ready; the service is not asked, since a restart here ends no outage there."""
    return JSONResponse({"status": "ok"})


async def _error(request: Request, error: Exception) -> Response:
    return error_response(error, path=request.url.path)


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    kind = {404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "BadRequest")
    return error_response(
        WebError(error.status_code, error.detail.lower(), kind=kind, headers=error.headers),
        path=request.url.path,
    )
