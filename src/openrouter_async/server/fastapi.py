"""For FastAPI applications: the client as a dependency, and a typed router of chats under the application's own rules.

The router has no page and no guard of its own: who may call it, how large a request may be, and which other sites may
read it, the application says by its dependencies and middleware. `create_router` is the one that says it itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from .._extras import needs_extra
from ..client import AsyncOpenRouter
from ..errors import ConfigurationError
from ..spending.spend import Spend

with needs_extra("fastapi", "openrouter_async.server.fastapi"):
    from fastapi import APIRouter, Depends
    from fastapi.routing import APIRoute
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

    from .chat.policy import ChatPolicy
    from .chat.stream_slots import StreamGate, StreamSlots
    from .lifespan import client_of
    from .relays.failures import WebError, error_response
    from .relays.formats.names import FormatName
    from .relays.relaying import relay
    from .ui_messages import chat_messages_of

if TYPE_CHECKING:
    from fastapi.params import Depends as Dependency
    from starlette.types import Receive, Scope, Send

    from ..tools.toolbox import ToolLike

__all__ = ["ChatBody", "Client", "ErrorBody", "ErrorObject", "application_client", "create_chat_router"]


async def application_client(request: HTTPConnection) -> AsyncOpenRouter:
    """Return the client of the application; for tests that put another one in its place, by `dependency_overrides`."""
    # FastAPI gives each call of a plain function to one of its 40 threads, which may all be busy.
    return client_of(request)


Client = Annotated[AsyncOpenRouter, Depends(application_client)]
"""The client of an application made with `lifespan=openrouter_lifespan()`, as a parameter of a handler."""

_OF_USE_CHAT = frozenset({"id", "trigger", "messageId"})
"""What `useChat` sends besides the messages."""


class ChatBody(BaseModel):
    """A chat: its messages, and any parameter of `client.chat.stream` besides those that are named here."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    messages: Annotated[list[dict[str, JsonValue]], Field(min_length=1)]
    """As the service takes them; of `useChat`, where the router writes `ai-sdk`."""
    model: str | None = None
    """Default: the client's."""
    temperature: float | None = None
    max_tokens: int | None = None


class ErrorObject(BaseModel):
    """The reason for a missing or incomplete answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    message: str
    code: int
    type: str
    """The class of the failure, such as `RateLimited`."""
    advice: str | None = None
    """What to do."""
    retry_after: float | None = None
    """Seconds."""
    generation_id: str | None = None


class ErrorBody(BaseModel):
    """The body of an error status."""

    error: ErrorObject


def create_chat_router(
    client: AsyncOpenRouter,
    *,
    format: FormatName = "events",
    tools: Sequence[ToolLike] = (),
    models: Collection[str] | None = None,
    budget: Spend | Decimal | str | float | None = None,
    max_messages: int = 1000,
    max_concurrent_streams: int = 100,
    dependencies: Sequence[Dependency] = (),
) -> APIRouter:
    """Return a router with `POST /chat`, whose answer is a relay.

    ```python
    app = FastAPI(lifespan=openrouter_lifespan(client))
    app.include_router(create_chat_router(client, dependencies=[Depends(signed_in)]), prefix="/api")
    ```

    Args:
        client: Stays open as long as the router is used.
        format: The format of the answer: `events`, `openai`, `ai-sdk` or `text`. With `ai-sdk` the body is that of
            `useChat`.
        tools: The tools of the chats, which run here.
        models: The allowed models. Default: all.
        budget: US dollars that may be spent through this router, or a `client.track()` of your own that counts it.
        max_messages: The most messages in a request. More get a 413.
        max_concurrent_streams: The most concurrent answers. More requests get a 429.
        dependencies: Run before each request; see FastAPI.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    policy = ChatPolicy(client, tools=tools, models=models, max_messages=max_messages)
    slots = StreamSlots(client, budget, max_concurrent_streams)

    class GatedRoute(APIRoute):
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            # Around the response as well, which a dependency is not.
            try:
                await StreamGate(super().handle, slots=slots)(scope, receive, send)
            except WebError as error:
                await error_response(error)(scope, receive, send)

    told = {400: "The request is wrong.", 402: "There is no money left.", 429: "Too many requests."}
    responses: dict[int | str, dict[str, object]] = {
        status: {"model": ErrorBody, "description": description} for status, description in told.items()
    }
    responses[200] = {
        "description": "The answer while it is written.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
    router = APIRouter(route_class=GatedRoute, dependencies=[*dependencies])

    @router.post(
        "/chat",
        response_class=Response,
        responses=responses,
        summary="Chat with a model; the answer is streamed.",
        operation_id="chat",
    )
    async def chat(body: ChatBody) -> Response:
        asked = body.model_dump(exclude_unset=True)
        if format.startswith("ai-sdk"):
            asked = {name: value for name, value in asked.items() if name not in _OF_USE_CHAT}
            try:
                asked["messages"] = chat_messages_of(asked["messages"])
            except ConfigurationError as error:
                raise WebError(400, error.message) from error
        return relay(policy.reply(policy.request(asked, is_ours=True)), format=format)

    return router
