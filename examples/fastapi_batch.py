"""A batch in the background, with its progress over server-sent events.

    uvicorn examples.fastapi_batch:app
    curl localhost:8000/batches -H 'content-type: application/json' -d '{"prompts": ["Name a fish.", "Name a river."]}'
    curl -N localhost:8000/batches/ID/events
    curl localhost:8000/batches/ID

The batch belongs to the application, not to the request that began it: whoever watches may go away and come back. It
ends with the application; with `journal=` it could be taken up again.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import anyio
from anyio.abc import TaskGroup
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, Done, OpenRouterError
from openrouter_async.server import openrouter_lifespan
from openrouter_async.server.fastapi import Client


@dataclass
class Job:
    """One batch and its results."""

    total: int
    results: dict[str, str | None] = field(default_factory=dict)
    """By prompt; None for one that failed."""
    cost: str = "0"
    error: str | None = None
    is_over: bool = False
    changed: anyio.Event = field(default_factory=anyio.Event)

    def told(self) -> dict[str, Any]:
        failed = sum(answer is None for answer in self.results.values())
        told = {"done": len(self.results), "failed": failed, "total": self.total, "cost": self.cost}
        return {**told, "error": self.error, "is_over": self.is_over}

    def change(self) -> None:
        """Wake whoever watches."""
        self.changed.set()
        self.changed = anyio.Event()

    async def run(self, client: AsyncOpenRouter, prompts: list[str]) -> None:
        try:
            async with client.batch(prompts, concurrency=8, budget="1.00", max_tokens=100) as batch:
                async for item in batch.ordered():
                    answer = item.output if isinstance(item, Done) else None
                    self.results[prompts[len(self.results)]] = answer
                    self.cost = str(batch.progress.cost)
                    self.change()
        except OpenRouterError as error:  # the budget or the credits are spent, the key is wrong
            self.error = error.message
        finally:
            self.is_over = True
            self.change()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    client = AsyncOpenRouter(default_model=os.environ.get("OPENROUTER_MODEL"))
    async with openrouter_lifespan(client)(app) as state, anyio.create_task_group() as background:
        yield {**state, "background": background}
        background.cancel_scope.cancel()


app = FastAPI(lifespan=lifespan)
jobs: dict[str, Job] = {}


class Prompts(BaseModel):
    prompts: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=1_000)]


def _job(id: str) -> Job:
    if id not in jobs:
        raise HTTPException(404, "there is no such batch")
    return jobs[id]


@app.post("/batches", status_code=202)
async def begin(body: Prompts, request: Request, client: Client) -> dict[str, str]:
    prompts = list(dict.fromkeys(body.prompts))
    id, job = str(uuid.uuid4()), Job(total=len(prompts))
    jobs[id] = job
    background: TaskGroup = request.state.background
    background.start_soon(job.run, client, prompts)
    return {"id": id}


@app.get("/batches/{id}")
async def results(id: str) -> dict[str, Any]:
    job = _job(id)
    return {**job.told(), "results": job.results}


@app.get("/batches/{id}/events")
async def progress(id: str) -> StreamingResponse:
    job = _job(id)

    async def events() -> AsyncIterator[str]:
        while True:
            changed = job.changed
            yield f"data: {json.dumps(job.told())}\n\n"
            if job.is_over:
                return
            await changed.wait()

    headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)
