"""Structured output as a caller writes it; read by type checkers, never run."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, assert_type

from pydantic import BaseModel, Field, JsonValue
from typing_extensions import TypedDict

from openrouter_async import (
    AsyncOpenRouter,
    ChatCompletion,
    EventStream,
    Example,
    Output,
    Schema,
    StructuredCompletion,
)


class City(BaseModel):
    name: str


class Tree(BaseModel):
    children: list[Tree]


@dataclass
class Point:
    x: int


class Movie(TypedDict):
    title: str


class Colour(Enum):
    RED = "red"


async def create(client: AsyncOpenRouter, schema: dict[str, object], wanted: type[City]) -> None:
    create = client.chat.create
    assert_type(await create("hi"), ChatCompletion[str])
    assert_type((await create("hi")).output, str)
    assert_type(await create("hi", output=City), StructuredCompletion[City])
    assert_type((await create("hi", output=City)).output, City)
    assert_type((await create("hi", output=wanted)).output, City)
    assert_type((await create("hi", output=Tree)).output, Tree)
    assert_type((await create("hi", output=Point)).output, Point)
    assert_type((await create("hi", output=Movie)).output, Movie)
    assert_type((await create("hi", output=Colour)).output, Colour)
    assert_type((await create("hi", output=bool)).output, bool)
    assert_type((await create("hi", output=list[int])).output, list[int])
    assert_type((await create("hi", output=dict[str, City])).output, dict[str, City])
    assert_type((await create("hi", output=tuple[int, str])).output, tuple[int, str])
    assert_type((await create("hi", output=int | str)).output, int | str)
    assert_type((await create("hi", output=City | None)).output, City | None)
    assert_type((await create("hi", output=list[City | Point])).output, list[City | Point])
    assert_type((await create("hi", output=Literal["yes", "no"])).output, Literal["yes", "no"])
    assert_type((await create("hi", output=Annotated[int, Field(ge=0)])).output, int)
    assert_type((await create("hi", output=schema)).output, Any)
    assert_type((await create("hi", output={"type": "object"})).output, Any)
    assert_type((await create("hi", output=Schema.from_type(list[City]))).output, list[City])
    assert_type((await create("hi", output=Schema.from_json_schema(schema))).output, Any)
    assert_type((await create("hi", output=Schema.from_examples([{"a": 1}]))).output, Any)
    assert_type((await create("hi", output=Output(City, path="prompted", attempts=3))).output, City)
    assert_type((await create("hi", output=Output(int | str, max_cost="0.01"))).output, int | str)
    assert_type(
        (await create("hi", output=Output(list[int], examples=[Example([1], input="one")]))).output, list[int]
    )
    assert_type((await create("hi", output=Output(Schema.from_type(City)))).output, City)
    reply = await create("hi", output=City, model="a/b", temperature=0)
    assert_type(reply.path, Literal["native", "prompted"])
    assert_type(reply.total_cost, Decimal | None)
    await create([{"role": "user", "content": "hi"}, reply])


async def stream(client: AsyncOpenRouter) -> None:
    assert_type(client.chat.stream("hi"), EventStream[str])
    async with client.chat.stream("hi", output=City) as stream:
        async for partial in stream.partials():
            assert_type(partial, JsonValue)
        assert_type((await stream.final()).output, City)
    async with client.chat.stream("hi", output=int | None) as other:
        assert_type((await other.final()).output, int | None)


async def wrong(client: AsyncOpenRouter) -> None:
    await client.chat.create("hi", output=5)  # type: ignore[call-overload]
    await client.chat.create("hi", output=Output(City, path="fast"))  # type: ignore[call-overload]
    Schema.from_type(5)  # type: ignore[arg-type]
