"""A person whom replies speak of, and the judge of what is read in a reply."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async.errors import StructuredOutputError
from openrouter_async.structured.reading import read_text
from openrouter_async.structured.schema import Schema

__all__ = ["BOB", "GOOD", "REFUSED", "Person", "check_reading"]


class Person(BaseModel):
    name: str
    age: int


BOB = Person(name="Bob", age=30)
GOOD = '{"name": "Bob", "age": 30}'
REFUSED: Any = StructuredOutputError
"""Expected where no value may be taken, for whatever reason; a class below it where that matters."""


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
