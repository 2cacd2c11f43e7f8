"""A null is left out where its schema takes none and need not have the property, and nowhere else."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue

from openrouter_async import Schema, SchemaMismatch
from openrouter_async.structured.reading.reply import read_output
from openrouter_async.structured.schemas.optional import without_nulls
from openrouter_async.types.chat.completion import ChatCompletion


class Line(BaseModel):
    text: str
    count: int = 1


class Leaf(BaseModel):
    kind: Literal["leaf"]
    weight: int = 0


class Branch(BaseModel):
    kind: Literal["branch"]
    left: Node | None = None
    weight: int = 0


Node = Annotated[Leaf | Branch, Field(discriminator="kind")]


class Order(BaseModel):
    name: str
    size: Literal["s", "m"] = "m"
    note: str | None = "none"
    lines: list[Line] = []
    first: Line | None = None
    stock: dict[str, int] = {}
    pair: tuple[Line, int] | None = None
    root: Branch | None = None


SCHEMA = Schema.from_type(Order)


def read(value: object) -> object:
    choice = {"message": {"content": json.dumps(value)}, "finish_reason": "stop"}
    reply: ChatCompletion = ChatCompletion.model_validate({"choices": [choice]})
    return read_output(reply, SCHEMA).output


@pytest.mark.parametrize(
    ("value", "order"),
    [
        ({"name": "a", "size": None}, Order(name="a")),
        ({"name": "a", "note": None}, Order(name="a", note=None)),
        ({"name": "a", "lines": None, "stock": None}, Order(name="a")),
        ({"name": "a", "lines": [{"text": "x", "count": None}]}, Order(name="a", lines=[Line(text="x")])),
        ({"name": "a", "first": {"text": "x", "count": None}}, Order(name="a", first=Line(text="x"))),
        ({"name": "a", "size": None, "stock": '{"x": 1}'}, Order(name="a", stock={"x": 1})),
    ],
)
def test_null_for_what_may_be_left_out_is_its_default(value: object, order: Order) -> None:
    assert read(value) == order


@pytest.mark.parametrize(
    "value",
    [
        {"name": None},
        {"name": "a", "stock": {"x": None}},
        {"name": "a", "stock": {"count": None, "size": None}},
        {"name": "a", "lines": [None]},
        {"name": "a", "lines": [{"text": None, "count": None}]},
        {"name": "a", "size": None, "first": 3},
    ],
    ids=["required", "of a map", "of a map, named as a property", "an item", "both", "beside another fault"],
)
def test_any_other_null_is_refused(value: object) -> None:
    with pytest.raises(SchemaMismatch):
        read(value)


@pytest.mark.parametrize(
    ("path", "is_found"),
    [
        (("pair", 0, "count"), True),
        (("pair", 0, "text"), False),
        (("pair", 1), False),
        (("nowhere", "count"), False),
        (("lines", 9, "count"), False),
        ((), False),
    ],
)
def test_a_null_is_found_by_its_path(path: tuple[str | int, ...], is_found: bool) -> None:
    value: JsonValue = {"pair": [{"text": None, "count": None}, None], "lines": []}
    kept = deepcopy(value)
    less = without_nulls(value, [path], SCHEMA.document)
    assert less == ({"pair": [{"text": None}, None], "lines": []} if is_found else None)
    assert value == kept


def test_unions_of_themselves_are_followed_without_growing() -> None:
    value: JsonValue = {"kind": "leaf", "weight": None}
    for _ in range(60):
        value = {"kind": "branch", "left": value}
    path = (*["left"] * 60, "weight")
    assert without_nulls({"root": value}, [("root", *path)], SCHEMA.document) is not None
