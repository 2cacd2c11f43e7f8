"""For FastAPI applications: the client as a dependency, and a typed router of chats under the application's own rules.

The router has no page and no guard of its own: who may call it, how large a request may be, and which other sites may
read it, the application says by its dependencies and middleware. `create_router` is the one that says it itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from .._checks import seconds
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
    from .relays.relaying import OnEnd, relay
    from .relays.resuming import resume
    from .relays.streams.store import StreamStore, check_id
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

_OF_USE_CHAT = frozenset({"trigger", "messageId"})
"""What `useChat` sends besides the id and the messages."""


class ChatBody(BaseModel):
    """A chat: its messages, and any parameter of `client.chat.stream` besides those that are named here."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    messages: Annotated[list[dict[str, JsonValue]], Field(min_length=1)]
    """As the service takes them; of `useChat`, where the router writes `ai-sdk`."""
    id: str | None = None
    """Of the chat, under which its answer can be resumed; `useChat` sends it."""
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
    resumable: StreamStore | None = None,
    owner: Dependency | None = None,
    grace: float = 30.0,
    on_end: OnEnd | None = None,
    dependencies: Sequence[Dependency] = (),
) -> APIRouter:
    """Return a router with `POST /chat`, whose answer is a relay; with a store it is resumable.

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
        resumable: The store of answers that continue while the browser reloads. Adds `GET /chat/{id}/stream`, which
            `useChat({ resume: true })` asks, and `DELETE`, which stops an answer. The application needs
            `lifespan=openrouter_lifespan()`.
        owner: `Depends(...)` of a function that names the user of a request, so users cannot read each other's
            answers. Without one, anyone who knows the id of a chat can.
        grace: Seconds without a reader after which a resumable answer ends.
        on_end: Awaited with a `RelayOutcome` when an answer ends in any way.
        dependencies: Run before each request; see FastAPI.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    seconds("grace", grace)
    policy = ChatPolicy(client, tools=tools, models=models, max_messages=max_messages)
    slots = StreamSlots(client, budget, max_concurrent_streams)

    class GatedRoute(APIRoute):
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            # Around the response as well, which a dependency is not.
            try:
                handle = super().handle
                # A resumable answer outlives its request, and takes its slot itself.
                await (StreamGate(handle, slots=slots) if resumable is None else handle)(scope, receive, send)
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
    of_user: object = owner or Depends(_nobody)
    router = APIRouter(route_class=GatedRoute, dependencies=[*dependencies])

    @router.post(
        "/chat",
        response_class=Response,
        responses=responses,
        summary="Chat with a model; the answer is streamed.",
        operation_id="chat",
    )
    async def chat(body: ChatBody, user: object = of_user) -> Response:
        asked = body.model_dump(exclude_unset=True)
        asked.pop("id", None)
        if format.startswith("ai-sdk"):
            asked = {name: value for name, value in asked.items() if name not in _OF_USE_CHAT}
            try:
                asked["messages"] = chat_messages_of(asked["messages"])
            except ConfigurationError as error:
                raise WebError(400, error.message) from error
        reply = policy.reply(policy.request(asked, is_ours=True))
        if resumable is None:
            return relay(reply, format=format, on_end=on_end)
        key = _key(user, body.id)
        return relay(
            reply, format=format, on_end=on_end, within=slots.take, resumable=resumable, id=key, grace=grace
        )

    if resumable is not None:
        _add_resuming(router, resumable, of_user)
    return router


def _add_resuming(router: APIRouter, store: StreamStore, of_user: object) -> None:
    """Add the routes by which an answer is read again and stopped."""

    @router.get(
        "/chat/{id}/stream",
        response_class=Response,
        responses={204: {"description": "No answer is being written."}},
        summary="Read the answer that is being written.",
        operation_id="resume_chat",
    )
    async def again(id: str, user: object = of_user) -> Response:
        return resume(store, _key(user, id))

    @router.delete(
        "/chat/{id}/stream",
        status_code=204,
        response_class=Response,
        responses={404: {"description": "No answer is being written."}},
        summary="Stop the answer that is being written.",
        operation_id="stop_chat",
    )
    async def stop(id: str, user: object = of_user) -> Response:
        return Response(status_code=204 if await store.stop(_key(user, id)) else 404)


def _nobody() -> None:
    """Name no user."""


def _key(user: object, id: str | None) -> str:
    """Return the name of a chat's stream in the store; a user cannot make one that is another's."""
    if not id:
        raise WebError(
            400, "id is missing; expected the id of the chat, under which its answer can be resumed"
        )
    owner = "" if user is None else str(user)
    try:
        return check_id(f"{len(owner)}:{owner}/{id}")
    except ConfigurationError as error:
        raise WebError(400, error.message) from error
