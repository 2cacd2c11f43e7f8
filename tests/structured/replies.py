"""A person whom replies speak of, and the judge of what is read in a reply."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import pytest
from pydantic import BaseModel

from openrouter_async.errors import StructuredOutputError
from openrouter_async.structured.reading.reply import read_output
from openrouter_async.structured.schema import Schema
from tests.structured.fakes import reply

__all__ = ["BOB", "GOOD", "REFUSED", "Person", "check_reading", "read_text"]

T = TypeVar("T")


class Person(BaseModel):
    name: str
    age: int


BOB = Person(name="Bob", age=30)
GOOD = '{"name": "Bob", "age": 30}'
REFUSED: Any = StructuredOutputError
"""Expected where no value may be taken, for whatever reason; a class below it where that matters."""


def read_text(
    text: str, schema: Schema[T], *, is_native: bool = False, repair: bool = True, **fields: object
) -> T:
    """Return what is read in a reply with this text; `fields` as for `reply`."""
    reading = read_output(reply(text, **fields), schema, is_native=is_native, repair=repair)  # type: ignore[arg-type]  # fields of the reply alone
    return cast("T", reading.output)


def check_reading(wanted: Any, text: str, expected: object) -> None:
    """Check that a reply gives this value of this type, or is refused with this error."""
    schema: Schema[object] = Schema.from_type(wanted)
    if isinstance(expected, type) and issubclass(expected, StructuredOutputError):
        with pytest.raises(StructuredOutputError) as caught:
            print("took", read_text(text, schema))
        assert expected in (type(caught.value), REFUSED)
        assert caught.value.raw == text
        return
    value = read_text(text, schema)
    assert value == expected
    assert type(value) is type(expected)
