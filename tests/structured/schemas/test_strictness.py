"""What a caller's own validators and settings accept is accepted; what pydantic would only coerce is not."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from openrouter_async.errors import ConfigurationError, SchemaMismatch
from openrouter_async.structured.output import Output
from openrouter_async.structured.schema import Schema
from openrouter_async.structured.schemas.violations import SchemaViolation
from tests.structured.replies import read_text


class Shade(enum.Enum):
    DARK = "dark"
    LIGHT = "light"


NOT_IN_JSON: dict[str, tuple[Any, Any]] = {
    "date": (dt.date, "2024-02-29"),
    "datetime": (dt.datetime, "2024-02-29T08:00:00+02:00"),
    "time": (dt.time, "08:15"),
    "duration": (dt.timedelta, "P2DT3H"),
    "decimal": (Decimal, "0.125"),
    "uuid": (uuid.UUID, "00000000-0000-4000-8000-000000000001"),
    "enum": (Shade, "dark"),
    "set": (set[int], [3, 1]),
    "tuple": (tuple[str, dt.date], ["a", "2024-02-29"]),
    "bytes": (bytes, "raw"),
    "address": (IPv4Address, "192.0.2.7"),
    "nested": (dict[str, list[dt.date | None]], {"a": ["2024-02-29", None]}),
}


def trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def handed_on(value: Any, handler: Callable[[Any], Any]) -> Any:
    return handler(trimmed(value))


def behind_before(wanted: Any) -> Any:
    return list[Annotated[wanted, BeforeValidator(trimmed)]]


def behind_wrap(wanted: Any) -> Any:
    return list[Annotated[wanted, WrapValidator(handed_on)]]


def behind_partial(wanted: Any) -> Any:
    return list[Annotated[wanted, BeforeValidator(partial(trimmed))]]


def in_model(wanted: Any) -> Any:
    class Holder(BaseModel):
        it: wanted

        @model_validator(mode="before")
        @classmethod
        def look(cls, data: Any) -> Any:
            return {"it": data[0]} if isinstance(data, list) else data

    return Holder


@pytest.mark.parametrize(("wanted", "value"), NOT_IN_JSON.values(), ids=NOT_IN_JSON)
@pytest.mark.parametrize("behind", [behind_before, behind_wrap, behind_partial, in_model])
def test_what_json_has_no_form_of_is_read_behind_a_validator(
    behind: Callable[[Any], Any], wanted: Any, value: Any
) -> None:
    type_ = behind(wanted)
    assert read_text(json.dumps([value]), Schema.from_type(type_), repair=False) == TypeAdapter(
        type_
    ).validate_json(json.dumps([value]))


class Sheet(BaseModel):
    price: Annotated[float, BeforeValidator(lambda v: v.replace(",", "") if isinstance(v, str) else v)]
    done: Annotated[bool, BeforeValidator(lambda v: v == 1 if isinstance(v, int) else v)] = False
    year: Annotated[dt.date, BeforeValidator(lambda v: dt.date(int(v), 1, 1))] = dt.date(1, 1, 1)
    count: int = 0
    at: dt.datetime | None = None
    kind: Literal[1, "one"] = 1


@pytest.mark.parametrize(
    ("given", "field", "made"),
    [
        ({"price": "1,250.5"}, "price", 1250.5),
        ({"price": "12"}, "price", 12.0),
        ({"price": 1, "done": 1}, "done", True),
        ({"price": 1, "year": "1999"}, "year", dt.date(1999, 1, 1)),
        ({"price": 1, "year": 1999}, "year", dt.date(1999, 1, 1)),
    ],
)
def test_what_a_validator_makes_of_a_value_is_taken(given: Any, field: str, made: object) -> None:
    assert getattr(Schema.from_type(Sheet).read_json(json.dumps(given)), field) == made


@pytest.mark.parametrize(
    "other",
    [{"count": "3"}, {"count": True}, {"count": 2.0}, {"at": 1999}, {"at": "1999"}, {"kind": True}],
    ids=str,
)
def test_the_fields_beside_a_validator_stay_strict(other: dict[str, Any]) -> None:
    with pytest.raises(SchemaViolation):
        Schema.from_type(Sheet).read_value({"price": 1, **other})


class Settings(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    code: str
    flag: Annotated[bool, Field(strict=False)] = False
    size: int = 0


class Loose(BaseModel):
    model_config = ConfigDict(strict=False)
    size: int


def test_the_settings_of_a_type_hold() -> None:
    schema = Schema.from_type(Settings)
    assert schema.read_value({"code": 12, "flag": "yes"}) == Settings(code="12", flag=True)
    assert schema.read_value({"code": "a", "flag": 1}) == Settings(code="a", flag=True)
    with pytest.raises(SchemaViolation):
        schema.read_value({"code": "a", "size": "3"})
    assert Schema.from_type(Loose).read_value({"size": "3"}) == Loose(size=3)


class Tree(BaseModel):
    day: dt.date
    size: int = 0
    inner: list[Tree] = []


class Forest(TypedDict):
    plain: Tree
    trimmed: Annotated[Tree, BeforeValidator(trimmed)]


@dataclass
class Box:
    tree: Annotated[Tree, BeforeValidator(trimmed)]
    n: int


def test_a_definition_used_on_both_sides_of_a_validator_is_read_as_each_side_says() -> None:
    schema = Schema.from_type(Forest)
    tree = {"day": "2024-02-29", "inner": [{"day": "2024-03-01"}]}
    made = Tree.model_validate(tree)
    assert schema.read_value({"plain": tree, "trimmed": tree}) == {"plain": made, "trimmed": made}
    assert schema.read_value({"plain": tree, "trimmed": {**tree, "size": "3"}})["trimmed"].size == 3
    with pytest.raises(SchemaViolation, match=r"plain\.size"):
        schema.read_value({"plain": {**tree, "size": "3"}, "trimmed": tree})
    assert Schema.from_type(Box).read_value({"tree": tree, "n": 1}) == Box(made, 1)
    with pytest.raises(SchemaViolation, match="n: expected a valid integer"):
        Schema.from_type(Box).read_value({"tree": tree, "n": "1"})


def test_functions_of_pydantic_are_not_the_callers() -> None:
    class Groups(BaseModel):
        groups: defaultdict[str, list[int]]
        own: Annotated[int, BeforeValidator(trimmed)] = 0

    schema = Schema.from_type(Groups)
    assert schema.read_value({"groups": {"a": [1]}, "own": " 3"}) == Groups(groups={"a": [1]}, own=3)  # type: ignore[arg-type]  # as pydantic takes it
    with pytest.raises(SchemaViolation):
        schema.read_value({"groups": {"a": ["1"]}})


def test_a_validator_behind_the_type_changes_nothing() -> None:
    class Upper(BaseModel):
        code: Annotated[str, AfterValidator(str.upper)]
        n: int = 0

    schema = Schema.from_type(Upper)
    assert schema.read_value({"code": "a"}) == Upper(code="A")
    with pytest.raises(SchemaViolation):
        schema.read_value({"code": "a", "n": "1"})


class Stock(BaseModel):
    item: str

    @field_validator("item")
    @classmethod
    def is_sold(cls, value: str, info: ValidationInfo) -> str:
        if value not in (info.context or {}).get("sold", ()):
            raise ValueError(f"{value} is not sold")
        return value


def test_a_context_reaches_the_validators() -> None:
    wanted = Output(Stock, context={"sold": ["lamp"]})
    assert wanted.schema.read_value({"item": "lamp"}) == Stock.model_construct(item="lamp")
    assert wanted.schema.validate({"item": "lamp"}).item == "lamp"
    with pytest.raises(SchemaViolation, match="chair is not sold"):
        wanted.schema.read_value({"item": "chair"})
    with pytest.raises(SchemaViolation):
        Output(Stock).schema.read_value({"item": "lamp"})
    with pytest.raises(ConfigurationError, match="has no validators"):
        Output({"type": "object"}, context={})  # an empty one is one


def test_a_validator_that_breaks_is_a_reply_that_does_not_fit() -> None:
    class Fragile(BaseModel):
        name: Annotated[str, BeforeValidator(lambda v: v.strip())]

    schema = Schema.from_type(Fragile)
    with pytest.raises(SchemaMismatch, match="broke a validator of the type: AttributeError") as caught:
        read_text('{"name": 3}', schema)
    assert caught.value.raw == '{"name": 3}'
    with pytest.raises(SchemaMismatch, match="AttributeError"):
        schema.validate({"name": 3})
