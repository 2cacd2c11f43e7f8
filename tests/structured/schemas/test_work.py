"""Recursive unions: any schema of them is converted, and no reply keeps the loop."""

from __future__ import annotations

import time
from random import Random
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue

from openrouter_async.errors import ConfigurationError
from openrouter_async.structured.schema import Schema
from openrouter_async.structured.schemas.violations import SchemaViolation
from openrouter_async.structured.schemas.work import MAX_STEPS, branching


class Get(BaseModel):
    key: str
    default: Call | Get | None = None


class Call(BaseModel):
    default: Call | Get | None


class Loop(BaseModel):
    calls: list[Loop | Step] = []
    step: Step | Loop | None = None


class Step(BaseModel):
    loop: Loop | Step | None = None


class Sum(BaseModel):
    op: Literal["sum"]
    left: Term
    right: Term


class Product(BaseModel):
    op: Literal["product"]
    left: Term
    right: Term


class Number(BaseModel):
    op: Literal["number"]
    value: float


Term = Annotated[Sum | Product | Number, Field(discriminator="op")]


@pytest.mark.parametrize("type_", [Get, Call, Loop, Step, Sum, list[Loop | Call]])
def test_types_that_hold_each_other_have_a_strict_form(type_: Any) -> None:
    schema: Schema[Any] = Schema.from_type(type_)
    assert schema.strict.schema["type"] == "object"
    assert schema.describe()


def random_schema(draw: Random, depth: int) -> dict[str, Any]:
    """Return a schema of unions and references, in which nothing keeps it from being recursive."""
    kind = draw.choice(
        ["ref", "ref", "union", "union", "object", "array", "map", "scalar"] if depth else ["ref"]
    )
    match kind:
        case "ref":
            return {"$ref": f"#/$defs/{draw.choice('ABC')}"}
        case "union":
            return {
                draw.choice(["anyOf", "oneOf"]): [
                    random_schema(draw, depth - 1) for _ in range(draw.choice([2, 3]))
                ]
            }
        case "array":
            return {"type": "array", "items": random_schema(draw, depth - 1)}
        case "map":
            return {"type": "object", "additionalProperties": random_schema(draw, depth - 1)}
        case "object":
            properties = {name: random_schema(draw, depth - 1) for name in draw.sample("pqr", 2)}
            required = [name for name in properties if draw.random() < 0.5]
            return {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
            }
        case _:
            return draw.choice([{"type": "string"}, {"type": "null"}, {"const": 1}])


def test_no_schema_of_unions_raises_anything_but_a_configuration_error() -> None:
    converted = 0
    for seed in range(2_000):
        draw = Random(seed)
        document = {"$defs": {name: random_schema(draw, 3) for name in "ABC"}, **random_schema(draw, 2)}
        try:
            schema = Schema.from_json_schema(document)
            schema.strict  # noqa: B018  # it is made when it is asked for
        except ConfigurationError:
            continue
        assert schema.describe()
        converted += 1
    assert converted > 500


class Left(BaseModel):
    inner: Left | Right | None
    x: int


class Right(BaseModel):
    inner: Left | Right | None
    y: int


RAW: dict[str, Any] = {
    "$defs": {
        "node": {
            "anyOf": [
                {"type": "object", "properties": {"in": {"$ref": "#/$defs/node"}}, "required": ["in", name]}
                for name in ("x", "y")
            ]
            + [{"type": "null"}]
        }
    },
    "$ref": "#/$defs/node",
}


def nested(key: str, levels: int, last: dict[str, JsonValue]) -> JsonValue:
    value: JsonValue = None
    for _ in range(levels):
        value = {key: value, **last}
    return value


@pytest.mark.parametrize("levels", [3, 12, 25, 90])
def test_a_value_that_would_take_forever_is_refused_before_it_is_looked_at(levels: int) -> None:
    schemas: list[tuple[Schema[Any], str]] = [
        (Schema.from_type(Left | Right | None), "inner"),
        (Schema.from_json_schema(RAW), "in"),
    ]
    for schema, key in schemas:
        begun = time.process_time()
        with pytest.raises(SchemaViolation) as caught:
            schema.read_value(nested(key, levels, {}))
        assert len(caught.value.violations) <= 100
        assert time.process_time() - begun < 20  # it took minutes


def test_what_fits_is_taken_as_deep_as_it_may_be() -> None:
    value = nested("in", 12, {"x": 1})
    assert Schema.from_json_schema(RAW).read_value(value) == value
    term: JsonValue = {"op": "number", "value": 1.0}
    for level in range(60):  # a union with a tag is held against one arm
        term = {"op": ("sum", "product")[level % 2], "left": term, "right": {"op": "number", "value": 2.0}}
    assert Schema.from_type(Sum | Product).read_value(term)


def test_only_unions_with_several_arms_that_lead_back_are_counted() -> None:
    class Comment(BaseModel):
        text: str
        answers: list[Comment | str] = []

    assert branching(Schema.from_type(Comment).json_schema, uses_tags=True) is None
    work = branching(Schema.from_type(Left).json_schema, uses_tags=True)
    assert work is not None
    assert not work.is_too_much(nested("inner", 4, {"x": 1}))
    assert work.is_too_much(nested("inner", 40, {"x": 1}))
    assert MAX_STEPS >= 10_000
