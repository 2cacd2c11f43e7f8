"""A run of tools that asks the user before one of them is called.

    uvicorn examples.fastapi_approval:app
    curl -iN localhost:8000/runs -H 'content-type: application/json' -d '{"text": "Remove the old logs."}'
    curl -N localhost:8000/runs/ID/decision -H 'content-type: application/json' -d '{"approve": true}'

The first answer ends with `"status": "paused"` and the calls that wait, and names the run in the header `run-id`. A
paused run is stored as JSON, so a database could store it too, and another process could resume it.
"""

from __future__ import annotations

import os
import uuid
from typing import Any

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, PausedRun, Run, max_steps, tool
from openrouter_async.server import openrouter_lifespan, relay
from openrouter_async.server.fastapi import Client

app = FastAPI(lifespan=openrouter_lifespan(AsyncOpenRouter(default_model=os.environ.get("OPENROUTER_MODEL"))))
files = {"/var/log/new.log": "today", "/var/log/old.log": "last year"}
waiting: dict[str, str] = {}
"""Runs that wait for a decision, by their ids."""


class Task(BaseModel):
    text: str = Field(min_length=1, max_length=4_000)


class Decision(BaseModel):
    approve: bool
    reason: str = ""


@tool
async def list_files() -> dict[str, str]:
    """List files, with the time of their last change."""
    return files


@tool(needs_approval=True)
async def remove(path: str) -> str:
    """Remove a file."""
    return "removed" if files.pop(path, None) else "there is no such file"


@app.post("/runs")
async def begin(task: Task, client: Client) -> Response:
    return _go_on(client, str(uuid.uuid4()), task.text)


@app.post("/runs/{id}/decision")
async def decide(id: str, decision: Decision, client: Client) -> Response:
    kept = waiting.pop(id, None)
    if kept is None:
        raise HTTPException(404, "no such run waits for a decision")
    paused = PausedRun.from_json(kept)
    return _go_on(client, id, paused.approve() if decision.approve else paused.reject(reason=decision.reason))


def _go_on(client: AsyncOpenRouter, id: str, messages: str | PausedRun) -> Response:
    async def keep(run: Run[Any]) -> None:
        if run.paused is not None:
            waiting[id] = run.paused.model_dump_json()

    stream = client.chat.run_stream(messages, tools=[list_files, remove], stop=max_steps(8))
    return relay(stream, headers={"run-id": id}, on_finish=keep)
