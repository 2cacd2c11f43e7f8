"""The application of the page: `uvicorn --factory tests.page.use_chat.app:make --workers 2`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async.server import (
    RelayOutcome,
    SQLiteStreams,
    chat_messages_of,
    openrouter_lifespan,
    relay,
    resume,
)
from openrouter_async.server.fastapi import Client

__all__ = ["make", "variables"]

PAGE = '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type=module src="/page.js"></script>'


class Question(BaseModel):
    """What `useChat` posts."""

    id: str
    messages: list[dict[str, Any]]


def variables(base_url: str, key: str, folder: Path, format: str) -> dict[str, str]:
    """Return the environment of the workers; the folder has `page.js`, and gets the chats and their streams."""
    place = {"CHAT_SERVICE": base_url, "CHAT_KEY": key, "CHAT_FOLDER": str(folder), "CHAT_FORMAT": format}
    return {**os.environ, **place}


def make() -> FastAPI:
    """Return the application."""
    folder = Path(os.environ["CHAT_FOLDER"])
    store = SQLiteStreams(folder / "streams.sqlite", lease=2)
    client = AsyncOpenRouter(
        os.environ["CHAT_KEY"],
        base_url=os.environ["CHAT_SERVICE"],
        default_model="openai/gpt-4.1-mini",
        retries=Retries(attempts=1),
    )
    app = FastAPI(lifespan=openrouter_lifespan(client))
    # Without keep-alive each request may reach either worker.
    headers = {"x-worker": str(os.getpid()), "connection": "close"}

    def save(id: str, messages: list[dict[str, Any]]) -> None:
        fresh = folder / f"{id}.{os.getpid()}"
        fresh.write_text(json.dumps(messages))
        fresh.replace(folder / f"{id}.json")

    @app.post("/api/chat")
    async def chat(question: Question, client: Client) -> Response:
        save(question.id, question.messages)

        async def keep(outcome: RelayOutcome) -> None:
            if outcome.kind == "finished" and outcome.reply is not None:
                part = {"type": "text", "text": outcome.reply.text}
                answer = {"id": outcome.reply.id, "role": "assistant", "parts": [part]}
                save(question.id, [*question.messages, answer])

        return relay(
            client.chat.stream(chat_messages_of(question.messages)),
            format=os.environ["CHAT_FORMAT"],  # type: ignore[arg-type]  # one of its values
            resumable=store,
            id=question.id,
            on_end=keep,
            headers=headers,
        )

    @app.get("/api/chat/{id}/stream")
    async def again(id: str) -> Response:
        return resume(store, id, headers=headers)

    @app.get("/api/chat/{id}")
    async def messages(id: str) -> JSONResponse:
        path = folder / f"{id}.json"
        return JSONResponse(json.loads(path.read_text()) if path.exists() else [], headers=headers)

    @app.get("/page.js")
    async def script() -> FileResponse:
        return FileResponse(folder / "page.js", headers=headers)

    @app.get("/chats/{id}")
    async def page(id: str) -> HTMLResponse:
        return HTMLResponse(PAGE, headers=headers)

    return app
