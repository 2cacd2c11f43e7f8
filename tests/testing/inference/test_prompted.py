"""A model without schemas answers with a value too: the emulator reads the prompt that asks for it."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Annotated, Any, Literal

import anyio
import pytest
from pydantic import BaseModel, Field

from openrouter_async import AsyncOpenRouter, Example, Output, schema_prompt, system, user
from openrouter_async.structured.schema import Schema
from openrouter_async.testing import Emulator
from openrouter_async.testing.inference.prompted import schema_in
from openrouter_async.testing.inference.schema_values import Words, value_for


class Size(Enum):
    SMALL = "small, and cheap"
    LARGE = "large"


class Part(BaseModel):
    name: Annotated[str, Field(min_length=1, description="As on the box: (brand) name // model")]
    parts: list[Part] = []


@dataclass
class Machine:
    part: Part
    price: Annotated[float, Field(gt=0, lt=1)]
    size: Size
    made: dt.date
    other: Annotated[int, Field(ge=3)] | Annotated[str, Field(pattern=r"^(a|b)\d+\)$")] | None
    codes: dict[int, Literal["x", 1, None, True]]
    place: tuple[int, str] | None = None
    more: tuple[float, ...] = ()


class Circle(BaseModel):
    shape: Literal["circle"]
    radius: float


class Square(BaseModel):
    shape: Literal["square"]
    side: float


TYPES: list[Any] = [
    Machine, Part, list[Part], dict[str, Size], tuple[int, str, bool], Circle | Square, int, str, dt.datetime,
    Literal["yes", "no"], Part | None, list[int | list[str]], Any, list[dict[str, list[Machine]]],
]  # fmt: skip


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("own", [None, "Be terse.\nThis is the tone:\n{dry} and\n[short]"])
def test_the_schema_prompt_is_understood(type_: Any, own: str | None) -> None:
    schema: Schema[Any] = Schema.from_type(type_)
    found = schema_in([schema_prompt(schema, system=own)])
    assert found is not None
    for seed in range(5):
        value: Any = value_for(found, Words("Go.", Random(seed)))
        assert schema.read_value(value["value"] if schema.is_wrapped else value) is not ...


def test_a_json_schema_in_a_text_is_understood() -> None:
    document = Part.model_json_schema()
    for text in (
        f"Match the json_schema:\n{json.dumps(document, indent=2)}\nOnly JSON!",
        json.dumps(document),
    ):
        assert schema_in([text]) == document


def test_a_value_drawn_in_the_words_of_others_is_understood() -> None:
    lines = (
        '"name": string,  // at least 3 characters',
        '"size": "s" | "m" | null,',
        '"n": [integer, ...]',
    )
    drawn = "Answer as:\n{\n" + "\n".join(lines) + "\n}"
    assert schema_in([drawn]) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "at least 3 characters"},
            "size": {"anyOf": [{"const": "s"}, {"const": "m"}, {"type": "null"}]},
            "n": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["name", "size", "n"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "You are a helpful assistant.",
        "Rules:\n- be kind\n- be short",
        'Answer like this: {"answer": "..."}',
        "These are examples:\n[1, 2, oops",
        "The answer is:\nYes",
        "A picture:\n{\n  unquoted: text\n}",
        "{" * 3_000,
        ":\n" + "[" * 3_000,
    ],
)
def test_other_prompts_hold_no_schema(text: str) -> None:
    assert schema_in([text]) is None


PLAIN: Any = {"id": "maker/plain", "supported_parameters": ["temperature"]}


@pytest.mark.loopback
@pytest.mark.parametrize("path", ["prompted", "auto"])
def test_every_kind_of_model_answers_with_a_value(path: Any) -> None:
    async def asked() -> Counter[str]:
        texts: Counter[str] = Counter()
        async with (
            Emulator(models=[PLAIN, "maker/native"]) as emulator,
            AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client,
        ):
            for model in ("maker/plain", "maker/native", None):
                for number in range(12):
                    wanted = Output(Machine, path=path, attempts=1)
                    reply = await client.chat.create(f"Machine {number}, please.", model=model, output=wanted)
                    assert isinstance(reply.output, Machine)
                    texts[reply.text[:4]] += 1
        return texts

    openings = anyio.run(asked)
    assert openings["```j"]
    assert openings['{"pa']


@pytest.mark.loopback
def test_examples_in_the_prompt_do_no_harm() -> None:
    async def asked() -> list[int]:
        wanted = Output(list[int], examples=[Example([2, 3], input="The first primes")], attempts=1)
        async with (
            Emulator(models=[PLAIN]) as emulator,
            AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client,
        ):
            return (await client.chat.create("Primes.", model="maker/plain", output=wanted)).output

    assert all(isinstance(each, int) for each in anyio.run(asked))


@pytest.mark.loopback
@pytest.mark.parametrize("role", [system, user])
def test_json_that_is_asked_for_comes_alone(role: Any) -> None:
    schema = json.dumps(Part.model_json_schema())

    async def asked() -> list[str]:
        async with (
            Emulator() as emulator,
            AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client,
        ):
            messages = [role(f"Fit this schema: {schema}"), user("A lamp.")]
            replies = [
                await client.chat.create(
                    messages, model="openai/gpt-4o-mini", response_format={"type": "json_object"}, seed=seed
                )
                for seed in range(5)
            ]
        return [reply.text for reply in replies]

    for text in anyio.run(asked):
        assert Part.model_validate_json(text)
