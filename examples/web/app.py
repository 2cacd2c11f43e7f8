"""A chat product: tools, approval, files, branches, and a budget for each user, on any number of workers.

    uvicorn examples.web.app:app --workers 2 --timeout-graceful-shutdown 10

Who the user is, a proxy says in the header `x-user`. All that workers share is in files of the folder `DATA`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel

from openrouter_async import (
    AsyncOpenRouter,
    Conversation,
    CostLog,
    CostRow,
    RunStream,
    file,
    open_ledger,
    tool,
    user,
)
from openrouter_async.server import RelayOutcome, SQLiteStreams, openrouter_lifespan, relay, resume_routes
from openrouter_async.server.fastapi import Client

from .chats import DATA, Chats

Stream = AbstractAsyncContextManager[RunStream[str]]

chats = Chats(DATA / "chats.db")
streams = SQLiteStreams(DATA / "streams.db")
costs = CostLog(DATA / "costs.db")


def new_client() -> AsyncOpenRouter:
    return AsyncOpenRouter(default_model=os.environ.get("OPENROUTER_MODEL"), hooks=[costs])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    async with open_ledger(DATA / "budgets.db") as ledger, openrouter_lifespan(new_client)(app) as state:
        yield {**state, "ledger": ledger}


app = FastAPI(lifespan=lifespan)


@tool
async def search(words: str) -> list[str]:
    """Find articles of the shop."""
    return [article for article in ("a red lamp", "a blue lamp", "a chair") if words in article]


@tool(needs_approval=True)
async def order(article: str, count: int = 1) -> str:
    """Order an article."""
    return f"ordered {count} of {article}"


class Question(BaseModel):
    text: str
    files: list[str] = []
    """Names of files that were uploaded to the chat."""


class Decision(BaseModel):
    approve: bool


class Place(BaseModel):
    turn: int


User = Annotated[str, Header(alias="x-user")]


async def owned(id: str, x_user: User) -> str:
    """Return the id of a chat of the user."""
    if chats.owner(id) != x_user:
        raise HTTPException(404, "there is no such chat")
    return id


Chat = Annotated[str, Depends(owned)]


def open_chat(id: str, user: str, client: AsyncOpenRouter) -> Conversation:
    own = client.with_options(params={"user": user})
    return own.conversation(history=chats.history(id), tools=[search, order], keep_partial=True)


def answer(request: Request, id: str, user: str, talk: Conversation, stream: Stream) -> Response:
    async def keep(outcome: RelayOutcome) -> None:
        chats.save(id, talk.model_dump_json())

    budget = request.state.openrouter.track(
        request.state.ledger.budget(f"user:{user}", "5.00", every="month")
    )
    return relay(stream, resumable=streams, id=id, budget=budget, on_end=keep)


@app.post("/chats", status_code=201)
async def begin(x_user: User) -> dict[str, str]:
    return {"id": chats.add(x_user)}


@app.get("/chats/{id}")
async def read(id: Chat, x_user: User, client: Client) -> dict[str, Any]:
    talk = open_chat(id, x_user, client)
    waiting = [each.call.name for each in talk.paused.waiting] if talk.paused else []
    return {"messages": talk.messages, "waiting": waiting}


@app.put("/chats/{id}/files/{name}", status_code=204)
async def upload(id: Chat, name: str, request: Request) -> None:
    chats.keep_file(id, name, await request.body())


@app.post("/chats/{id}")
async def ask(id: Chat, question: Question, request: Request, x_user: User, client: Client) -> Response:
    talk = open_chat(id, x_user, client)
    files = [file(data, filename=name) for name in question.files if (data := chats.file(id, name))]
    return answer(request, id, x_user, talk, talk.stream(user(question.text, *files)))


@app.post("/chats/{id}/decision")
async def decide(id: Chat, decision: Decision, request: Request, x_user: User, client: Client) -> Response:
    talk = open_chat(id, x_user, client)
    if talk.paused is None:
        raise HTTPException(409, "nothing waits for a decision")
    decided = talk.paused.approve() if decision.approve else talk.paused.reject()
    return answer(request, id, x_user, talk, talk.stream(decided))


@app.post("/chats/{id}/retry")
async def retry(id: Chat, request: Request, x_user: User, client: Client) -> Response:
    talk = open_chat(id, x_user, client)
    return answer(request, id, x_user, talk, talk.retry_stream())


@app.post("/chats/{id}/branch", status_code=201)
async def branch(id: Chat, place: Place, x_user: User, client: Client) -> dict[str, str]:
    history = open_chat(id, x_user, client).history.first(place.turn)
    return {"id": chats.add(x_user, history.model_dump_json())}


@app.get("/costs")
async def dashboard(x_user: User) -> list[CostRow]:
    return await costs.by("user", "model", "day", user=None if x_user == "admin" else x_user)


@app.get("/healthz")
async def health() -> dict[str, int]:
    return {"worker": os.getpid()}


def stream_of(request: Request) -> str:
    """Return the id of the stream that a request may resume or stop."""
    id = str(request.path_params["id"])
    if chats.owner(id) != request.headers.get("x-user"):
        raise HTTPException(404, "there is no such chat")
    return id


app.router.routes += resume_routes(streams, "/chats/{id}/stream", key=stream_of)
