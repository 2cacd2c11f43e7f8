"""An endpoint that returns a typed value, whole or while it is written.

uvicorn examples.fastapi_structured:app
curl localhost:8000/recipes -H 'content-type: application/json' -d '{"dish": "pancakes"}'
curl -N localhost:8000/recipes/stream -H 'content-type: application/json' -d '{"dish": "pancakes"}'
"""

from __future__ import annotations

import os

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, Refused, StructuredOutputError
from openrouter_async.server import openrouter_lifespan, relay
from openrouter_async.server.fastapi import Client

app = FastAPI(lifespan=openrouter_lifespan(AsyncOpenRouter(default_model=os.environ.get("OPENROUTER_MODEL"))))


class Order(BaseModel):
    dish: str = Field(min_length=1, max_length=100)


class Ingredient(BaseModel):
    name: str
    grams: float = Field(gt=0)


class Recipe(BaseModel):
    title: str
    minutes: int = Field(gt=0)
    ingredients: list[Ingredient]
    steps: list[str]


@app.post("/recipes")
async def recipe(order: Order, client: Client) -> Recipe:
    try:
        reply = await client.chat.create(f"A recipe for {order.dish}.", output=Recipe)
    except Refused as error:
        raise HTTPException(422, "there is no recipe for that") from error
    except StructuredOutputError as error:
        raise HTTPException(502, "the model wrote no recipe; try again") from error
    return reply.output


@app.post("/recipes/stream")
async def recipe_while_it_is_written(order: Order, client: Client) -> Response:
    """Events `partial` contain the recipe so far, and `finished` contains the validated recipe."""
    return relay(client.chat.stream(f"A recipe for {order.dish}.", output=Recipe))
