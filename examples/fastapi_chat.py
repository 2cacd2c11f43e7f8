"""A chat whose answer is streamed to the browser.

    uvicorn examples.fastapi_chat:app
    curl -N localhost:8000/chat -H 'content-type: application/json' -d '{"text": "Tell a story."}'

When the browser goes away, the request to the model is cancelled, and nothing more is paid for.
"""

from __future__ import annotations

import os
from typing import Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, system, user
from openrouter_async.server import openrouter_lifespan, relay
from openrouter_async.server.fastapi import Client

app = FastAPI(lifespan=openrouter_lifespan(AsyncOpenRouter(default_model=os.environ.get("OPENROUTER_MODEL"))))


class Question(BaseModel):
    text: str = Field(min_length=1, max_length=4_000)


@app.post("/chat")
async def chat(
    question: Question, client: Client, format: Literal["ai-sdk", "events", "openai", "text"] = "events"
) -> Response:
    messages = [system("You answer in one paragraph."), user(question.text)]
    return relay(client.chat.stream(messages, max_completion_tokens=500), format=format)
