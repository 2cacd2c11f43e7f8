"""Values as cells of Arrow: a type for what has one form, JSON text for the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pyarrow as pa
import pytest
from pydantic import BaseModel, Field, SecretStr
from typing_extensions import TypedDict

from openrouter_async import Schema
from openrouter_async.tables.value_column import value_column


class Size(Enum):
    SMALL = "small"


class City(BaseModel):
    name: str
    people: int | None = None


class Country(BaseModel):
    capital: City
    others: list[City] = []
    area: float = Field(alias="Area", default=0.0)


class Node(BaseModel):
    name: str
    below: list[Node] = []


@dataclass
class Point:
    x: float
    is_known: bool


class Row(TypedDict):
    id: int


CITY = pa.struct([("name", pa.string()), ("people", pa.int64())])


@pytest.mark.parametrize(
    ("wanted", "value", "type_", "cell"),
    [
        (str, "a", pa.string(), "a"),
        (int, 5, pa.int64(), 5),
        (float, 5, pa.float64(), 5.0),
        (bool, True, pa.bool_(), True),
        (int | None, None, pa.int64(), None),
        (Literal["a", "b"], "a", pa.string(), "a"),
        (Size, Size.SMALL, pa.string(), "small"),
        (date, date(2024, 5, 1), pa.string(), "2024-05-01"),
        (Decimal, Decimal("1.50"), pa.string(), "1.50"),
        (SecretStr, SecretStr("hunter2"), pa.string(), "**********"),
        (list[str], ["a"], pa.list_(pa.string()), ["a"]),
        (City, City(name="Oslo"), CITY, {"name": "Oslo", "people": None}),
        (
            Country,
            Country(capital=City(name="Oslo", people=7), others=[City(name="Bergen")], Area=2.5),
            pa.struct([("capital", CITY), ("others", pa.list_(CITY)), ("area", pa.float64())]),
            {
                "capital": {"name": "Oslo", "people": 7},
                "others": [{"name": "Bergen", "people": None}],
                "area": 2.5,
            },
        ),
        (
            Point,
            Point(1.5, True),
            pa.struct([("x", pa.float64()), ("is_known", pa.bool_())]),
            {"x": 1.5, "is_known": True},
        ),
        (Row, {"id": 1}, pa.struct([("id", pa.int64())]), {"id": 1}),
        # One form is not enough of these.
        (int | str, "a", pa.string(), '"a"'),
        (dict[str, int], {"ä": 1}, pa.string(), '{"ä": 1}'),
        (tuple[int, str], (1, "a"), pa.string(), '[1, "a"]'),
        (Any, {"a": [None]}, pa.string(), '{"a": [null]}'),
        (list[City | Point], [City(name="a")], pa.list_(pa.string()), ['{"name": "a", "people": null}']),
    ],
)
def test_types_become_columns(wanted: Any, value: object, type_: pa.DataType, cell: object) -> None:
    errors: list[str | None] = [None]
    array = value_column(Schema.from_type(wanted)).array([value], errors)
    assert (array.type, array.to_pylist(), errors) == (type_, [cell], [None])


def test_what_is_recursive_ends_in_json() -> None:
    column = value_column(Schema.from_type(Node))
    assert column.type == pa.struct([("name", pa.string()), ("below", pa.list_(pa.string()))])
    tree = Node(name="a", below=[Node(name="b", below=[Node(name="c")])])
    errors: list[str | None] = [None]
    [cell] = column.array([tree], errors).to_pylist()
    assert errors == [None]
    assert json.loads(cell["below"][0]) == {"name": "b", "below": [{"name": "c", "below": []}]}


def test_a_json_schema_is_a_struct_too() -> None:
    document = {
        "type": "object",
        "properties": {"name": {"type": ["string", "null"]}, "tags": {"type": "array", "items": {}}},
        "additionalProperties": False,
    }
    column = value_column(Schema.from_json_schema(document))
    assert column.type == pa.struct([("name", pa.string()), ("tags", pa.list_(pa.string()))])
    assert column.array([{"name": None, "tags": [1, "a"]}], [None]).to_pylist() == [
        {"name": None, "tags": ["1", '"a"']}
    ]


def test_a_value_that_does_not_fit_costs_only_its_row() -> None:
    errors: list[str | None] = [None, None, "failed before"]
    array = value_column(Schema.from_type(int)).array([1, 2**70, None], errors)
    assert array.to_pylist() == [1, None, None]
    assert errors[1] is not None
    assert "int64" in errors[1]
    assert (errors[0], errors[2]) == (None, "failed before")


def test_texts_lose_half_characters_only() -> None:
    errors: list[str | None] = [None]
    assert value_column(None).array(["a \ud83d b 😀"], errors).to_pylist() == ["a � b 😀"]
    assert errors == [None]
