"""What a description says in plain English is obeyed by generated values."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import uuid
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Annotated, Any

import pytest
from pydantic import UUID4, UUID7, AnyUrl, BaseModel, Field, FutureDate, Json, JsonValue, NaiveDatetime

from openrouter_async.structured.prompt import schema_prompt
from openrouter_async.structured.schema import Schema
from openrouter_async.testing.inference.described import as_described
from openrouter_async.testing.inference.prompted import schema_in
from openrouter_async.testing.inference.schema_values import Words, value_for

SAID: dict[str, tuple[str, dict[str, JsonValue]]] = {
    "bounds": ("Your rating. At least 1; at most 5.", {"minimum": 1, "maximum": 5}),
    "open bounds": (
        "Must be more than 0 and less than 2.5",
        {"exclusiveMinimum": 0, "exclusiveMaximum": 2.5},
    ),
    "no more": ("no more than 3 items", {"maxItems": 3}),
    "lengths": ("At least 2 characters, at most 9 characters.", {"minLength": 2, "maxLength": 9}),
    "one": ("At least 1 item", {"minItems": 1}),
    "step": ("A multiple of 0.25.", {"multipleOf": 0.25}),
    "pattern": (r"Matching the regular expression ^\d{2}\.x$.", {"pattern": r"^\d{2}\.x$"}),
    "example": ("A date, e.g. 1999-12-31.", {"format": "date", "examples": ["1999-12-31"]}),
    "mail": ("Where to write: an e-mail address", {"format": "email"}),
    "nothing": ("The colour of the sky.", {}),
}


@pytest.mark.parametrize(("text", "keywords"), SAID.values(), ids=SAID)
def test_a_description_is_read(text: str, keywords: dict[str, JsonValue]) -> None:
    made = as_described({"type": "string", "description": text})
    assert {key: value for key, value in made.items() if key not in ("type", "description")} == keywords


def test_keywords_say_more_than_words() -> None:
    assert as_described({"minimum": 3, "description": "At least 1."})["minimum"] == 3


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Order(BaseModel):
    share: Annotated[float, Field(gt=0, lt=0.5)]
    stars: Annotated[int, Field(ge=1, le=5)]
    dozens: Annotated[int, Field(multiple_of=12, ge=100)]
    short: Annotated[str, Field(max_length=4)]
    long: Annotated[str, Field(min_length=60)]
    three: Annotated[list[dt.date], Field(min_length=3, max_length=3)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}\d{4}$")]
    local: NaiveDatetime
    due: FutureDate
    lasts: dt.timedelta
    id: uuid.UUID
    id4: UUID4
    id7: UUID7
    net: ipaddress.IPv6Network
    at: ipaddress.IPv4Interface
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)]
    page: AnyUrl
    by_colour: dict[Colour, int]
    by_year: dict[int, dict[uuid.UUID, bool]]
    apart: set[int]
    anything: Any


class Held(BaseModel):
    numbers: Json[Annotated[list[int], Field(min_length=3)]]
    any: Json[Any]
    shelf: Annotated[str, Field(examples=["B-12"])]


@pytest.mark.parametrize("seed", range(20))
def test_a_text_that_holds_json_of_a_type_fits_what_is_drawn(seed: int) -> None:
    schema = Schema.from_type(Held)
    found = schema_in([schema_prompt(schema)])
    assert found is not None
    value = value_for(found, Words("", Random(seed)))
    made = schema.read_value(value)
    assert len(made.numbers) >= 3
    assert made.shelf == "B-12"


@pytest.mark.parametrize("prompt", ["Go.", "Give me 87.6 of 'it' for Oslo, 12 times", ""])
@pytest.mark.parametrize("seed", range(20))
def test_values_for_a_strict_form_fit_the_type(prompt: str, seed: int) -> None:
    schema = Schema.from_type(Order)
    value = value_for(dict(schema.strict.schema), Words(prompt, Random(seed)))
    made = schema.read_value(schema.strict.undo(value))
    assert isinstance(made, Order)
    assert json.dumps(value)
