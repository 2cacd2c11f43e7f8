"""One HTML file with a chat in it, and the route that streams to it.

    uvicorn examples.page.app:app
    open http://localhost:8000

The page is plain JavaScript without a build. It shows text as it arrives, reasoning, the cost, and errors as what they
are: a stream that breaks off says so below the text so far. Its button Stop cancels the request to the model.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, system
from openrouter_async.server import openrouter_lifespan, relay
from openrouter_async.server.fastapi import Client

MODEL = os.environ.get("OPENROUTER_MODEL", "openai/gpt-4.1-mini")
app = FastAPI(lifespan=openrouter_lifespan(AsyncOpenRouter(default_model=MODEL)))


class Message(BaseModel):
    role: Literal["user", "assistant"]
    content: str = Field(min_length=1, max_length=20_000)


class Chat(BaseModel):
    messages: list[Message] = Field(min_length=1, max_length=50)


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("index.html"))


@app.post("/chat")
async def chat(chat: Chat, client: Client) -> Response:
    messages = [system("You are brief."), *(message.model_dump() for message in chat.messages)]
    return relay(client.chat.stream(messages, max_completion_tokens=1_000))
