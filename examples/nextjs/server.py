"""The Python side of a Next.js chat: `useChat` of the AI SDK, with a tool that asks the user first.

    cd examples/nextjs
    npm install
    npm run dev       # this server and Next.js; open http://localhost:3000

`next.config.ts` sends /api/... to this server, so the page needs no address and no key.
"""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI, Response
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, PausedRun, Run, max_cost, max_steps, tool
from openrouter_async.server import chat_messages_of, openrouter_lifespan, relay, with_approvals
from openrouter_async.server.fastapi import Client

MODEL = os.environ.get("OPENROUTER_MODEL", "openai/gpt-4.1-mini")
app = FastAPI(lifespan=openrouter_lifespan(AsyncOpenRouter(default_model=MODEL)))
paused: dict[str, str] = {}
"""Runs that wait for the user, by chat; use a database where several workers share the chats."""


class Chat(BaseModel):
    id: str
    messages: list[dict[str, Any]]


@tool
async def weather(city: str) -> dict[str, str | int]:
    """Tell the weather of a city."""
    return {"city": city, "sky": "rain", "degrees": 12}


@tool(needs_approval=True)
async def send_mail(to: str, text: str) -> str:
    """Send an e-mail."""
    return f"sent to {to}"


@app.post("/api/chat")
async def chat(chat: Chat, client: Client) -> Response:
    async def keep(run: Run[Any]) -> None:
        if run.paused is not None:
            paused[chat.id] = run.paused.model_dump_json()

    asked: Any = chat_messages_of(chat.messages)
    if stored := paused.pop(chat.id, None):
        decided = with_approvals(PausedRun.from_json(stored), chat.messages)
        if not decided.undecided:  # otherwise the user wrote something instead
            asked = decided
    run = client.chat.run_stream(asked, tools=[weather, send_mail], stop=max_steps(8) | max_cost("0.10"))
    return relay(run, format="ai-sdk", on_finish=keep)
