"""What follows the schema that a model is shown is taken by the type, whole."""

from __future__ import annotations

import datetime as dt
import enum
import re
from typing import Annotated, Any

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    FutureDate,
    FutureDatetime,
    GetCoreSchemaHandler,
    NaiveDatetime,
    PastDate,
    PastDatetime,
)

from openrouter_async.errors import ConfigurationError
from openrouter_async.structured.schema import Schema


class Shop(BaseModel):
    sku: str
    city: str = Field(default="", validation_alias=AliasPath("place", "city"))
    street: str = Field(validation_alias=AliasChoices(AliasPath("place", "road", "name"), AliasPath("road")))


class NeedsPath(BaseModel):
    city: str = Field(validation_alias=AliasPath("place", "city"))
    zone: int = Field(validation_alias=AliasPath("place", "zone"))
    note: str | None = None


def test_what_an_alias_path_reads_stands_where_it_leads() -> None:
    schema = Schema.from_type(NeedsPath)
    assert schema.json_schema["required"] == ["place"]
    value = {"place": {"city": "Bergen", "zone": 4}, "note": None}
    made = NeedsPath.model_validate(value)
    assert schema.read_value(value) == made
    assert schema.read_value(schema.strict.undo(schema.strict.convert(value))) == made
    assert Schema.from_type(Shop).json_schema["required"] == ["sku", "road"]


class ByNameToo(BaseModel):
    model_config = ConfigDict(validate_by_name=True)
    city: str = Field(validation_alias=AliasPath("place", "city"))


def test_a_path_beside_a_name_that_is_read_stays_the_name() -> None:
    assert Schema.from_type(ByNameToo).read_value({"city": "Bergen"}).city == "Bergen"
    assert list(Schema.from_type(ByNameToo).json_schema["properties"]) == ["city"]  # type: ignore[arg-type]  # a dict


class First(BaseModel):
    first: str = Field(validation_alias=AliasPath("names", 0))


class Twice(BaseModel):
    place: str
    city: str = Field(default="", validation_alias=AliasPath("place", "city"))


@pytest.mark.parametrize(("type_", "field"), [(First, "'first' of First"), (Twice, "'city' of Twice")])
def test_a_path_that_no_schema_can_say_is_refused_by_name(type_: Any, field: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(field)):
        Schema.from_type(type_)


class Times(BaseModel):
    naive: NaiveDatetime
    day: PastDate
    born: PastDatetime
    due: FutureDate
    ends: FutureDatetime
    at: dt.datetime
    own: Annotated[dt.date, Field(examples=["1814-05-17"])]


@pytest.mark.parametrize("name", Times.model_fields)
def test_the_example_in_the_words_is_taken(name: str) -> None:
    schema: Schema[Any] = Schema.from_type(Times)
    described = schema.strict.schema["properties"][name]["description"]  # type: ignore[call-overload,index]  # dicts
    example = re.search(r"e\.g\. (\S+?)\.?$", str(described))
    assert example
    field = Times.model_fields[name]
    type_: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation  # type: ignore[valid-type]  # made here
    assert Schema.from_type(type_).read_value(example[1]) is not None
    if name == "own":
        assert example[1] == "1814-05-17"


class Kind(enum.Enum):
    BIG = "big"


class Floor(enum.IntEnum):
    GROUND = 0


class Keys(BaseModel):
    by_kind: dict[Kind, int]
    by_floor: dict[Floor, int]
    by_year: dict[int, str]


def test_the_words_say_how_keys_are_written() -> None:
    properties: Any = Schema.from_type(Keys).strict.schema["properties"]
    assert '"big"' in properties["by_kind"]["description"]
    assert '"0"' in properties["by_floor"]["description"]
    assert r"^-?\\d+$" in properties["by_year"]["description"]


class Broken:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        raise KeyError("nothing here")


def test_code_of_a_type_that_breaks_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Broken is not a type that can be read from JSON: KeyError"):
        Schema.from_type(Broken)
